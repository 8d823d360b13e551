import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3"
import * as CredentialRequest from "@bailiwick/core/CredentialRequest"
import type { Credentials } from "@bailiwick/core/Credentials"
import * as Policy from "@bailiwick/core/Policy"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { AwsProvider } from "@bailiwick/provider-aws/AwsProvider"
import { SourceCredentials } from "@bailiwick/provider-aws/SourceCredentials"
import * as CephGateway from "@bailiwick/testkit/aws/CephGateway"
import { assert, layer } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parsed } from "../support/Policies.ts"
import * as World from "../support/World.ts"

const objects = ["team/a.txt", "team/b.txt", "other/a.txt", "x"]

class Rgw extends Context.Service<Rgw, CephGateway.Gateway>()("test/Rgw") {
  /** The gateway with a bucket whose objects the owner wrote. */
  static readonly layer = Layer.effect(
    Rgw,
    Effect.tap(CephGateway.make, ({ owner, url }) =>
      Effect.promise(async () => {
        const client = new S3Client({ endpoint: url, region: "us-east-1", forcePathStyle: true, credentials: owner })
        await client.send(new CreateBucketCommand({ Bucket: "acme" }))
        for (const Key of objects) await client.send(new PutObjectCommand({ Bucket: "acme", Key, Body: `of ${Key}` }))
      })
    )
  )
}

const providerOf = (key: CephGateway.Key) =>
  AwsProvider.layer({ target: () => Effect.succeed(Option.none()) }).pipe(
    Layer.provide(SourceCredentials.layerFixed(World.identityOf(key)))
  )

const request = (gateway: CephGateway.Gateway, changes: object = {}) =>
  Effect.map(UnixTime.now, (now) =>
    Schema.decodeUnknownSync(CredentialRequest.CredentialRequest)({
      session: World.id,
      project: "acme",
      alias: "dev",
      target: {
        provider: "aws",
        principal: gateway.role,
        region: "us-east-1",
        endpoint: gateway.url,
        settings: { service_endpoint: gateway.url }
      },
      policy: parsed("s3:GetObject", "s3://acme/team/*"),
      ttl: 900,
      not_after: now + 7200,
      tags: {},
      human: "you@example.com",
      agent: "ai:claude@acme",
      auth_session: "0123456789abcdef01234567",
      leaf: `${"C".repeat(42)}A`,
      isolation: "same-user",
      ...changes
    })
  )

const issue = Effect.fnUntraced(function* (
  gateway: CephGateway.Gateway,
  changes: object = {},
  key: CephGateway.Key = gateway.broker
) {
  const asked = yield* request(gateway, changes)
  return yield* AwsProvider.use((provider) => Effect.flatMap(provider.plan(asked), provider.issue)).pipe(
    Effect.provide(providerOf(key))
  )
})

/** The gateway's answers hold too little for names: 403 is refused, everything else is not. */
const isRefused = (outcome: string): boolean => ["403", "AccessDenied", "Forbidden"].includes(outcome)

/** Runs the AWS CLI with these variables and no other login; its exit code and output. */
const cli = (
  gateway: CephGateway.Gateway,
  variables: Readonly<Record<string, string>>,
  ...parameters: ReadonlyArray<string>
) =>
  Effect.callback<{ readonly code: number; readonly output: string }>((resume) => {
    const env = {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      AWS_EC2_METADATA_DISABLED: "true",
      HOME: "/nonexistent",
      ...variables
    }
    execFile("aws", ["--endpoint-url", gateway.url, ...parameters], { env, timeout: 60_000 }, (error, stdout, stderr) =>
      resume(Effect.succeed({ code: Number(error?.code ?? 0), output: stdout + stderr }))
    )
  })

const documentOf = (credentials: Credentials) => {
  const { AccessKeyId, SecretAccessKey, SessionToken } = Redacted.value(credentials.secret)
  const Expiration = UnixTime.toText(credentials.expires)
  return JSON.stringify({ Version: 1, AccessKeyId, SecretAccessKey, SessionToken, Expiration })
}

