/** A file that the user names, or standard input as `-`: read whole, up to a limit. */
import { type FileHandle, open } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as StrictJson from "@bailiwick/core/StrictJson"
import { type Failure, usage } from "../ui/Failure.ts"
import * as Descriptor from "./Descriptor.ts"

export const read = (path: string, maximum: number): Effect.Effect<Uint8Array, Failure> =>
  path === "-"
    ? Descriptor.readAll(0, maximum)
    : Effect.scoped(
        Effect.acquireRelease(Effect.tryPromise({ try: () => open(path), catch: () => unreadable(path) }), (file) =>
          Effect.promise(() => file.close())
        ).pipe(
          Effect.tap((file) => Effect.tryPromise({ try: () => requireFile(file), catch: () => directory(path) })),
          Effect.flatMap((file) =>
            Effect.mapError(Descriptor.readAll(file.fd, maximum, path), (error) =>
              error.code === "unreadable" ? unreadable(path) : error
            )
          )
        )
      )

/** What people know it by. */
export const named = (path: string): string => (path === "-" ? "standard input" : path === "" ? '""' : path)

/** Decodes a JSON document that was read, strictly; `what` names it in the refusal. */
export const decode = <S extends Schema.Decoder<unknown>>(
  {
    maximum,
    path,
    schema,
    what
  }: { readonly path: string; readonly what: string; readonly schema: S; readonly maximum: number },
  bytes: Uint8Array
): Effect.Effect<S["Type"], Failure> =>
  Effect.fromResult(
    Result.mapError(StrictJson.decode(schema, bytes, { maxBytes: maximum }), (error) =>
      usage("bad-document", `${named(path)} is no ${what}: ${error.message.replaceAll(/\s*\n\s*/gu, " ")}`)
    )
  )

const requireFile = async (file: FileHandle): Promise<void> => {
  if ((await file.stat()).isDirectory()) throw new Error("a directory")
}

const directory = (path: string): Failure => usage("unreadable", `${path} is a directory`, "name a file in it")

const unreadable = (path: string): Failure =>
  usage("unreadable", `${named(path)} cannot be read`, "check its name and its permissions")
