/**
 * The bytes of a session file, read as the original reads them and written as it writes them.
 *
 * Read: strict UTF-8 and JSON; unknown members are kept, a known one that stands twice is refused, `role_arn` together
 * with `role_principal` too. Beyond the original, only the size and the nesting are bounded. The file's name, and
 * whether the lifetime fits the two times, play no part here: the original never compares them.
 */
import { Status } from "@bailiwick/core/CredentialSession"
import * as JoyTime from "@bailiwick/tokens/joy/JoyTime"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { AudexError, malformed, TooLarge } from "./AudexError.ts"
import * as AudexJson from "./AudexJson.ts"
import { type AudexSession, defaultProvider } from "./AudexSession.ts"
import { type Action, type FlatPolicy, providers } from "./FlatPolicy.ts"

/** The original knows no limit; a session of hundreds of actions and words has some tens of kilobytes. */
export const maximumBytes = 4 * 1024 * 1024

/** The bytes of a file as text: strict, and a byte order mark is no blank. */
export const text = (bytes: Uint8Array): Result.Result<string, AudexError> =>
  Result.try({ try: () => utf8.decode(bytes), catch: () => malformed("its bytes are not UTF-8") })

export const decode = (text: string): Result.Result<AudexSession, AudexError> => {
  // A UTF-16 code unit takes at most three bytes; an exact count decides nothing here.
  if (text.length > maximumBytes) return Result.fail(new AudexError({ reason: new TooLarge() }))
  return Result.flatMap(AudexJson.parse(text), (value) =>
    Result.try({
      try: () => session(value),
      catch: (cause) => malformed(cause instanceof Refused ? cause.message : "it cannot be read")
    })
  )
}

/** The text of the file: the members in the original's order, then those that it does not know. */
export const encode = (value: AudexSession): string => AudexJson.write(toJson(value))

export const toJson = (value: AudexSession): AudexJson.Members =>
  new AudexJson.Members([
    ["id", value.id],
    ["created_at", JoyTime.format(value.created_at)],
    ["expires_at", JoyTime.format(value.expires_at)],
    ["ttl_seconds", new AudexJson.NumberText(String(value.ttl_seconds))],
    ["budget", value.budget === undefined ? null : AudexJson.fromDouble(value.budget)],
    ["policy", policyToJson(value.policy)],
    ["status", value.status],
    ["role_arn", value.role_arn],
    ["command", value.command],
    ["access_key_id", value.access_key_id ?? null],
    ["provider", value.provider],
    ...optional("agent_id", value.agent_id),
    ...optional("principal_id", value.principal_id),
    ...(value.tags.size === 0 ? [] : [["tags", new AudexJson.Members([...value.tags])] as const]),
    ...value.unknown.entries
  ])

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const policyToJson = ({ actions, resources, unknown }: FlatPolicy): AudexJson.Value =>
  new AudexJson.Members([["actions", actions.map(actionToJson)], ["resources", resources], ...(unknown?.entries ?? [])])

const actionToJson = ({ action, service, unknown }: Action): AudexJson.Value =>
  new AudexJson.Members([["service", service], ["action", action], ...(unknown?.entries ?? [])])

const optional = (name: string, value: string | undefined): ReadonlyArray<AudexJson.Member> =>
  value === undefined ? [] : [[name, value]]

/** Names the place, never what stands there. */
class Refused extends Error {}

/** The members of a struct in order, of which an array in its place must hold the first so many. */
interface Struct {
  readonly names: ReadonlyArray<string>
  readonly atLeast: number
  /** What may be written, and the member that it means. */
  readonly fields: ReadonlyMap<string, string>
}

const struct = (
  names: ReadonlyArray<string>,
  atLeast: number,
  aliases: ReadonlyArray<[string, string]> = []
): Struct => ({
  names,
  atLeast,
  fields: new Map([...names.map((name) => [name, name] as const), ...aliases])
})

const sessionStruct = struct(
  [
    "id",
    "created_at",
    "expires_at",
    "ttl_seconds",
    "budget",
    "policy",
    "status",
    "role_arn",
    "command",
    "access_key_id",
    "provider",
    "agent_id",
    "principal_id",
    "tags"
  ],
  10,
  [["role_principal", "role_arn"]]
)
const policyStruct = struct(["actions", "resources"], 2)
const actionStruct = struct(["service", "action"], 2)

interface Read {
  readonly known: ReadonlyMap<string, AudexJson.Value>
  readonly unknown: AudexJson.Members
}

const session = (value: AudexJson.Value): AudexSession => {
  const { known, unknown } = members(value, sessionStruct, "the session")
  const budget = orNull(known, "budget", double)
  const accessKeyId = orNull(known, "access_key_id", string)
  const agentId = orNull(known, "agent_id", string)
  const principalId = orNull(known, "principal_id", string)
  const tags = known.get("tags")
  const provider = known.get("provider")
  return {
    id: required(known, "id", string),
    created_at: required(known, "created_at", time),
    expires_at: required(known, "expires_at", time),
    ttl_seconds: required(known, "ttl_seconds", unsigned),
    ...(budget !== undefined && { budget }),
    policy: required(known, "policy", policy),
    status: required(known, "status", word(Status.literals)),
    role_arn: required(known, "role_arn", string),
    command: required(known, "command", list(string)),
    ...(accessKeyId !== undefined && { access_key_id: accessKeyId }),
    provider: provider === undefined ? defaultProvider : word(providers)(provider, "provider"),
    ...(agentId !== undefined && { agent_id: agentId }),
    ...(principalId !== undefined && { principal_id: principalId }),
    tags: tags === undefined ? new Map() : strings(tags, "tags"),
    unknown
  }
}

