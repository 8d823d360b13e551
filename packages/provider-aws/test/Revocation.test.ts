import type { CredentialSession } from "@bailiwick/core/CredentialSession"
import type { ProviderError } from "@bailiwick/core/CredentialProvider"
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

const inlineOf = (aws: Aws): Map<string, string> => aws.world.roles.get(World.roleArn)?.inline ?? new Map()

const denial = (aws: Aws): string => inlineOf(aws).get("bailiwick-revoked") ?? ""

const writes = (aws: Aws) => aws.calls.filter(({ action }) => action === "PutRolePolicy")

/** What the provider would do about everything of the role. */
const planned = (aws: Aws, provider: Effect.Success<ReturnType<typeof World.provider>>, of = settings) =>
  Effect.flatMap(Effect.fromNullishOr(provider.revokePrincipal), (plan) => plan(World.targetOf(aws, of))).pipe(
    Effect.catchTag("NoSuchElementError", Effect.die)
  )

interface Trouble {
  readonly what: string
  /** Arranges it, and gives back the broker's login if it is another one. */
  readonly arrange: (aws: Aws) => ReturnType<Aws["user"]> | void
  readonly reason: ProviderError["reason"]
  readonly detail: RegExp
  readonly hint: RegExp
}

const foreign = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}'

const troubles: ReadonlyArray<Trouble> = [
  {
    what: "the rights",
    arrange: (aws) =>
      aws.user(
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sts:*","iam:GetRolePolicy"],"Resource":"*"}]}'
      ),
    reason: "AccessDenied",
    detail: /may write no denial on arn:aws:iam::111122223333:role\/agent/u,
    hint: /iam:GetRolePolicy and iam:PutRolePolicy/u
  },
  {
    what: "a role on which anybody may write",
    arrange: (aws) => aws.fail("PutRolePolicy", { status: 400, code: "UnmodifiableEntity" }),
    reason: "AccessDenied",
    detail: /AWS lets nobody write on/u,
    hint: /Identity Center/u
  },
  {
    what: "the role",
    arrange: (aws) => void aws.world.roles.delete(World.roleArn),
    reason: "Misconfigured",
    detail: /role\/agent does not exist/u,
    hint: /project apply/u
  },
  {
    what: "calls left",
    arrange: (aws) => aws.fail("PutRolePolicy", { status: 400, code: "Throttling", times: 9 }),
    reason: "Throttled",
    detail: /takes no more PutRolePolicy calls/u,
    hint: /try again/u
  },
  {
    what: "an answer of IAM",
    arrange: (aws) => aws.fail("GetRolePolicy", { status: 503, code: "ServiceUnavailable", times: 9 }),
    reason: "Unreachable",
    detail: /127\.0\.0\.1:\d+ .*ServiceUnavailable/u,
    hint: /./u
  },
  {
    what: "a login",
    arrange: (aws) => aws.fail("GetRolePolicy", { status: 403, code: "ExpiredToken" }),
    reason: "ExpiredSource",
    detail: /login has ended/u,
    hint: /log the broker in again/u
  },
  {
    what: "a policy that is its own",
    arrange: (aws) => void inlineOf(aws).set("bailiwick-revoked", foreign),
    reason: "Misconfigured",
    detail: /something else in it/u,
    hint: /bailiwick-revoked/u
  },
  {
    what: "a write that stays",
    arrange: (aws) => {
      const inline = inlineOf(aws)
      inline.set = () => inline
    },
    reason: "Misconfigured",
    detail: /could not be read back/u,
    hint: /who else writes/u
  },
  {
    what: "room on the role",
    arrange: (aws) =>
      void inlineOf(aws).set(
        "filler",
        `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${"x".repeat(10_120)}"}}`
      ),
    reason: "PolicyTooLarge",
    detail: /10,240 characters/u,
    hint: /--role-wide --on dev|remove an inline policy/u
  }
]

