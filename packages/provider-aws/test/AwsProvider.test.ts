import * as Enforcement from "@bailiwick/core/Enforcement"
import type { Credentials } from "@bailiwick/core/Credentials"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { afterEach, vi } from "vitest"
import { parsed, policy } from "./support/Policies.ts"
import * as World from "./support/World.ts"

/** Plans and issues with a provider of the same settings. */
const issue = Effect.fnUntraced(function* (
  aws: Effect.Success<typeof World.world>,
  changes: Parameters<typeof World.request>[1] = {},
  options: Parameters<typeof World.provider>[1] = {}
) {
  const provider = yield* World.provider(aws, { settings: changes.settings ?? {}, ...options })
  const request = yield* World.request(aws, changes)
  const plan = yield* provider.plan(request)
  const credentials = yield* provider.issue(plan)
  return { provider, request, plan, credentials }
})

const callsOf = (aws: Effect.Success<typeof World.world>, action: string) =>
  aws.calls.filter((call) => call.action === action)

afterEach(() => vi.unstubAllEnvs())

describe("AwsProvider", () => {
  it.live("issues what AWS itself narrows: the asked-for key is read, everything else is refused", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const { credentials } = yield* issue(aws)
      const s3 = World.uses(aws, credentials)
      assert.strictEqual(yield* s3.get("team/x"), "done")
      assert.strictEqual(yield* s3.get("other/x"), "AccessDenied")
      assert.strictEqual(yield* s3.put("team/x"), "AccessDenied")
      assert.strictEqual(yield* s3.delete("team/x"), "AccessDenied")
      assert.strictEqual(yield* s3.list("team/"), "AccessDenied")
      const wide = World.uses(aws, (yield* issue(aws, { policy: parsed("s3:*", "s3://acme/team/*") })).credentials)
      assert.deepStrictEqual(
        [yield* wide.put("team/y"), yield* wide.list("team/"), yield* wide.delete("team/y"), yield* wide.list("")],
        ["done", "done", "done", "AccessDenied"]
      )
    })
  )

  it.live("names project, human, agent and session in the account, and no tag of the caller", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      yield* issue(aws, { tags: { team: "payroll", "bailiwick-human": "boss@example.com" } })
      const [call] = callsOf(aws, "AssumeRole")
      const sent = Object.fromEntries(call?.parameters ?? [])
      assert.deepInclude(sent, {
        RoleArn: World.roleArn,
        RoleSessionName: `bw-claude-${World.id}`,
        SourceIdentity: "you@example.com",
        DurationSeconds: "900",
        "Tags.member.1.Key": "bailiwick-project",
        "Tags.member.1.Value": "acme",
        "Tags.member.2.Value": "you@example.com",
        "Tags.member.3.Value": World.id,
        "Tags.member.4.Key": "bailiwick-agent",
        "Tags.member.4.Value": "ai:claude@acme",
        "TransitiveTagKeys.member.4": "bailiwick-agent"
      })
      assert.notInclude(JSON.stringify(sent), "payroll")
      assert.notInclude(JSON.stringify(sent), "boss")
      assert.notProperty(sent, "ExternalId")
    })
  )

  it.live("names the human alone where the human acts in person, and only a name where the role takes no tags", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      yield* issue(aws, { agent: undefined })
      aws.role({ name: "agent", allowsTags: false, allowsSourceIdentity: false })
      assert.strictEqual((yield* Effect.flip(issue(aws))).reason, "AccessDenied")
      yield* issue(aws, { settings: { attribution: "name" } })
      const [person, , named] = callsOf(aws, "AssumeRole").map(({ parameters }) => parameters)
      assert.strictEqual(person?.get("RoleSessionName"), `bw-you-${World.id}`)
      assert.isFalse(person?.has("Tags.member.4.Key"))
      assert.isFalse(named?.has("Tags.member.1.Key"))
      assert.isFalse(named?.has("SourceIdentity"))
      assert.isTrue(named?.has("Policy"))
    })
  )

  it.live("leaves out a source identity that AWS would not take, and keeps the tag", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const human = `${"a".repeat(60)}@example.com`
      yield* issue(aws, { human, agent: undefined })
      const [call] = callsOf(aws, "AssumeRole")
      assert.isFalse(call?.parameters.has("SourceIdentity"))
      assert.strictEqual(call?.parameters.get("Tags.member.2.Value"), human)
    })
  )

  it.live("gives the external id of the record", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      aws.role({ name: "agent", externalId: "acme:1" })
      yield* issue(aws, { settings: { external_id: "acme:1" } })
      assert.strictEqual((yield* Effect.flip(issue(aws))).reason, "AccessDenied")
    })
  )

  it.live("ends a life shorter than STS gives inside the policy, and says that end", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const now = yield* UnixTime.now
      const { credentials, plan } = yield* issue(aws, { ttl: 60 })
      assert.strictEqual(plan.report.expiry.held, "session-policy")
      assert.approximately(credentials.expires, now + 60, 2)
      assert.strictEqual(callsOf(aws, "AssumeRole")[0]?.parameters.get("DurationSeconds"), "900")
      const s3 = World.uses(aws, credentials)
      aws.ahead(55)
      assert.strictEqual(yield* s3.get("team/x"), "done")
      aws.ahead(63)
      assert.strictEqual(yield* s3.get("team/x"), "AccessDenied")
    })
  )

  it.live("ends with the chain that asks, to the second", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const not_after = (yield* UnixTime.now) + 1000
      // Even where the session itself lives on at STS: the policy ends it.
      aws.world.generous = 3600
      const { credentials } = yield* issue(aws, { ttl: 3600, not_after })
      assert.strictEqual(credentials.expires, not_after)
      const s3 = World.uses(aws, credentials)
      aws.ahead(990)
      assert.strictEqual(yield* s3.get("team/x"), "done")
      aws.ahead(1001)
      assert.strictEqual(yield* s3.get("team/x"), "AccessDenied")
    })
  )

  it.live("takes the end of STS where the whole life was given", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const now = yield* UnixTime.now
      const { credentials, plan } = yield* issue(aws, { ttl: 1800 })
      assert.strictEqual(plan.report.expiry.held, "token")
      assert.approximately(credentials.expires, now + 1800, 2)
      assert.notInclude(callsOf(aws, "AssumeRole")[0]?.parameters.get("Policy") ?? "", "aws:CurrentTime")
    })
  )

  it.live("writes an end by the clock of AWS where this machine's is off, and remembers how far", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      aws.ahead(600)
      const provider = yield* World.provider(aws)
      const plan = yield* provider.plan(yield* World.request(aws, { ttl: 60 }))
      const now = yield* UnixTime.now
      const credentials = yield* provider.issue(plan)
      assert.approximately(credentials.expires, now + 660, 3)
      assert.strictEqual(yield* World.uses(aws, credentials).get("team/x"), "done")
      assert.lengthOf(callsOf(aws, "AssumeRole"), 2)
      yield* provider.issue(plan)
      assert.lengthOf(callsOf(aws, "AssumeRole"), 3)
    })
  )

  it.live("signs by the clock of AWS where this machine's is far off", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      aws.ahead(-7200)
      const { credentials } = yield* issue(aws, { ttl: 900 })
      assert.strictEqual(yield* World.uses(aws, credentials).get("team/x"), "done")
    })
  )

  it.live("asks for an hour at most while it acts in a role itself", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      aws.role({ name: "broker" })
      aws.role({ name: "agent", trusted: ["arn:aws:iam::111122223333:role/broker"] })
      const { credentials } = yield* issue(
        aws,
        { ttl: 7200, not_after: (yield* UnixTime.now) + 9000 },
        { key: aws.login("broker") }
      )
      assert.approximately(credentials.expires, (yield* UnixTime.now) + 3600, 2)
    })
  )

  it.live("never lets an endpoint variable choose who receives its calls", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const other = yield* World.world
      for (const name of ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_IAM"])
        vi.stubEnv(name, other.url)
      vi.stubEnv("AWS_USE_FIPS_ENDPOINT", "true")
      vi.stubEnv("AWS_USE_DUALSTACK_ENDPOINT", "true")
      vi.stubEnv("AWS_REGION", "us-west-2")
      yield* issue(aws)
      assert.lengthOf(aws.calls, 1)
      assert.lengthOf(other.calls, 0)
    })
  )

  it.live("issues nothing once the chain has ended between plan and issue", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const provider = yield* World.provider(aws)
      const plan = yield* provider.plan(yield* World.request(aws))
      const late = { ...plan, request: yield* World.request(aws, { not_after: yield* UnixTime.now }) }
      assert.strictEqual((yield* Effect.flip(provider.issue(late))).reason, "ExpiredSource")
      assert.lengthOf(aws.calls, 0)
    })
  )

  it.live("issues no plan of another target or form", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const provider = yield* World.provider(aws)
      const plan = yield* provider.plan(yield* World.request(aws))
      const principal = "arn:aws:iam::111122223333:role/admin"
      const target = { ...plan.request.target, principal }
      const others = [
        { ...plan, request: { ...plan.request, target } },
        { ...plan, document: "{}" },
        { ...plan, document: plan.document.replace('"policy":', '"more":1,"policy":') },
        { ...plan, document: plan.document.replace("2012-10-17", "2008-10-17") }
      ]
      for (const other of others) {
        assert.strictEqual((yield* Effect.flip(provider.issue(other))).reason, "Misconfigured")
      }
      assert.lengthOf(aws.calls, 0)
    })
  )

  it.live("refuses a session that lives longer than was asked for", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const provider = yield* World.provider(aws)
      const plan = yield* provider.plan(yield* World.request(aws))
      aws.world.generous = 3600
      const error = yield* Effect.flip(provider.issue(plan))
      assert.include(error.detail, "longer than was asked for")
      const short = yield* provider.plan(yield* World.request(aws, { ttl: 60 }))
      assert.approximately((yield* provider.issue(short)).expires, (yield* UnixTime.now) + 60, 2)
    })
  )

  it.live("carries on how full the packed policy was, from 80 percent on", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const notes = (percent: number, settings = {}, key = aws.broker) => {
        aws.packs(percent)
        return Effect.map(issue(aws, { settings }, { key }), ({ credentials }) => credentials.notes)
      }
      assert.isUndefined(yield* notes(79))
      const [note, ...others] = (yield* notes(80)) ?? []
      assert.match(note ?? "", /^the session policy and its tags take 80 % of the packed size that AWS allows; /u)
      assert.deepStrictEqual(others, [])
      const scoped = { method: "scoped" }
      assert.include((yield* notes(97, scoped, aws.login("agent")))?.[0], "97 %")
      assert.lengthOf(callsOf(aws, "GetScopedCredentials"), 1)
    })
  )

  describe("a plan", () => {
    it.live("is the same bytes for equal requests, and others for others", () =>
      Effect.gen(function* () {
        const aws = yield* World.world
        const provider = yield* World.provider(aws)
        const document = (changes: Parameters<typeof World.request>[1]) =>
          Effect.flatMap(World.request(aws, changes), (request) =>
            Effect.map(provider.plan(request), (plan) => plan.document)
          )
        const first = yield* document({})
        assert.strictEqual(
          first,
          '{"call":"AssumeRole","role":"arn:aws:iam::111122223333:role/agent","lifetime":900,"policy":{"Version":"2012-10-17",' +
            '"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme/team/*"}]},"managed":[]}'
        )
        const again = { session: "01980000-0000-7000-8000-000000000002", not_after: (yield* UnixTime.now) + 5000 }
        assert.strictEqual(yield* document(again), first)
        const others = [
          { ttl: 60 },
          { policy: parsed("s3:GetObject", "s3://acme/team/y") },
          { settings: { method: "scoped" } }
        ]
        for (const other of others) assert.notStrictEqual(yield* document(other), first)
        assert.lengthOf(aws.calls, 0)
      })
    )

    it.live("reports who holds what, how fast a revoke bites, and its size", () =>
      Effect.gen(function* () {
        const aws = yield* World.world
        const provider = yield* World.provider(aws)
        const { report, facts = [] } = yield* provider.plan(yield* World.request(aws))
        assert.isTrue(Schema.is(Enforcement.Report)(report))
        assert.deepStrictEqual(Enforcement.unheld(report), [])
        assert.deepStrictEqual(
          [
            report.actions.held,
            report.resources.held,
            report.expiry.held,
            report.network.held,
            report.revocation.worst
          ],
          ["session-policy", "session-policy", "token", "not-asked", 900]
        )
        assert.isTrue(facts.some((fact) => /takes \d+ of 2048 characters/u.test(fact)))
        const tied = policy([{ conditions: { source_ip: ["192.0.2.0/24"] } }])
        const { report: network } = yield* provider.plan(yield* World.request(aws, { policy: tied }))
        assert.strictEqual(network.network.held, "session-policy")
      })
    )

    describe("with managed policies", () => {
      const common = Array.from({ length: 60 }, (_, index) => `arn:aws:s3:::common-${index}/prefix/*`)
      const reader = policy([{ resources: [...common, "arn:aws:s3:::acme/other/*"] }])
      const large = policy(
        [{ resources: [...common, "arn:aws:s3:::acme/other/*", "arn:aws:s3:::acme/team/*"] }],
        [{ resources: ["arn:aws:s3:::acme/other/y"] }]
      )
      const Statement = [{ Effect: "Allow", Action: "s3:GetObject", Resource: reader.statements[0]?.resources }]
      const managed = Effect.gen(function* () {
        const aws = yield* World.world
        aws.put("acme", "other/y", "denied")
        const arn = aws.managed("reader", JSON.stringify({ Version: "2012-10-17", Statement }))
        return { aws, arn, settings: { managed_policies: `reader=${arn}` }, profiles: { reader } }
      })

      it.live("passes on what has no room inline, under every denial and the end of the chain", () =>
        Effect.gen(function* () {
          const { arn, aws, profiles, settings } = yield* managed
          const { credentials, plan } = yield* issue(aws, { settings, policy: large, ttl: 60 }, { profiles })
          assert.deepStrictEqual(Enforcement.unheld(plan.report), [])
          assert.include(plan.report.resources.note, `the profile reader by ${arn}, as the project record says`)
          const [call] = callsOf(aws, "AssumeRole")
          assert.strictEqual(call?.parameters.get("PolicyArns.member.1.arn"), arn)
          const s3 = World.uses(aws, credentials)
          assert.strictEqual(yield* s3.get("other/x"), "done")
          assert.strictEqual(yield* s3.get("team/x"), "done")
          assert.strictEqual(yield* s3.get("other/y"), "AccessDenied")
          assert.strictEqual(yield* s3.put("other/x"), "AccessDenied")
          aws.ahead(70)
          assert.strictEqual(yield* s3.get("other/x"), "AccessDenied")
        })
      )

      it.live("passes on none where the policy fits, whatever the target names", () =>
        Effect.gen(function* () {
          const { aws, profiles, settings } = yield* managed
          const { credentials } = yield* issue(aws, { settings }, { profiles })
          assert.isFalse(callsOf(aws, "AssumeRole")[0]?.parameters.has("PolicyArns.member.1.arn"))
          assert.strictEqual(yield* World.uses(aws, credentials).get("other/x"), "AccessDenied")
        })
      )

      it.live("refuses a target whose profile the record does not have", () =>
        Effect.gen(function* () {
          const { aws, settings } = yield* managed
          const error = yield* Effect.flip(issue(aws, { settings }))
          assert.strictEqual(error.reason, "Misconfigured")
          assert.include(error.detail, '"reader", which the project does not have')
          assert.lengthOf(aws.calls, 0)
        })
      )

      it.live("is other bytes for another word of the record, and is issued only for ARNs that the target names", () =>
        Effect.gen(function* () {
          const { arn, aws, profiles, settings } = yield* managed
          const asked = yield* World.request(aws, { settings, policy: large })
          const provider = yield* World.provider(aws, { settings, profiles })
          const plan = yield* provider.plan(asked)
          const narrower = { reader: policy([{ resources: common }]) }
          const other = yield* (yield* World.provider(aws, { settings, profiles: narrower })).plan(asked)
          assert.notStrictEqual(other.document, plan.document)
          const foreign = { ...plan, document: plan.document.replaceAll(arn, `${arn}-admin`) }
          assert.strictEqual((yield* Effect.flip(provider.issue(foreign))).reason, "Misconfigured")
          assert.lengthOf(aws.calls, 0)
        })
      )

      it.live("are nothing for scoped sessions, which take none", () =>
        Effect.gen(function* () {
          const { aws, profiles, settings } = yield* managed
          const scoped = { settings: { ...settings, method: "scoped" }, policy: large }
          const error = yield* Effect.flip(issue(aws, scoped, { profiles, key: aws.login("agent") }))
          assert.strictEqual(error.reason, "PolicyTooLarge")
        })
      )
    })

    it.live("leaves room for the end that the policy will need", () =>
      Effect.gen(function* () {
        const aws = yield* World.world
        const provider = yield* World.provider(aws)
        const resources = Array.from(
          { length: 45 },
          (_, index) => `arn:aws:s3:::acme/team/${index}/${"x".repeat(12)}/*`
        )
        const plan = (changes: Parameters<typeof World.request>[1]) =>
          Effect.flatMap(World.request(aws, { policy: policy([{ resources: resources }]), ...changes }), provider.plan)
        yield* plan({})
        assert.strictEqual((yield* Effect.flip(plan({ ttl: 60 }))).reason, "PolicyTooLarge")
        assert.strictEqual(
          (yield* Effect.flip(plan({ not_after: (yield* UnixTime.now) + 930 }))).reason,
          "PolicyTooLarge"
        )
      })
    )

    it.live("is refused before any call where it grants nothing", () =>
      Effect.gen(function* () {
        const aws = yield* World.world
        const provider = yield* World.provider(aws)
        const refuse = (changes: Parameters<typeof World.request>[1]) =>
          Effect.flatMap(World.request(aws, changes), (asked) => Effect.flip(provider.plan(asked)))
        const over = policy([{ conditions: { not_after: UnixTime.UnixTime.make(1) } }])
        assert.strictEqual((yield* refuse({ policy: over })).reason, "ExpiredSource")
        assert.strictEqual((yield* refuse({ not_after: 1 })).reason, "ExpiredSource")
        const foreign = policy([{ provider: "oidc", actions: ["read"], resources: ["https://api.example.com"] }])
        assert.strictEqual((yield* refuse({ policy: foreign })).reason, "PolicyRefused")
        assert.strictEqual((yield* refuse({ settings: { methode: "scoped" } })).reason, "Misconfigured")
      })
    )
  })

  describe("scoped sessions", () => {
    const scoped = { settings: { method: "scoped" } }

    it.live("narrow the broker's own session from one second on", () =>
      Effect.gen(function* () {
        const aws = yield* World.world
        const { credentials, plan } = yield* issue(aws, { ...scoped, ttl: 5 }, { key: aws.login("agent") })
        assert.strictEqual(plan.report.expiry.held, "token")
        const [call] = callsOf(aws, "GetScopedCredentials")
        assert.strictEqual(call?.parameters.get("DurationSeconds"), "5")
        assert.lengthOf(callsOf(aws, "AssumeRole"), 0)
        const s3 = World.uses(aws, credentials)
        assert.strictEqual(yield* s3.get("team/x"), "done")
        assert.strictEqual(yield* s3.get("other/x"), "AccessDenied")
        aws.ahead(7)
        assert.strictEqual(yield* s3.get("team/x"), "ExpiredToken")
      })
    )

    it.live("live no longer than the broker's own", () =>
      Effect.gen(function* () {
        const aws = yield* World.world
        const now = yield* UnixTime.now
        const { credentials } = yield* issue(aws, { ...scoped, ttl: 900 }, { key: aws.login("agent", 100) })
        assert.approximately(credentials.expires, now + 100, 2)
      })
    )

    it.live.each([-30, 0, 1, 30])("come out of what is left of it, with the clock of AWS %i seconds ahead", (ahead) =>
      Effect.gen(function* () {
        const aws = yield* World.world
        aws.ahead(ahead)
        const key = aws.login("agent", 600)
        const rest = yield* issue(aws, { ...scoped, ttl: 900 }, { key })
        assert.approximately(rest.credentials.expires, key.expiration.getTime() / 1000, 2)
        // Nearly all of it.
        const { credentials } = yield* issue(aws, { ...scoped, ttl: 590 }, { key })
        assert.isAtMost(credentials.expires, (yield* UnixTime.now) + ahead + 590)
        assert.isAtLeast(credentials.expires, (yield* UnixTime.now) + ahead + 500)
      })
    )

    it.live("are measured once more by a clock that is far off", () =>
      Effect.gen(function* () {
        const aws = yield* World.world
        aws.ahead(-1000)
        // By this machine's clock nothing is left of it; by that of AWS, more than is asked for.
        const key = aws.login("agent", 800)
        const { credentials } = yield* issue(aws, { ...scoped, ttl: 500 }, { key })
        assert.approximately(credentials.expires, (yield* UnixTime.now) - 1000 + 500, 3)
        const asked = callsOf(aws, "GetScopedCredentials").map(({ parameters }) => parameters.get("DurationSeconds"))
        assert.deepStrictEqual(asked, [undefined, "500"])
      })
    )

    it.live("live for 15 minutes at most, for nobody can end them, and the plan says so", () =>
      Effect.gen(function* () {
        const aws = yield* World.world
        const { credentials, plan } = yield* issue(aws, { ...scoped, ttl: 3000 }, { key: aws.login("agent") })
        assert.approximately(credentials.expires, (yield* UnixTime.now) + 900, 2)
        assert.strictEqual(plan.report.revocation.worst, 900)
        assert.include(plan.report.expiry.note, "after 15 minutes at most")
        // The control: a session that can be denied.
        const assumed = yield* issue(aws, { ttl: 3000 })
        assert.approximately(assumed.credentials.expires, (yield* UnixTime.now) + 3000, 2)
        assert.notInclude(assumed.plan.report.expiry.note, "15 minutes")
      })
    )

    it.live("of a broker's session that is a scoped one itself are narrower still", () =>
      Effect.gen(function* () {
        const aws = yield* World.world
        const first = yield* issue(aws, scoped, { key: aws.login("agent") })
        const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = World.secretOf(first.credentials)
        const key = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
        const wider = { ...scoped, ttl: 60, policy: parsed("s3:GetObject,s3:ListBucket", "s3://acme/*") }
        const { credentials } = yield* issue(aws, wider, { key })
        const s3 = World.uses(aws, credentials)
        assert.strictEqual(yield* s3.get("team/x"), "done")
        assert.strictEqual(yield* s3.get("other/x"), "AccessDenied")
        assert.strictEqual(yield* s3.list(""), "AccessDenied")
      })
    )

    it.live("that would live longer than the broker's own, whose end nobody knows, say what to do", () =>
      Effect.gen(function* () {
        const aws = yield* World.world
        const { expiration: _, ...key } = aws.login("agent", 300)
        const error = yield* Effect.flip(issue(aws, { ...scoped, ttl: 900 }, { key }))
        assert.include(error.detail, "longer than the broker's own session still lives")
        assert.include(error.hint, "--ttl")
        yield* issue(aws, { ...scoped, ttl: 200 }, { key })
      })
    )

    it.live("fall back to AssumeRole where STS does not know the call, and ask only once", () =>
      Effect.gen(function* () {
        const aws = yield* World.world
        aws.world.scoped = false
        aws.role({ name: "broker" })
        aws.role({ name: "agent", trusted: ["arn:aws:iam::111122223333:role/broker"] })
        const provider = yield* World.provider(aws, { ...scoped, key: aws.login("broker") })
        const plan = yield* provider.plan(yield* World.request(aws, scoped))
        const credentials = yield* provider.issue(plan)
        assert.strictEqual(yield* World.uses(aws, credentials).get("team/x"), "done")
        yield* provider.issue(plan)
        assert.deepStrictEqual(
          aws.calls.filter(({ service }) => service === "sts").map(({ action }) => action),
          ["GetScopedCredentials", "AssumeRole", "AssumeRole"]
        )
      })
    )

    it.live("come from AssumeRole where the broker has long-lived keys", () =>
      Effect.gen(function* () {
        const aws = yield* World.world
        yield* issue(aws, scoped)
        assert.lengthOf(callsOf(aws, "GetScopedCredentials"), 0)
        assert.lengthOf(callsOf(aws, "AssumeRole"), 1)
      })
    )

    it.live("are refused where the broker's own session is of another role", () =>
      Effect.gen(function* () {
        const aws = yield* World.world
        aws.role({ name: "agent2" })
        const error = yield* Effect.flip(issue(aws, scoped, { key: aws.login("agent2") }))
        assert.strictEqual(error.reason, "Misconfigured")
        assert.include(error.detail, "keeps the broker's identity")
      })
    )

    it.live("are not taken from AssumeRole when they are denied", () =>
      Effect.gen(function* () {
        const aws = yield* World.world
        aws.fail("GetScopedCredentials", { status: 403, code: "AccessDenied" })
        const error = yield* Effect.flip(issue(aws, scoped, { key: aws.login("agent") }))
        assert.strictEqual(error.reason, "AccessDenied")
        assert.include(error.detail, "GetScopedCredentials")
        assert.lengthOf(callsOf(aws, "AssumeRole"), 0)
      })
    )

    it.live("are signed by the clock of AWS, and asked for again when AWS is busy", () =>
      Effect.gen(function* () {
        const aws = yield* World.world
        const key = aws.login("agent")
        aws.ahead(1800)
        aws.fail("GetScopedCredentials", { status: 400, code: "Throttling", times: 2 })
        const { credentials } = yield* issue(aws, { ...scoped, ttl: 60 }, { key })
        assert.strictEqual(yield* World.uses(aws, credentials).get("team/x"), "done")
      })
    )
  })

  describe("a one-shot environment", () => {
    it.live("holds exactly what SDKs read", () =>
      Effect.gen(function* () {
        const aws = yield* World.world
        const { credentials, provider } = yield* issue(aws, { settings: { service_endpoint: aws.url } })
        const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "", AccountId } = World.secretOf(credentials)
        assert.strictEqual(AccountId, "111122223333")
        assert.deepStrictEqual(provider.environment(credentials), {
          AWS_ACCESS_KEY_ID: AccessKeyId,
          AWS_SECRET_ACCESS_KEY: SecretAccessKey,
          AWS_SESSION_TOKEN: SessionToken,
          AWS_CREDENTIAL_EXPIRATION: UnixTime.toText(credentials.expires),
          AWS_REGION: "eu-west-1",
          AWS_DEFAULT_REGION: "eu-west-1",
          AWS_ENDPOINT_URL: aws.url
        })
      })
    )

    it.live("is empty for credentials of another provider", () =>
      Effect.gen(function* () {
        const aws = yield* World.world
        const provider = yield* World.provider(aws)
        const other: Credentials = {
          provider: "oidc",
          secret: Redacted.make({ token: "t" }),
          expires: UnixTime.UnixTime.make(1)
        }
        assert.deepStrictEqual(provider.environment(other), {})
      })
    )

    it.live("is the only place where a secret stands", () =>
      Effect.gen(function* () {
        const aws = yield* World.world
        const { credentials, plan } = yield* issue(aws)
        const { SecretAccessKey = "-", SessionToken = "-" } = World.secretOf(credentials)
        const shown = [JSON.stringify(plan), JSON.stringify(credentials), String(credentials.secret)].join()
        assert.notInclude(shown, SecretAccessKey)
        assert.notInclude(shown, SessionToken)
      })
    )
  })
})
