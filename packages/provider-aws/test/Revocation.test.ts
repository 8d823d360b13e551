import type { CredentialSession } from "@bailiwick/core/CredentialSession"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as World from "./support/World.ts"

type Aws = Effect.Success<typeof World.world>

const settings = { revoke: "role-policy" }
const other = "01980000-0000-7000-8000-000000000002"

/** One session of a provider, issued and recorded. */
const opened = Effect.fnUntraced(function* (
  aws: Aws,
  session: string = World.id,
  options: Parameters<typeof World.provider>[1] = {}
) {
  const provider = yield* World.provider(aws, { settings, ...options })
  const request = yield* World.request(aws, { settings: options.settings ?? settings, session })
  const plan = yield* provider.plan(request)
  const credentials = yield* provider.issue(plan)
  return {
    provider,
    plan,
    record: World.sessionOf(request, plan, credentials),
    s3: World.uses(aws, credentials)
  }
})

const denial = (aws: Aws): string => aws.world.roles.get(World.roleArn)?.inline.get("bailiwick-revoked") ?? ""

describe("a revocation", () => {
  it.live("stops one session at AWS, and no other of the same role", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const { provider, record, s3 } = yield* opened(aws)
      const { s3: left } = yield* opened(aws, other)
      assert.strictEqual(yield* s3.get("team/x"), "done")
      const outcome = yield* provider.revoke(record)
      assert.strictEqual(outcome.worst, 300)
      assert.include(outcome.how, "some minutes")
      assert.include(outcome.how, UnixTime.toText(record.expires_at))
      assert.strictEqual(yield* s3.get("team/x"), "AccessDenied")
      assert.strictEqual(yield* left.get("team/x"), "done")
    })
  )

  it.live("promises in a plan only what was done lately", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const { plan, provider, record } = yield* opened(aws)
      assert.strictEqual(plan.report.revocation.worst, 900)
      yield* provider.revoke(record)
      const later = yield* provider.plan(yield* World.request(aws, { settings }))
      assert.strictEqual(later.report.revocation.worst, 300)
    })
  )

  it.live("keeps one compact policy, and drops sessions that are over", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const { provider, record } = yield* opened(aws)
      const long = { ...record, expires_at: UnixTime.plus(record.expires_at, 3600) }
      yield* provider.revoke(record)
      yield* provider.revoke(record)
      yield* provider.revoke({ ...long, id: other as CredentialSession["id"] })
      const { Statement: first } = JSON.parse(denial(aws))
      assert.deepStrictEqual(
        first.map((each: { readonly Condition: unknown }) => each.Condition),
        [World.id, other].map((session) => ({ StringLike: { "aws:userid": `*-${session}` } }))
      )
      const gone = JSON.stringify({ Version: "2012-10-17", Statement: [{ ...first[0], Sid: "Until900" }] })
      aws.world.roles.get(World.roleArn)?.inline.set("bailiwick-revoked", gone)
      yield* provider.revoke({ ...long, id: other as CredentialSession["id"] })
      assert.notInclude(denial(aws), World.id)
      assert.include(denial(aws), other)
    })
  )

  it.live("loses none of several at once", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const { provider, record } = yield* opened(aws)
      const second = yield* World.provider(aws, { settings })
      const ids = Array.from({ length: 12 }, (_, index) => `01980000-0000-7000-8000-0000000001${index + 10}`)
      yield* Effect.forEach(
        ids,
        (session, index) =>
          (index % 2 === 0 ? provider : second).revoke({ ...record, id: session as CredentialSession["id"] }),
        { concurrency: "unbounded" }
      )
      for (const session of ids) assert.include(denial(aws), session)
    })
  )

  it.live("writes again what another broker has overwritten in between", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const { provider, record, s3 } = yield* opened(aws)
      const role = aws.world.roles.get(World.roleArn)
      const inline = role?.inline ?? new Map<string, string>()
      const set = inline.set.bind(inline)
      let writes = 0
      inline.set = (name, text) => (writes++ === 0 ? inline : set(name, text))
      yield* provider.revoke(record)
      assert.strictEqual(writes, 2)
      assert.strictEqual(yield* s3.get("team/x"), "AccessDenied")
    })
  )

  it.live("that cannot be read back is no success", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const { provider, record } = yield* opened(aws)
      const inline = aws.world.roles.get(World.roleArn)?.inline ?? new Map<string, string>()
      inline.set = () => inline
      const error = yield* Effect.flip(provider.revoke(record))
      assert.include(error.detail, "could not be read back")
    })
  )

  it.live("without the rights says so, and when the credentials end by themselves", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const { record } = yield* opened(aws)
      const key = aws.user(
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sts:*","iam:GetRolePolicy"],"Resource":"*"}]}'
      )
      const provider = yield* World.provider(aws, { settings, key })
      const error = yield* Effect.flip(provider.revoke(record))
      assert.strictEqual(error.reason, "AccessDenied")
      assert.include(error.hint, "iam:PutRolePolicy")
      assert.include(error.detail, UnixTime.toText(record.expires_at))
      assert.strictEqual(denial(aws), "")
    })
  )

  it.live("touches no policy of our name that this program never wrote", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const { provider, record } = yield* opened(aws)
      const foreign = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}'
      aws.world.roles.get(World.roleArn)?.inline.set("bailiwick-revoked", foreign)
      const error = yield* Effect.flip(provider.revoke(record))
      assert.include(error.detail, "something else in it")
      assert.strictEqual(denial(aws), foreign)
    })
  )

  it.live("that finds no room on the role is refused with what to do", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const { provider, record } = yield* opened(aws)
      const filler = JSON.stringify({
        Version: "2012-10-17",
        Statement: { Effect: "Allow", Action: "s3:*", Resource: `arn:aws:s3:::${"x".repeat(10_120)}` }
      })
      aws.world.roles.get(World.roleArn)?.inline.set("filler", filler)
      const error = yield* Effect.flip(provider.revoke(record))
      assert.strictEqual(error.reason, "PolicyTooLarge")
      assert.include(error.hint, "revoke active sessions")
    })
  )

  it.live("never denies a scoped session, which has the broker's own identity", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const scoped = { method: "scoped", revoke: "role-policy" }
      const key = aws.login("agent")
      const { plan, provider, record, s3 } = yield* opened(aws, World.id, { settings: scoped, key })
      assert.strictEqual(plan.report.revocation.worst, 900)
      // The record may have been changed since: what was issued decides.
      const changed = yield* World.provider(aws, { settings })
      for (const each of [provider, changed]) {
        const outcome = yield* each.revoke(record)
        assert.include(outcome.how, "a denial would end too")
        assert.isAbove(outcome.worst, 890)
      }
      assert.strictEqual(denial(aws), "")
      assert.strictEqual(yield* s3.get("team/x"), "done")
    })
  )

  it.live.each([
    ["the target is set up for none", Option.some({}), "settings.revoke"],
    ["the record has lost the target", Option.none<Record<string, string>>(), "no longer has the target"]
  ] as const)("says that the credentials live on where %s", ([, found, how]) =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const { record } = yield* opened(aws)
      const target = Option.map(found, (of) => World.targetOf(aws, of))
      const outcome = yield* (yield* World.provider(aws, { target })).revoke(record)
      assert.include(outcome.how, how)
      assert.include(outcome.how, UnixTime.toText(record.expires_at))
      assert.isAbove(outcome.worst, 890)
      assert.strictEqual(denial(aws), "")
    })
  )

  it.live("does not deny on a role that the target names by now", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const { record, provider } = yield* opened(aws)
      const outcome = yield* provider.revoke({ ...record, role_arn: `${World.roleArn}2` })
      assert.include(outcome.how, "another role now")
      assert.strictEqual(denial(aws), "")
    })
  )

  it.live("of credentials that are over does nothing", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const { record, provider } = yield* opened(aws)
      const calls = aws.calls.length
      assert.deepStrictEqual(yield* provider.revoke({ ...record, expires_at: UnixTime.UnixTime.make(1) }), {
        how: "its credentials are over",
        worst: 0
      })
      assert.lengthOf(aws.calls, calls)
    })
  )
})