describe.concurrent("a revocation", () => {
  it.live("stops one session at AWS, and no other of the same role", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const { provider, record, s3 } = yield* opened(aws)
      const { s3: left } = yield* opened(aws, other)
      assert.strictEqual(yield* s3.get("team/x"), "done")
      const outcome = yield* provider.revoke(record)
      assert.isTrue(outcome.ended)
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
      // What comes up while one writes goes into the next write together.
      assert.isAtMost(writes(aws).length, 3)
    })
  )

  it.live("asks for nothing but the policy the second time, and says the same", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const { provider, record } = yield* opened(aws)
      const first = yield* provider.revoke(record)
      const before = aws.calls.length
      assert.deepStrictEqual(yield* provider.revoke(record), first)
      assert.deepStrictEqual(
        aws.calls.slice(before).map(({ action }) => action),
        ["GetRolePolicy"]
      )
    })
  )

  it.live("does not take for written what another broker takes out again in the next moment", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const { provider, record, s3 } = yield* opened(aws)
      const inline = inlineOf(aws)
      const set = inline.set.bind(inline)
      let count = 0
      inline.set = (name, text) => {
        // The other has read before this write, and writes what it has read after it.
        if (count++ === 0) setTimeout(() => inline.delete(name), 50)
        return set(name, text)
      }
      yield* provider.revoke(record)
      assert.strictEqual(count, 2)
      assert.strictEqual(yield* s3.get("team/x"), "AccessDenied")
    })
  )

  it.live("writes again what another broker has overwritten in between", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const { provider, record, s3 } = yield* opened(aws)
      const inline = inlineOf(aws)
      const set = inline.set.bind(inline)
      let writes = 0
      inline.set = (name, text) => (writes++ === 0 ? inline : set(name, text))
      yield* provider.revoke(record)
      assert.strictEqual(writes, 2)
      assert.strictEqual(yield* s3.get("team/x"), "AccessDenied")
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
        assert.isFalse(outcome.ended)
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
      assert.isFalse(outcome.ended)
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
        ended: true,
        how: "its credentials are over",
        worst: 0
      })
      assert.lengthOf(aws.calls, calls)
    })
  )

  for (const { arrange, detail, hint, reason, what } of troubles) {
    it.live(`without ${what} says so, and when the credentials end by themselves`, () =>
      Effect.gen(function* () {
        const aws = yield* World.world
        const { record } = yield* opened(aws)
        const key = arrange(aws)
        const standing = denial(aws)
        const provider = yield* World.provider(aws, { settings, ...(key === undefined ? {} : { key }) })
        const error = yield* Effect.flip(provider.revoke(record))
        assert.strictEqual(error.reason, reason)
        assert.match(error.detail, detail)
        assert.include(error.detail, `end by themselves at ${UnixTime.toText(record.expires_at)}`)
        assert.match(error.hint, hint)
        assert.strictEqual(denial(aws), standing)
      })
    )
  }

  it.live("that finds no more room is told how to make it, and that makes it", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const { provider, record } = yield* opened(aws)
      const ids = Array.from({ length: 300 }, (_, index) => `01980000-0000-7000-8000-000000001${index + 100}`)
      const all = ids.map((session) => ({ ...record, id: session as CredentialSession["id"] }))
      const fit = yield* Effect.forEach(all.slice(0, 246), provider.revoke, { concurrency: "unbounded" })
      assert.isTrue(fit.every(({ ended }) => ended))
      const error = yield* Effect.flip(provider.revoke({ ...record, id: other as CredentialSession["id"] }))
      assert.strictEqual(error.hint, "bailiwick revoke --role-wide --on dev puts one denial in the place of all")
      yield* (yield* planned(aws, provider)).revoke
      assert.isBelow(denial(aws).length, 200)
      assert.isTrue((yield* provider.revoke(record)).ended)
      assert.include(denial(aws), World.id)
    })
  )
})

