/** What `inspect` is asked, by flags or by a line of JSON, brought into the words of the rooms. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as UnixTime from "@bailiwick/core/UnixTime"
import type * as Inspect from "@bailiwick/tokens/Inspect"
import * as JoyTime from "@bailiwick/tokens/joy/JoyTime"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import { type Failure, usage } from "../ui/Failure.ts"

export const Profile = Schema.Literals(["bailiwick", "joy", "audex"])
export const Role = Schema.Literals(["identity", "delegator", "binding", "session"])

/** One line of `--jsonl`. */
export const Line = Schema.Struct({
  input: Schema.optionalKey(Schema.String),
  file: Schema.optionalKey(Schema.String),
  profile: Schema.optionalKey(Profile),
  project: Schema.optionalKey(Schema.String),
  keys: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  at: Schema.optionalKey(Schema.Union([Schema.Int, Schema.String]))
}).check(
  Schema.makeFilter((line: { readonly input?: string; readonly file?: string }) =>
    (line.input === undefined) === (line.file === undefined) ? "either input or file" : undefined
  )
)

/** Everything but the text itself. */
export interface Terms {
  readonly profile?: typeof Profile.Type
  /** As its own program names it: an id of ours, or one of Joy's. */
  readonly project?: string
  readonly keys: Inspect.Keys
  /** To the nanosecond, because Joy's sessions end to the nanosecond. */
  readonly at: JoyTime.JoyTime
}

/** Public keys by role, each 32 bytes as hex in either case. */
export const keys = (texts: Readonly<Record<string, string>>): Effect.Effect<Inspect.Keys, Failure> =>
  Effect.map(
    Effect.forEach(Object.entries(texts), ([role, hex]) => Effect.all([roleOf(role), keyOf(role, hex)])),
    (entries): Inspect.Keys => Object.fromEntries(entries)
  )

const roleOf = (role: string): Effect.Effect<Inspect.Role, Failure> =>
  Effect.mapError(Schema.decodeUnknownEffect(Role)(role), () =>
    usage("bad-key", `there is no key role ${JSON.stringify(role)}`, `the roles are ${Role.literals.join(", ")}`)
  )

const keyOf = (role: string, hex: string): Effect.Effect<PublicKey.PublicKey, Failure> =>
  Effect.mapError(PublicKey.fromHex(hex.toLowerCase()), () =>
    usage("bad-key", `the ${role} key is no Ed25519 public key`, "give its 32 bytes as 64 hex digits")
  )

/** Seconds since 1970, or RFC 3339 text. */
export const time = (at: string | number): Effect.Effect<JoyTime.JoyTime, Failure> => {
  const isSeconds = typeof at === "number" || /^\d{1,12}$/u.test(at)
  const moment = isSeconds
    ? Option.some({ seconds: Number(at), nanos: 0 })
    : Option.filter(JoyTime.parse(at), () => rfc3339.test(at))
  return Option.isSome(moment) && Schema.is(UnixTime.UnixTime)(moment.value.seconds)
    ? Effect.succeed(moment.value)
    : Effect.fail(
        usage("bad-time", "this is no time", "whole seconds since 1970, or RFC 3339 such as 2027-01-01T00:00:00Z")
      )
}

// RFC 3339 §5.6: a full date, a full time and an offset; nothing shorter, and no local time.
const rfc3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/u