layer(Rgw.layer, { excludeTestServices: true, timeout: "2 minutes" })("a real gateway", (it) => {
  it.effect("reads the key that was asked for, and refuses sibling, write, delete and list", () =>
    Effect.gen(function* () {
      const gateway = yield* Rgw
      const s3 = World.uses(gateway, yield* issue(gateway))
      assert.strictEqual(yield* s3.get("team/a.txt"), "done")
      for (const refused of [
        s3.get("other/a.txt"),
        s3.get("x"),
        s3.put("team/a.txt"),
        s3.delete("team/a.txt"),
        s3.list("team/"),
        s3.list("")
      ]) {
        assert.isTrue(isRefused(yield* refused))
      }
    })
  )

  it.effect("does all of it for who was granted all of it", () =>
    Effect.gen(function* () {
      const gateway = yield* Rgw
      const policy = parsed("s3:GetObject,s3:PutObject,s3:DeleteObject,s3:ListBucket", "s3://acme,s3://acme/*")
      const s3 = World.uses(gateway, yield* issue(gateway, { policy }))
      for (const done of [s3.get("other/a.txt"), s3.put("team/new"), s3.delete("team/new"), s3.list("")]) {
        assert.strictEqual(yield* done, "done")
      }
    })
  )

  it.effect("lists under the prefix of the objects that were granted, and nowhere else", () =>
    Effect.gen(function* () {
      const gateway = yield* Rgw
      const s3 = World.uses(
        gateway,
        yield* issue(gateway, { policy: parsed("s3:ListBucket,s3:Get*", "s3://acme/team/*") })
      )
      assert.strictEqual(yield* s3.list("team/"), "done")
      assert.isTrue(isRefused(yield* s3.list("other/")))
      assert.isTrue(isRefused(yield* s3.list("")))
    })
  )

  it.effect("lets a denial win", () =>
    Effect.gen(function* () {
      const gateway = yield* Rgw
      const policy = parsed("s3:GetObject,s3:PutObject", "s3://acme/team/*", "s3:PutObject")
      const s3 = World.uses(gateway, yield* issue(gateway, { policy }))
      assert.strictEqual(yield* s3.get("team/a.txt"), "done")
      assert.isTrue(isRefused(yield* s3.put("team/a.txt")))
    })
  )

  it.effect("refuses a token that was changed", () =>
    Effect.gen(function* () {
      const gateway = yield* Rgw
      const credentials = yield* issue(gateway)
      const { SessionToken = "", ...others } = Redacted.value(credentials.secret)
      const changed = (token: string) =>
        World.uses(gateway, { ...credentials, secret: Redacted.make({ ...others, SessionToken: token }) })
      assert.strictEqual(yield* changed(SessionToken).get("team/a.txt"), "done")
      // This gateway encrypts its tokens without a check over the whole, so the change stands at the beginning.
      const begun = SessionToken.startsWith("A") ? "B" : "A"
      assert.strictEqual(yield* changed(begun + SessionToken.slice(1)).get("team/a.txt"), "InvalidArgument")
      assert.isTrue(isRefused(yield* changed(SessionToken.slice(0, -8)).get("team/a.txt")))
      const { SessionToken: another = "" } = Redacted.value((yield* issue(gateway)).secret)
      assert.isTrue(isRefused(yield* changed(another).get("team/a.txt")))
    })
  )

  it.effect("gives nothing to who may not assume the role", () =>
    Effect.gen(function* () {
      const gateway = yield* Rgw
      const error = yield* Effect.flip(issue(gateway, {}, gateway.stranger))
      assert.strictEqual(error.reason, "AccessDenied")
      assert.isDefined(yield* issue(gateway))
    })
  )

  it.effect("ends a session of four seconds by the policy", () =>
    Effect.gen(function* () {
      const gateway = yield* Rgw
      const s3 = World.uses(gateway, yield* issue(gateway, { ttl: 4 }))
      assert.strictEqual(yield* s3.get("team/a.txt"), "done")
      yield* Effect.sleep("6 seconds")
      assert.isTrue(isRefused(yield* s3.get("team/a.txt")))
    })
  )

  it.effect("holds networks", () =>
    Effect.gen(function* () {
      const gateway = yield* Rgw
      const tied = (network: string) => ({
        policy: {
          statements: [
            {
              provider: "aws",
              actions: ["s3:GetObject"],
              resources: ["arn:aws:s3:::acme/team/*"],
              conditions: { source_ip: [network] }
            }
          ],
          deny: []
        }
      })
      assert.strictEqual(
        yield* World.uses(gateway, yield* issue(gateway, tied("127.0.0.0/8"))).get("team/a.txt"),
        "done"
      )
      assert.isTrue(
        isRefused(yield* World.uses(gateway, yield* issue(gateway, tied("192.0.2.0/24"))).get("team/a.txt"))
      )
    })
  )

  it.effect("takes the AWS CLI by environment", () =>
    Effect.gen(function* () {
      const gateway = yield* Rgw
      const credentials = yield* issue(gateway)
      const variables = yield* AwsProvider.use((provider) => Effect.succeed(provider.environment(credentials))).pipe(
        Effect.provide(providerOf(gateway.broker))
      )
      const copy = (key: string) => cli(gateway, variables, "s3", "cp", `s3://acme/${key}`, "-")
      assert.deepStrictEqual(yield* copy("team/a.txt"), { code: 0, output: "of team/a.txt" })
      assert.notStrictEqual((yield* copy("other/a.txt")).code, 0)
      assert.notStrictEqual((yield* cli(gateway, variables, "s3", "rm", "s3://acme/team/a.txt")).code, 0)
      assert.notStrictEqual((yield* cli(gateway, {}, "s3", "cp", "s3://acme/team/a.txt", "-")).code, 0)
    })
  )

  it.effect("takes the AWS CLI by credential_process", () =>
    Effect.gen(function* () {
      const gateway = yield* Rgw
      const directory = mkdtempSync(join(tmpdir(), "bailiwick-cli-"))
      const file = join(directory, "credentials.json")
      writeFileSync(file, documentOf(yield* issue(gateway)), { mode: 0o600 })
      writeFileSync(join(directory, "config"), `[default]\nregion = us-east-1\ncredential_process = cat ${file}\n`)
      const variables = { AWS_CONFIG_FILE: join(directory, "config") }
      const copy = (key: string) => cli(gateway, variables, "s3", "cp", `s3://acme/${key}`, "-")
      assert.deepStrictEqual(yield* copy("team/b.txt"), { code: 0, output: "of team/b.txt" })
      assert.notStrictEqual((yield* copy("other/a.txt")).code, 0)
      rmSync(directory, { recursive: true })
    })
  )

  const some = <const L extends ReadonlyArray<string>>(values: L) =>
    Schema.Array(Schema.Literals(values)).check(Schema.isMinLength(1), Schema.isMaxLength(2))

  // What the gateway evaluates as AWS does: actions, resources, prefixes, networks and times.
  const StatementOf = Schema.Struct({
    actions: some(["s3:GetObject", "s3:Get*", "s3:PutObject", "s3:ListBucket", "s3:*Object"]),
    resources: some([
      "arn:aws:s3:::*",
      "arn:aws:s3:::acme",
      "arn:aws:s3:::acme/*",
      "arn:aws:s3:::acme/team/*",
      "arn:aws:s3:::acme/team/?.txt",
      "arn:aws:s3:::acme/*.txt",
      "arn:aws:s3:::other/*"
    ]),
    source_ip: Schema.optionalKey(Schema.Literals(["127.0.0.0/8", "192.0.2.0/24"])),
    not_after: Schema.optionalKey(Schema.Literals([1_000_000_000, 4_000_000_000]))
  })

  const PolicyOf = Schema.Struct({
    statements: Schema.Array(StatementOf).check(Schema.isMinLength(1), Schema.isMaxLength(2)),
    deny: Schema.Array(StatementOf).check(Schema.isMaxLength(1))
  })

  const statements = (list: ReadonlyArray<typeof StatementOf.Type>) =>
    [...new Map(list.map((each) => [JSON.stringify(each), each])).values()].map(
      ({ actions, resources, source_ip, not_after }) => ({
        provider: "aws",
        actions: [...new Set(actions)],
        resources: [...new Set(resources)],
        ...(source_ip === undefined && not_after === undefined
          ? {}
          : {
              conditions: {
                ...(source_ip === undefined ? {} : { source_ip: [source_ip] }),
                ...(not_after === undefined ? {} : { not_after })
              }
            })
      })
    )

  const seen = { allowed: 0, refused: 0 }

  it.effect.prop(
    "decides generated policies as they are meant",
    [PolicyOf],
    ([generated]) =>
      Effect.gen(function* () {
        const gateway = yield* Rgw
        const policy = Schema.decodeUnknownSync(Policy.Policy)({
          statements: statements(generated.statements),
          deny: statements(generated.deny)
        })
        const issued = yield* Effect.result(issue(gateway, { policy }))
        if (issued._tag === "Failure") {
          assert.strictEqual(issued.failure.reason, "ExpiredSource")
          return
        }
        const s3 = World.uses(gateway, issued.success)
        const context = { source_ip: "127.0.0.1", time: yield* UnixTime.now }
        const covers = (of: Policy.Policy, action: string, resource: string) =>
          Policy.covers(of, { provider: "aws", action, resource: `arn:aws:s3:::acme${resource}`, context }).allowed
        for (const [action, key, call] of [
          ["s3:GetObject", "/team/a.txt", s3.get("team/a.txt")],
          ["s3:GetObject", "/x", s3.get("x")],
          ["s3:PutObject", "/team/b.txt", s3.put("team/b.txt")]
        ] as const) {
          const outcome = yield* call
          const expected = covers(policy, action, key)
          assert.strictEqual(
            !isRefused(outcome),
            expected,
            `${action} ${key}: ${outcome} for ${JSON.stringify(policy)}`
          )
          seen[expected ? "allowed" : "refused"]++
        }
        const names = ["", "/team/"]
        const grants = { ...policy, deny: [] }
        const granted = names.some((name) => covers(grants, "s3:ListBucket", name))
        const denied = names.some(
          (name) => !covers({ statements: everything, deny: policy.deny }, "s3:ListBucket", name)
        )
        const outcome = yield* s3.list("team/")
        if (!isRefused(outcome)) assert.isTrue(granted && !denied, `list: ${outcome} for ${JSON.stringify(policy)}`)
      }),
    { arbitrary: { runs: 60 } }
  )

  it.effect("was seen both allowing and refusing", () =>
    Effect.sync(() => {
      assert.isAbove(seen.allowed, 20)
      assert.isAbove(seen.refused, 20)
    })
  )
})

const everything: Policy.Policy["statements"] = [{ provider: "aws", actions: ["*"], resources: ["*"] }]
