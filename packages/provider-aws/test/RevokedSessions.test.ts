import { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as RevokedSessions from "@bailiwick/provider-aws/RevokedSessions"
import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

const session = (index: number) =>
  Schema.decodeUnknownSync(CredentialSessionId)(`01980000-0000-7000-8000-${`${index}`.padStart(12, "0")}`)

const at = (seconds: number) => UnixTime.UnixTime.make(seconds)

const add = (sessions: RevokedSessions.RevokedSessions, index: number, until: number, now = 0) =>
  RevokedSessions.add(sessions, [{ session: session(index), until: at(until) }], at(now))

const has = (sessions: RevokedSessions.RevokedSessions, index: number, until: number) =>
  RevokedSessions.has(sessions, { session: session(index), until: at(until) })

const many = (count: number) =>
  RevokedSessions.add(
    RevokedSessions.empty,
    Array.from({ length: count }, (_, index) => ({ session: session(index), until: at(3600) })),
    at(0)
  )

const room = 10_240

describe("RevokedSessions", () => {
  it("writes one statement for sessions that end near one another", () => {
    const sessions = add(add(add(RevokedSessions.empty, 1, 800), 2, 900), 3, 901)
    assert.strictEqual(
      RevokedSessions.write(sessions),
      '{"Version":"2012-10-17","Statement":[{"Sid":"Until900","Effect":"Deny","Action":"*","Resource":"*",' +
        '"Condition":{"StringLike":{"aws:userid":["*-01980000-0000-7000-8000-000000000001","*-01980000-0000-7000-8000-000000000002"]}}},' +
        '{"Sid":"Until1800","Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:userid":"*-01980000-0000-7000-8000-000000000003"}}}]}'
    )
  })

  it("writes a cut as AWS dates sessions, in the place of all single ones, which were issued before it", () => {
    const sessions = RevokedSessions.cutOff(add(RevokedSessions.empty, 1, 1_900_000_800), at(1_900_000_000))
    assert.strictEqual(
      RevokedSessions.write(sessions),
      '{"Version":"2012-10-17","Statement":[{"Sid":"CutUntil1900044000","Effect":"Deny","Action":"*","Resource":"*",' +
        '"Condition":{"DateLessThan":{"aws:TokenIssueTime":"2030-03-17T17:46:40Z"}}}]}'
    )
    assert.isTrue(RevokedSessions.holds(sessions, at(1_900_000_000)))
    assert.isFalse(RevokedSessions.holds(sessions, at(1_900_000_001)))
    assert.isFalse(RevokedSessions.holds(RevokedSessions.empty, at(0)))
  })

  it("names the cut and the sessions that end with it apart, for IAM takes no Sid twice", () => {
    const cut = RevokedSessions.cutOff(RevokedSessions.empty, at(900))
    const names = JSON.parse(RevokedSessions.write(add(cut, 1, 900 + 43_200))).Statement.map(
      ({ Sid }: { Sid: string }) => Sid
    )
    assert.deepStrictEqual(names, ["CutUntil44100", "Until44100"])
  })

  it("never takes a cut back", () => {
    const sessions = RevokedSessions.cutOff(RevokedSessions.empty, at(2000))
    assert.strictEqual(RevokedSessions.cutOff(sessions, at(1000)).cut, 2000)
    assert.strictEqual(RevokedSessions.cutOff(sessions, at(3000)).cut, 3000)
    assert.strictEqual(add(sessions, 1, 4000).cut, 2000)
  })

  const plans = Schema.Array(
    Schema.Struct({
      index: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 })),
      until: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 50_000 }))
    })
  )

  it.prop(
    "reads back what it writes, in one statement for each quarter of an hour and one for the cut",
    { planned: plans, cut: Schema.UndefinedOr(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 50_000 }))) },
    ({ planned, cut }) => {
      const start = cut === undefined ? RevokedSessions.empty : RevokedSessions.cutOff(RevokedSessions.empty, at(cut))
      const sessions = planned.reduce((all, { index, until }) => add(all, index, until), start)
      const text = RevokedSessions.write(sessions)
      assert.deepStrictEqual(Option.getOrThrow(RevokedSessions.read(text)), sorted(sessions))
      const last = new Map(
        planned.toSorted((left, right) => left.until - right.until).map(({ index, until }) => [index, until])
      )
      const buckets = new Set([...last.values()].map((until) => Math.ceil(until / 900)))
      const names = JSON.parse(text).Statement.map(({ Sid }: { Sid: string }) => Sid)
      assert.strictEqual(names.length, buckets.size + (cut === undefined ? 0 : 1))
      // IAM refuses a policy in which one stands twice.
      assert.strictEqual(new Set(names).size, names.length)
      for (const [index, until] of last) assert.isTrue(has(sessions, index, until))
      // Each once, whenever it ends.
      assert.lengthOf(text.match(/\*-/gu) ?? [], last.size)
    }
  )

  it("drops what is over, and never what is not", () => {
    const sessions = add(add(RevokedSessions.empty, 1, 800), 2, 2000)
    const later = add(sessions, 3, 3000, 900)
    assert.isFalse(has(later, 1, 800))
    assert.isTrue(has(later, 2, 2000))
    assert.isTrue(has(add(sessions, 3, 3000, 899), 1, 800))
  })

  it("keeps a session to the latest of the ends that were told of it", () => {
    const sessions = add(add(RevokedSessions.empty, 1, 800), 2, 800)
    assert.isFalse(has(sessions, 1, 3000))
    const longer = add(sessions, 1, 3000)
    assert.isTrue(has(add(longer, 3, 5000, 1000), 1, 3000))
    assert.isFalse(has(add(longer, 3, 5000, 1000), 2, 800))
    assert.deepStrictEqual(add(longer, 1, 800), longer)
  })

  it("drops a cut once no session of a role can be as old, and not before", () => {
    const sessions = RevokedSessions.cutOff(RevokedSessions.empty, at(900))
    assert.strictEqual(add(sessions, 1, 50_000, 900 + 43_199).cut, 900)
    assert.isUndefined(add(sessions, 1, 50_000, 900 + 43_200).cut)
  })

  it("puts a hundred sessions into 4,246 characters, and as many as fit into the room of a role", () => {
    assert.strictEqual(RevokedSessions.write(many(100)).length, 4246)
    assert.isAtMost(RevokedSessions.write(many(largest)).length, room)
    assert.isAbove(RevokedSessions.write(many(largest + 1)).length, room)
    assert.isBelow(RevokedSessions.write(RevokedSessions.cutOff(many(largest), at(1_900_000_000))).length, 200)
  })

  it.each([
    "",
    "{}",
    '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}',
    RevokedSessions.write(add(RevokedSessions.empty, 1, 1)).replace('"Deny"', '"Allow"'),
    RevokedSessions.write(add(RevokedSessions.empty, 1, 1)).replace("*-0198", "*0198"),
    RevokedSessions.write(add(RevokedSessions.empty, 1, 1)).replace('"Sid"', '"Extra":1,"Sid"'),
    RevokedSessions.write(RevokedSessions.cutOff(RevokedSessions.empty, at(1))).replace(
      "DateLessThan",
      "DateGreaterThan"
    ),
    RevokedSessions.write(RevokedSessions.cutOff(RevokedSessions.empty, at(1))).replace("00:00:01Z", "00:00:01+02:00"),
    RevokedSessions.write(RevokedSessions.cutOff(RevokedSessions.empty, at(1))).replace("1970-01", "1970-13")
  ])("takes %s for somebody else's", (text) => {
    assert.isTrue(Option.isNone(RevokedSessions.read(text)))
  })
})

/** How many sessions one role can deny one by one, when it has no other inline policy and they end together. */
const largest = 246

const sorted = ({ single, ...cut }: RevokedSessions.RevokedSessions): RevokedSessions.RevokedSessions => ({
  ...cut,
  single: new Map([...single].toSorted(([left], [right]) => left - right))
})