describe.concurrent("a revocation of everything of a role", () => {
  for (const ahead of [0, 700, -700]) {
    it.live(`ends what anybody opened before it and nothing that is opened after it, ${ahead} s from our clock`, () =>
      Effect.gen(function* () {
        const aws = yield* World.world
        aws.ahead(ahead)
        const { provider, s3 } = yield* opened(aws)
        const theirs = World.usesKey(aws, aws.login("agent"))
        const other = aws.role({ name: "other" })
        const elsewhere = World.usesKey(aws, aws.login("other"))
        for (const each of [s3, theirs, elsewhere]) assert.strictEqual(yield* each.get("team/x"), "done")
        const { reach, revoke } = yield* planned(aws, provider)
        assert.include(reach, "every session that anybody has opened until now")
        assert.strictEqual(denial(aws), "")
        // In the very second of the cut.
        const { s3: last } = yield* opened(aws)
        const start = yield* UnixTime.now
        const outcome = yield* revoke
        const { s3: fresh } = yield* opened(aws)
        for (const each of [s3, theirs, last]) assert.strictEqual(yield* each.get("team/x"), "AccessDenied")
        for (const each of [fresh, elsewhere]) assert.strictEqual(yield* each.get("team/x"), "done")
        assert.isTrue(outcome.ended)
        assert.strictEqual(outcome.worst, 300)
        // By this machine's clock.
        assert.approximately(outcome.before ?? 0, start + 1, 2)
        assert.strictEqual(aws.world.roles.get(other)?.inline.size, 0)
      })
    )
  }

  it.live("keeps to the latest cut, and denies single sessions beside it from then on", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const { provider, record } = yield* opened(aws)
      yield* provider.revoke(record)
      const { revoke } = yield* planned(aws, provider)
      yield* revoke
      const [first] = JSON.parse(denial(aws)).Statement
      yield* revoke
      yield* provider.revoke({ ...record, id: other as CredentialSession["id"] })
      const [cut, single, ...more] = JSON.parse(denial(aws)).Statement
      const dateOf = (statement: typeof first) => statement.Condition.DateLessThan["aws:TokenIssueTime"]
      assert.isAbove(Date.parse(dateOf(cut)), Date.parse(dateOf(first)))
      assert.deepStrictEqual(single.Condition, { StringLike: { "aws:userid": `*-${other}` } })
      assert.isEmpty(more)
    })
  )

  it.live("is refused for a target of scoped sessions, and for a role in which the broker itself acts", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const login = aws.login("agent")
      const scoped = yield* World.provider(aws, { settings, key: login })
      const own = yield* Effect.flip(planned(aws, scoped))
      assert.include(own.detail, "the broker itself acts in a session of")
      assert.include(own.hint, "settings.profile")
      const provider = yield* World.provider(aws, { settings })
      const error = yield* Effect.flip(planned(aws, provider, { ...settings, method: "scoped" } as typeof settings))
      assert.include(error.detail, "a denial would end the broker's own session too")
      assert.strictEqual(denial(aws), "")
      // A session of another role may.
      aws.role({ name: "broker" })
      const elsewhere = yield* World.provider(aws, { settings, key: aws.login("broker") })
      assert.isTrue((yield* (yield* planned(aws, elsewhere)).revoke).ended)
    })
  )

  it.live("is refused at the cut, if that could not be known before", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const provider = yield* World.provider(aws, { settings, key: aws.login("agent") })
      aws.fail("GetCallerIdentity", { status: 503, code: "ServiceUnavailable", times: 4 })
      const { revoke } = yield* planned(aws, provider)
      assert.include((yield* Effect.flip(revoke)).detail, "the broker itself acts in a session of")
      assert.strictEqual(denial(aws), "")
    })
  )

  it.live("writes nothing where the target is set up for none, and says so before and after", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const { provider } = yield* opened(aws)
      const { reach, revoke } = yield* planned(aws, provider, {} as typeof settings)
      assert.include(reach, "settings.revoke")
      const outcome = yield* revoke
      assert.isFalse(outcome.ended)
      assert.isUndefined(outcome.before)
      assert.include(outcome.how, "settings.revoke")
      assert.include(outcome.how, "up to 12 hours")
      assert.strictEqual(denial(aws), "")
    })
  )

  it.live("needs the time of AWS", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const provider = yield* World.provider(aws, { settings })
      const sts = yield* World.dateless
      const target = { ...World.targetOf(aws, settings), endpoint: sts }
      const plan = yield* Effect.flatMap(Effect.fromNullishOr(provider.revokePrincipal), (plan) => plan(target))
      const error = yield* Effect.flip(plan.revoke)
      assert.match(error.message, /does not say what time it is/u)
    })
  )

  for (const { arrange, detail, hint, reason, what } of troubles) {
    it.live(`without ${what} says so`, () =>
      Effect.gen(function* () {
        const aws = yield* World.world
        const key = arrange(aws)
        const standing = denial(aws)
        const provider = yield* World.provider(aws, { settings, ...(key === undefined ? {} : { key }) })
        const error = yield* Effect.flip((yield* planned(aws, provider)).revoke)
        assert.strictEqual(error.reason, reason)
        assert.match(error.detail, detail)
        assert.include(error.detail, "up to 12 hours")
        assert.match(error.hint, hint)
        assert.strictEqual(denial(aws), standing)
      })
    )
  }
})
