/** Where the AWS SDKs keep their profiles on this machine, and how one of these files is replaced. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Os from "node:os"
import * as Path from "node:path"
import { usage } from "../ui/Failure.ts"

const place = (variable: string, name: string) =>
  Config.option(Config.String(variable)).pipe(
    Effect.orDie,
    Effect.map((path) =>
      Option.getOrElse(
        Option.filter(path, (text) => text !== ""),
        () => Path.join(Os.homedir(), ".aws", name)
      )
    )
  )

export const config = place("AWS_CONFIG_FILE", "config")
export const credentials = place("AWS_SHARED_CREDENTIALS_FILE", "credentials")

/** Its text; empty where there is none. What is no text is refused: written again, it would be something else. */
export const read = Effect.fnUntraced(function* (path: string) {
  const files = yield* FileSystem.FileSystem
  if (!(yield* files.exists(path))) return ""
  const bytes = yield* files.readFile(path)
  return yield* Effect.try({
    try: () => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
    catch: () => usage("unreadable", `${path} is not text in UTF-8`, "save it as UTF-8; nothing was changed")
  })
})

/** Replaces the file whole and durably, where it really lies, under the mode that it has; a new one is private. */
export const write = Effect.fnUntraced(function* (path: string, text: string) {
  const files = yield* FileSystem.FileSystem
  yield* files.makeDirectory(Path.dirname(path), { recursive: true, mode: 0o700 })
  const exists = yield* files.exists(path)
  // Behind a link, so that the link stays one, also where there is nothing behind it yet.
  const real = yield* exists
    ? files.realPath(path)
    : Effect.match(files.readLink(path), {
        onSuccess: (target) => Path.resolve(Path.dirname(path), target),
        onFailure: () => path
      })
  const mode = exists ? (yield* files.stat(real)).mode & 0o777 : 0o600
  const draft = `${real}.${process.pid}.bailiwick`
  const directory = Effect.scoped(Effect.flatMap(files.open(Path.dirname(real)), (opened) => opened.sync))
  yield* Effect.gen(function* () {
    const file = yield* files.open(draft, { flag: "wx", mode })
    yield* file.writeAll(new TextEncoder().encode(text))
    yield* file.sync
  }).pipe(
    Effect.scoped,
    Effect.andThen(files.rename(draft, real)),
    // POSIX leaves the rename in memory until then; Windows has no such call.
    Effect.andThen(process.platform === "win32" ? Effect.void : directory),
    Effect.onError(() => Effect.ignore(files.remove(draft, { force: true })))
  )
})
