/**
 * The one inline policy by which a role denies what was revoked: single sessions, and everything issued before a cut.
 *
 * It is small, for all inline policies of a role share 10,240 characters, and is pruned of what is over. Each statement
 * bears in its `Sid` when it can hold nothing any more. A single session is told by the end of its name, which is its id,
 * within `aws:userid`; the sessions before a cut by `aws:TokenIssueTime`, which AWS writes in whole seconds.
 */
import type { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as IamStatement from "./document/IamStatement.ts"
import * as SessionDocument from "./SessionDocument.ts"
import * as SessionIdentity from "./SessionIdentity.ts"

export const policyName = "bailiwick-revoked"

export interface RevokedSessions {
  /** Everything that AWS issued before this moment is denied. */
  readonly cut?: UnixTime.UnixTime
  /** Patterns of single sessions, by the moment at which the last of them is over. */
  readonly single: ReadonlyMap<number, ReadonlyArray<string>>
}

/** A session that is over at `until` at the latest. */
export interface Revoked {
  readonly session: CredentialSessionId
  readonly until: UnixTime.UnixTime
}

/** Sessions that end within the same so many seconds share a statement. */
const bucket = 900

const Fixed = {
  Effect: Schema.Literal("Deny"),
  Action: Schema.Literal("*"),
  Resource: Schema.Literal("*")
}

const Pattern = Schema.String.check(Schema.isPattern(/^\*-[0-9a-f-]{36}$/u))

const SingleText = Schema.Struct({
  Sid: Schema.String.check(Schema.isPattern(/^Until\d{1,12}$/u)),
  ...Fixed,
  Condition: Schema.Struct({
    StringLike: Schema.Struct({ "aws:userid": Schema.Union([Pattern, Schema.Array(Pattern)]) })
  })
})

const Moment = Schema.String.check(Schema.isPattern(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/u))

// A name of its own: IAM refuses a policy in which a Sid stands twice, and sessions may end when the cut does.
const CutText = Schema.Struct({
  Sid: Schema.String.check(Schema.isPattern(/^CutUntil\d{1,12}$/u)),
  ...Fixed,
  Condition: Schema.Struct({ DateLessThan: Schema.Struct({ "aws:TokenIssueTime": Moment }) })
})

const decode = Schema.decodeUnknownOption(
  Schema.fromJsonString(
    Schema.Struct({
      Version: Schema.Literal("2012-10-17"),
      Statement: Schema.Array(Schema.Union([SingleText, CutText]))
    })
  ),
  { onExcessProperty: "error" }
)

const decodeTime = Schema.decodeOption(UnixTime.UnixTime)

/** Reads the document; `None` for one that this program never wrote. */
export const read = (text: string): Option.Option<RevokedSessions> =>
  Option.gen(function* () {
    const { Statement } = yield* decode(text)
    let cut: UnixTime.UnixTime | undefined
    const single = new Map<number, ReadonlyArray<string>>()
    for (const { Sid, Condition } of Statement) {
      if ("StringLike" in Condition) single.set(Number(Sid.slice(5)), [Condition.StringLike["aws:userid"]].flat())
      else cut = later(cut, yield* decodeTime(Date.parse(Condition.DateLessThan["aws:TokenIssueTime"]) / 1000))
    }
    return { single, ...(cut === undefined ? {} : { cut }) }
  })

const later = (left: UnixTime.UnixTime | undefined, right: UnixTime.UnixTime) =>
  left === undefined || left < right ? right : left

export const empty: RevokedSessions = { single: new Map() }

const patternOf = (session: CredentialSessionId): string => `*${SessionIdentity.ending(session)}`

/** Whether the session is denied for as long as it may live. */
export const has = ({ single }: RevokedSessions, { session, until }: Revoked): boolean =>
  [...single].some(([end, patterns]) => end >= until && patterns.includes(patternOf(session)))

/** Whether everything that was issued before this moment is denied. */
export const holds = ({ cut }: RevokedSessions, moment: UnixTime.UnixTime): boolean =>
  cut !== undefined && cut >= moment

/** With more sessions, and without what is over at `now`. */
export const add = (
  sessions: RevokedSessions,
  revoked: ReadonlyArray<Revoked>,
  now: UnixTime.UnixTime
): RevokedSessions => {
  const single = new Map([...sessions.single].filter(([end]) => end > now))
  for (const one of revoked) {
    if (has({ single }, one)) continue
    const pattern = patternOf(one.session)
    for (const [end, patterns] of single) {
      const others = patterns.filter((each) => each !== pattern)
      if (others.length > 0) single.set(end, others)
      else single.delete(end)
    }
    const end = Math.ceil(one.until / bucket) * bucket
    single.set(end, [...(single.get(end) ?? []), pattern])
  }
  const { cut } = sessions
  return { single, ...(cut === undefined || endOf(cut) <= now ? {} : { cut }) }
}

/**
 * With everything from before this moment. Every single session that stands here was issued before it, for a session that
 * was revoked is issued no more: so the cut takes their place.
 */
export const cutOff = (sessions: RevokedSessions, moment: UnixTime.UnixTime): RevokedSessions => ({
  single: new Map(),
  cut: later(sessions.cut, moment)
})

const endOf = (cut: UnixTime.UnixTime): number => Math.ceil((cut + SessionDocument.longest) / bucket) * bucket

const denial = (sid: string, condition: IamStatement.ConditionBlock): IamStatement.IamStatement => ({
  sid,
  effect: "Deny",
  actions: ["*"],
  resources: ["*"],
  condition
})

/** The document as compact JSON. */
export const write = ({ cut, single }: RevokedSessions): string =>
  IamStatement.encode([
    ...(cut === undefined
      ? []
      : [denial(`CutUntil${endOf(cut)}`, { DateLessThan: { "aws:TokenIssueTime": [UnixTime.toText(cut)] } })]),
    ...[...single]
      .toSorted(([left], [right]) => left - right)
      .map(([end, patterns]) => denial(`Until${end}`, { StringLike: { "aws:userid": patterns } }))
  ])
