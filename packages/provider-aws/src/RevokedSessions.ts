/**
 * The one inline policy by which a role denies single sessions: small, for all inline policies of a role share 10,240
 * characters, and pruned of sessions that are over.
 *
 * Each statement bears in its `Sid` when the last of its sessions is over. A session is told by the end of its name, which
 * is its id, within `aws:userid`.
 */
import type { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import type * as UnixTime from "@bailiwick/core/UnixTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as IamStatement from "./document/IamStatement.ts"
import * as SessionIdentity from "./SessionIdentity.ts"

export const policyName = "bailiwick-revoked"

/** Sessions that end within the same so many seconds share a statement. */
const bucket = 900

export type RevokedSessions = ReadonlyMap<number, ReadonlyArray<string>>

const Pattern = Schema.String.check(Schema.isPattern(/^\*-[0-9a-f-]{36}$/u))

const StatementText = Schema.Struct({
  Sid: Schema.String.check(Schema.isPattern(/^Until\d{1,12}$/u)),
  Effect: Schema.Literal("Deny"),
  Action: Schema.Literal("*"),
  Resource: Schema.Literal("*"),
  Condition: Schema.Struct({
    StringLike: Schema.Struct({ "aws:userid": Schema.Union([Pattern, Schema.Array(Pattern)]) })
  })
})

const decode = Schema.decodeUnknownOption(
  Schema.fromJsonString(
    Schema.Struct({ Version: Schema.Literal("2012-10-17"), Statement: Schema.Array(StatementText) })
  ),
  { onExcessProperty: "error" }
)

/** Reads the document; `None` for one that this program never wrote. */
export const read = (text: string): Option.Option<RevokedSessions> =>
  Option.map(
    decode(text),
    ({ Statement }) =>
      new Map(
        Statement.map(({ Sid, Condition }) => [Number(Sid.slice(5)), [Condition.StringLike["aws:userid"]].flat()])
      )
  )

export const empty: RevokedSessions = new Map()

const patternOf = (session: CredentialSessionId): string => `*${SessionIdentity.ending(session)}`

export const has = (sessions: RevokedSessions, session: CredentialSessionId): boolean =>
  [...sessions.values()].some((patterns) => patterns.includes(patternOf(session)))

/** With one more session, which is over at `until` at the latest, and without those that are over at `now`. */
export const add = (
  sessions: RevokedSessions,
  session: CredentialSessionId,
  until: UnixTime.UnixTime,
  now: UnixTime.UnixTime
): RevokedSessions => {
  const left = new Map([...sessions].filter(([end]) => end > now))
  if (has(left, session)) return left
  const end = Math.ceil(until / bucket) * bucket
  return left.set(end, [...(left.get(end) ?? []), patternOf(session)])
}

/** The document as compact JSON. */
export const write = (sessions: RevokedSessions): string =>
  IamStatement.encode(
    [...sessions]
      .toSorted(([left], [right]) => left - right)
      .map(([end, patterns]) => ({
        sid: `Until${end}`,
        effect: "Deny",
        actions: ["*"],
        resources: ["*"],
        condition: { StringLike: { "aws:userid": patterns } }
      }))
  )