const policy = (value: AudexJson.Value, place: string): FlatPolicy => {
  const { known, unknown } = members(value, policyStruct, place)
  return {
    actions: required(known, "actions", list(action)),
    resources: required(known, "resources", list(string)),
    ...keep(unknown)
  }
}

const action = (value: AudexJson.Value, place: string): Action => {
  const { known, unknown } = members(value, actionStruct, place)
  return { service: required(known, "service", string), action: required(known, "action", string), ...keep(unknown) }
}

const keep = (unknown: AudexJson.Members) => (unknown.entries.length === 0 ? {} : { unknown })

const none = new AudexJson.Members([])

/** An array may stand for a struct, its members in order: the original reads that too. */
const members = (value: AudexJson.Value, struct: Struct, place: string): Read => {
  const known = new Map<string, AudexJson.Value>()
  if (Array.isArray(value)) {
    if (value.length < struct.atLeast || value.length > struct.names.length) {
      throw new Refused(`${place}: an array of its members has ${struct.atLeast} to ${struct.names.length}`)
    }
    for (const [index, name] of struct.names.entries()) {
      const member: AudexJson.Value | undefined = value[index]
      if (member !== undefined) known.set(name, member)
    }
    return { known, unknown: none }
  }
  if (!(value instanceof AudexJson.Members)) throw new Refused(`${place} is no object`)
  const unknown: Array<AudexJson.Member> = []
  for (const entry of value.entries) {
    const [written, member] = entry
    const name = struct.fields.get(written)
    if (name === undefined) {
      if (!written.isWellFormed()) throw new Refused(`${place}: a member name holds half of a surrogate pair`)
      unknown.push(entry)
      continue
    }
    if (known.has(name)) throw new Refused(`${name} stands twice`)
    known.set(name, member)
  }
  return { known, unknown: unknown.length === 0 ? none : new AudexJson.Members(unknown) }
}

type Reader<A> = (value: AudexJson.Value, place: string) => A

const required = <A>(known: Read["known"], name: string, read: Reader<A>): A => {
  const value = known.get(name)
  if (value === undefined) throw new Refused(`${name} is missing`)
  return read(value, name)
}

const orNull = <A>(known: Read["known"], name: string, read: Reader<A>): A | undefined => {
  const value = known.get(name)
  return value === undefined || value === null ? undefined : read(value, name)
}

const string: Reader<string> = (value, place) => {
  if (typeof value !== "string") throw new Refused(`${place} is no text`)
  if (!value.isWellFormed()) throw new Refused(`${place} holds half of a surrogate pair`)
  return value
}

const word =
  <A extends string>(words: ReadonlyArray<A>): Reader<A> =>
  (value, place) => {
    const found = words.find((candidate) => candidate === value)
    if (found === undefined) throw new Refused(`${place} is none of ${words.join(", ")}`)
    return found
  }

const time: Reader<JoyTime.JoyTime> = (value, place) =>
  Option.getOrThrowWith(
    Option.flatMap(
      Option.liftPredicate(value, (text) => typeof text === "string"),
      JoyTime.parse
    ),
    () => new Refused(`${place} is no RFC 3339 time`)
  )

const largestUnsigned = 2n ** 64n - 1n

/** 64 bits, written plainly: `900.0`, `9e2` and `-0` are doubles to the original. */
const unsigned: Reader<bigint> = (value, place) => {
  const plain =
    value instanceof AudexJson.NumberText && /^[0-9]{1,20}$/u.test(value.text) ? BigInt(value.text) : undefined
  if (plain === undefined || plain > largestUnsigned) throw new Refused(`${place} is no unsigned 64-bit integer`)
  return plain
}

const double: Reader<number> = (value, place) => {
  const number = value instanceof AudexJson.NumberText ? Number(value.text) : Number.NaN
  if (!Number.isFinite(number)) throw new Refused(`${place} is no number of double precision`)
  return number
}

const list =
  <A>(read: Reader<A>): Reader<ReadonlyArray<A>> =>
  (value, place) => {
    if (!Array.isArray(value)) throw new Refused(`${place} is no list`)
    return value.map((item: AudexJson.Value, index) => read(item, `${place}[${index}]`))
  }

/** A later tag of the same name counts, as in the original's map. */
const strings: Reader<ReadonlyMap<string, string>> = (value, place) => {
  if (!(value instanceof AudexJson.Members)) throw new Refused(`${place} is no object`)
  return new Map(value.entries.map(([name, member]) => [string(name, place), string(member, place)]))
}
