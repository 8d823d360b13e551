/**
 * What Audex left on this machine: its session files and its log.
 *
 * Nothing in a session file is signed and the key of the log's HMAC is Audex's own, so all of it is history as it was
 * found. A session that Audex calls active has credentials that only its own programs hold: it is taken for what it is,
 * ended where its time is over, and nothing here could use it.
 */
import * as AudexDirectory from "@bailiwick/storage/audex/AudexDirectory"
import * as AudexCodec from "@bailiwick/storage/audex/AudexCodec"
import * as AudexSession from "@bailiwick/storage/audex/AudexSession"
import * as JoyTime from "@bailiwick/tokens/joy/JoyTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Path from "node:path"
import { usage } from "../../ui/Failure.ts"
import * as ReadOnlyFiles from "./ReadOnlyFiles.ts"
import * as Remains from "./Remains.ts"

/** `directory`: a data home, the `audex` directory in it, or a directory of session files; else the user's own. */
export const read = Effect.fnUntraced(function* (directory: Option.Option<string>) {
  const named = Option.isSome(directory) ? directory.value : yield* ownDirectory
  const files = yield* ReadOnlyFiles.at(named)
  const layout = yield* layoutOf(files)
  if (layout === undefined) return yield* nothing(named)
  const now = yield* JoyTime.now
  const entries = yield* files.list(layout.sessions)
  const sessions = yield* Effect.forEach(entries, (entry) => session(files, [...layout.sessions, entry.name], now))
  const logs = layout.audit === undefined ? [] : yield* files.list(layout.audit)
  const audit = yield* Effect.forEach(logs, ({ name }) => log(files, [...(layout.audit ?? []), name]))
  const parts = [...sessions, ...audit]
  const remains: Remains.Remains = {
    source: "audex",
    places: [layout.sessions, layout.audit ?? layout.sessions]
      .map((path) => Path.join(files.directory, ...path))
      .filter((place, index, all) => all.indexOf(place) === index),
    found: parts.flatMap(({ found }) => found),
    skipped: parts.flatMap(({ skipped }) => skipped)
  }
  return remains
})

const ownDirectory = AudexDirectory.fromConfig().pipe(
  Effect.map(Path.dirname),
  Effect.mapError(({ hint, message }) => usage("nothing-to-import", message, hint))
)

const nothing = (directory: string) =>
  usage("nothing-to-import", `there is nothing of Audex in ${directory}`, "name its directory with --dir")

interface Layout {
  readonly sessions: ReadonlyArray<string>
  /** None where a directory of session files was named: what lies beside it was not. */
  readonly audit?: ReadonlyArray<string>
}

const layoutOf = Effect.fnUntraced(function* (files: ReadOnlyFiles.ReadOnlyFiles) {
  for (const above of [["audex"], []]) {
    const layout: Layout = { sessions: [...above, "sessions"], audit: [...above, "audit"] }
    if ((yield* files.has(layout.sessions)) || (yield* files.has([...above, "audit", "audit.jsonl"]))) return layout
  }
  const entries = yield* files.list([])
  const layout: Layout = { sessions: [] }
  return entries.some(({ name }) => name.endsWith(suffix)) ? layout : undefined
})

const suffix = ".json"

type Some = Pick<Remains.Remains, "found" | "skipped">

const skip = (kind: string, path: ReadonlyArray<string>, why: string): Some => ({
  found: [],
  skipped: [{ kind, name: path.at(-1) ?? "", why }]
})

const session = Effect.fnUntraced(function* (
  files: ReadOnlyFiles.ReadOnlyFiles,
  path: ReadonlyArray<string>,
  now: JoyTime.JoyTime
) {
  const file = path.at(-1) ?? ""
  if (!file.endsWith(suffix) || file === suffix) return skip("session", path, "Audex reads no file of such a name")
  const bytes = yield* Effect.result(files.read(path, AudexCodec.maximumBytes))
  if (Result.isFailure(bytes)) return skip("session", path, bytes.failure.why)
  const text = AudexCodec.text(bytes.success)
  const decoded = Result.flatMap(text, AudexCodec.decode)
  if (Result.isFailure(text) || Result.isFailure(decoded)) {
    return skip("session", path, Result.isFailure(decoded) ? decoded.failure.message : "its bytes are not UTF-8")
  }
  return sessionPart(file, bytes.success, text.success, decoded.success, now)
})

const sessionPart = (
  file: string,
  bytes: Uint8Array,
  text: string,
  session: AudexSession.AudexSession,
  now: JoyTime.JoyTime
): Some => {
  const name = file.slice(0, -suffix.length)
  const digest = Remains.digest(bytes)
  const expires = JoyTime.format(session.expires_at)
  const isOver = session.status === "active" && AudexSession.isExpired(session, now)
  const status = isOver ? "expired" : session.status
  const claimed = AudexSession.claimedAgent(session)
  const notes = [
    ...(status === "active" ? [`its credentials live until ${expires}, and only Audex's programs hold them`] : []),
    ...(isOver ? ["Audex never wrote its end"] : []),
    ...(session.id === name ? [] : ["the id inside is another than the name of the file"])
  ]
  return {
    found: [
      {
        part: {
          source: "audex",
          kind: "session",
          name,
          digest,
          told: {
            status,
            provider: session.provider,
            principal: Remains.brief(AudexSession.principalId(session)),
            created: JoyTime.format(session.created_at),
            expires,
            ...(claimed === undefined ? {} : { [AudexSession.claimedAgentTag]: Remains.brief(claimed) })
          },
          entries: [{ name, digest, status, body: text }]
        },
        ...(notes.length === 0 ? {} : { note: notes.join("; ") })
      }
    ],
    skipped: []
  }
}

const log = Effect.fnUntraced(function* (files: ReadOnlyFiles.ReadOnlyFiles, path: ReadonlyArray<string>) {
  const name = path.at(-1) ?? ""
  if (!name.endsWith(".jsonl")) return skip("event", path, "it is no log of Audex")
  const bytes = yield* Effect.result(files.read(path, Remains.maximumLines))
  if (Result.isFailure(bytes)) return skip("event", path, bytes.failure.why)
  return Remains.events({
    source: "audex",
    name,
    bytes: bytes.success,
    isEvent,
    note: "not verified: the key of its HMACs is Audex's own, and its end can be cut off unseen"
  })
})

/** An entry of Audex's log: JSON, and behind a tab perhaps its HMAC. */
const isEvent = (line: string): boolean => {
  const mark = line.lastIndexOf("\t#HMAC:")
  const json = mark === -1 ? line : line.slice(0, mark)
  const value = Result.getOrUndefined(Result.try((): unknown => JSON.parse(json)))
  return Predicate.hasProperty(value, "event") && Predicate.hasProperty(value, "session_id")
}
