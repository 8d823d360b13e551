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
  RevokedSessions.add(sessions, session(index), at(until), at(now))

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

  it("reads back what it writes", () => {
    const sessions = add(add(RevokedSessions.empty, 1, 800), 3, 901)
    assert.deepStrictEqual(Option.getOrThrow(RevokedSessions.read(RevokedSessions.write(sessions))), sessions)
  })

  it("drops what is over, and never what is not", () => {
    const sessions = add(add(RevokedSessions.empty, 1, 800), 2, 2000)
    const later = add(sessions, 3, 3000, 900)
    assert.isFalse(RevokedSessions.has(later, session(1)))
    assert.isTrue(RevokedSessions.has(later, session(2)))
    assert.isTrue(RevokedSessions.has(add(sessions, 3, 3000, 899), session(1)))
  })

  it("holds more than two hundred sessions on a role", () => {
    const sessions = Array.from({ length: 220 }, (_, index) => index).reduce(
      (all, index) => add(all, index, 3600),
      RevokedSessions.empty
    )
    assert.isBelow(RevokedSessions.write(sessions).length, 10_240)
  })

  it.each([
    "",
    "{}",
    '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}',
    RevokedSessions.write(add(RevokedSessions.empty, 1, 1)).replace('"Deny"', '"Allow"'),
    RevokedSessions.write(add(RevokedSessions.empty, 1, 1)).replace("*-0198", "*0198"),
    RevokedSessions.write(add(RevokedSessions.empty, 1, 1)).replace('"Sid"', '"Extra":1,"Sid"')
  ])("takes %s for somebody else's", (text) => {
    assert.isTrue(Option.isNone(RevokedSessions.read(text)))
  })
})
