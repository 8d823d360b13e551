/** Asks the rooms in turn what a piece of text is; nothing here touches any state. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as ProjectId from "@bailiwick/core/ProjectId"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as AudexInspect from "@bailiwick/storage/audex/AudexInspect"
import * as Inspect from "@bailiwick/tokens/Inspect"
import * as JoyInspect from "@bailiwick/tokens/joy/JoyInspect"
import * as Path from "node:path"
import * as OwnKinds from "./OwnKinds.ts"
import type * as Question from "./Question.ts"

/** The largest document that is looked at, in bytes: a receipt, or the log of a large project. */
export const maximum = 64 * 1024 * 1024

export interface Answer {
  readonly kind: string
  readonly profile: Inspect.Profile
  readonly verdict: Inspect.Verdict
  readonly reason?: string
  readonly value: unknown
}

/** The bytes, and the file that they came in: one line end is then the file's, and a name may have to fit. */
export interface Source {
  readonly bytes: Uint8Array
  readonly file?: string
}

export const inspect = Effect.fnUntraced(function* (source: Source, terms: Question.Terms) {
  const text = decode(source.bytes)
  if (terms.profile === "audex") return audex(source)
  if (text === undefined) return unknown(terms.profile ?? "bailiwick", "its bytes are not UTF-8")
  const input = source.file === undefined ? text : text.replace(/\r?\n$/u, "")
  if (terms.profile === "joy" || (terms.profile === undefined && isOfJoy(input))) return yield* joy(input, terms)
  const own = yield* bailiwick(text, input, terms)
  if (Option.isSome(own)) return own.value
  const session = audex(source)
  if (terms.profile === undefined && session.verdict !== "refused") return session
  return unknown(terms.profile ?? "bailiwick", "this is nothing that bailiwick or its ancestors write")
})

// Fatal, and with its byte order mark if it has one: what cannot be read is not to look like something else.
const decode = (bytes: Uint8Array): string | undefined =>
  Result.getOrUndefined(Result.try(() => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)))

const unknown = (profile: Inspect.Profile, reason: string): Answer => ({
  kind: "unknown",
  profile,
  verdict: "refused",
  reason,
  value: null
})

const bailiwick = Effect.fnUntraced(function* (
  text: string,
  input: string,
  { at, keys, project: named }: Question.Terms
) {
  const project = named === undefined ? undefined : Schema.decodeUnknownOption(ProjectId.ProjectId)(named)
  if (project !== undefined && Option.isNone(project)) {
    return Option.some(unknown("bailiwick", "the project that was named is no id of a project"))
  }
  const request = {
    input,
    keys,
    at: UnixTime.UnixTime.make(at.seconds),
    ...(project === undefined ? {} : { project: project.value })
  }
  const known = yield* Inspect.inspect(request)
  if (Option.isSome(known)) return Option.some<Answer>(known.value)
  // The line end behind a log's last line belongs to the log.
  return yield* OwnKinds.inspect({ ...request, input: text })
})

const joy = (input: string, { at, keys, project }: Question.Terms): Effect.Effect<Answer, never, JoyServices> =>
  JoyInspect.inspect({ input, keys, at, ...(project === undefined ? {} : { project }) })

type JoyServices = Effect.Services<ReturnType<typeof JoyInspect.inspect>>

const audex = ({ bytes, file }: Source): Answer =>
  AudexInspect.inspect({ text: bytes, ...(file === undefined || file === "-" ? {} : { name: Path.basename(file) }) })

/** Whether a text says by itself that it is Joy's: by its prefix, or by times that are texts. */
const isOfJoy = (input: string): boolean => {
  if (/^\s*joy_[a-z]_/u.test(input)) return true
  const value = Result.getOrUndefined(Result.try((): unknown => JSON.parse(input)))
  return (
    Predicate.hasProperty(value, "claims") &&
    Predicate.hasProperty(value.claims, "created") &&
    typeof value.claims.created === "string"
  )
}
