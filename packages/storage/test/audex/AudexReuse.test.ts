import * as AudexReuse from "@bailiwick/storage/audex/AudexReuse"
import type { AudexSession } from "@bailiwick/storage/audex/AudexSession"
import * as AudexCodec from "@bailiwick/storage/audex/AudexCodec"
import * as AudexJson from "@bailiwick/storage/audex/AudexJson"
import * as Vectors from "@bailiwick/testkit/Vectors"
import * as JoyTime from "@bailiwick/tokens/joy/JoyTime"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as TemporaryStore from "../TemporaryStore.ts"
import * as Sample from "./Sample.ts"

const At = Schema.Struct({ seconds: Schema.Int, nanos: Schema.Int })

const Scenario = Schema.Struct({
  name: Schema.String,
  note: Schema.String,
  env: Schema.Struct({
    AZURE_CLIENT_ID: Schema.NullOr(Schema.String),
    AZURE_TENANT_ID: Schema.NullOr(Schema.String)
  }),
  query: Schema.Struct({
    allow: Schema.String,
    function: Schema.Literals(["find_reusable", "find_reusable_for_provider"]),
    min_remaining_secs: Schema.String,
    provider: Schema.Literals(["aws", "gcp", "azure"]),
    resources: Schema.Array(Schema.String),
    role_arn: Schema.String
  }),
  original: Schema.Struct({
    ok: Schema.optionalKey(Schema.Boolean),
    id: Schema.optionalKey(Schema.NullOr(Schema.String)),
    id_any_of: Schema.optionalKey(Schema.Array(Schema.String))
  }),
  raw_files: Schema.Array(Schema.Struct({ file: Schema.String, hex: Schema.String })),
  sessions: Schema.Array(
    Schema.Struct({
      file: Schema.String,
      created_at_in: At,
      expires_at_in: At,
      session: Schema.Record(Schema.String, Schema.Unknown)
    })
  ),
  stricter_ok: Schema.NullOr(Schema.String)
})

const start = 1_790_000_000

const clock = (at: typeof At.Type) => JoyTime.format({ seconds: start + at.seconds, nanos: at.nanos })

Vectors.suite("reuse as the original decides it", "audex", (vectors) => {
  const { scenarios } = Schema.decodeUnknownSync(Schema.Struct({ scenarios: Schema.Array(Scenario) }))(
    vectors.json("reuse.json")
  )

  it("has all its scenarios", () => {
    assert.deepStrictEqual([scenarios.length, scenarios.filter((one) => one.stricter_ok !== null).length], [62, 5])
  })

  for (const { env, name, note, original, query, raw_files, sessions, stricter_ok } of scenarios) {
    it.effect(`${name}: ${note}`, () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(start * 1000)
        const directory = yield* TemporaryStore.directory
        for (const { created_at_in, expires_at_in, file, session } of sessions) {
          const times = { created_at: clock(created_at_in), expires_at: clock(expires_at_in) }
          Fs.writeFileSync(Path.join(directory, file), JSON.stringify({ ...session, ...times }))
        }
        for (const { file, hex } of raw_files) Fs.writeFileSync(Path.join(directory, file), Buffer.from(hex, "hex"))
        const azure = yield* AudexReuse.azureIdentity.pipe(
          Effect.provideService(
            ConfigProvider.ConfigProvider,
            ConfigProvider.fromEnv({
              env: Object.fromEntries(
                Object.entries(env).flatMap(([key, value]) => (value === null ? [] : [[key, value]]))
              )
            })
          )
        )
        const found = yield* (yield* Sample.store(directory)).findReusable({
          provider: query.provider,
          allow: query.allow,
          principal: query.role_arn,
          resources: query.resources,
          minimum: BigInt(query.min_remaining_secs),
          azure
        })
        const answer = Option.match(found, { onNone: () => null, onSome: ({ id }) => id })
        // None where a stricter store may say so; where the original's own call failed, nothing but the broken entry does.
        if (stricter_ok !== null) assert.isNull(answer)
        else if (original.id_any_of !== undefined) assert.include(original.id_any_of, answer)
        else if (original.ok !== false) assert.strictEqual(answer, original.id)
      })
    )
  }
})

const now: AudexSession["created_at"] = { seconds: Sample.session.created_at.seconds + 60, nanos: 0 }

const query: AudexReuse.Query = {
  provider: "aws",
  allow: "s3:GetObject",
  principal: Sample.session.role_arn,
  resources: ["*"]
}

const finds = (session: AudexSession, asked: AudexReuse.Query = query, at = now) =>
  Option.isSome(AudexReuse.find([session], asked, at))

const withOurs = (policy: object, more: Partial<AudexSession> = {}): AudexSession => ({
  ...Sample.session,
  ...more,
  unknown: new AudexJson.Members([["bailiwick_policy", AudexJson.fromJson(JSON.parse(JSON.stringify(policy)))]])
})

describe("AudexReuse", () => {
  it("finds a session for the same request, and none in the first second that is too late", () => {
    assert.isTrue(finds(Sample.session))
    assert.isTrue(finds(Sample.session, query, { seconds: Sample.session.expires_at.seconds - 60, nanos: 0 }))
    assert.isFalse(finds(Sample.session, query, { seconds: Sample.session.expires_at.seconds - 60, nanos: 1 }))
  })

  it("takes the newest of several", () => {
    const newest = Sample.numbered(2)
    const found = AudexReuse.find([newest, Sample.numbered(1)], query, now)
    assert.deepStrictEqual(
      Option.map(found, ({ id }) => id),
      Option.some(newest.id)
    )
  })

  it("does not reuse across provider, though action and principal read the same", () => {
    const actions = [{ service: "storage", action: "objects.get" }]
    const asked = { ...query, provider: "gcp", allow: "storage.objects.get" } as const
    const policy = { actions, resources: ["*"] }
    assert.isTrue(finds({ ...Sample.session, provider: "gcp", policy }, asked))
    assert.isFalse(finds({ ...Sample.session, provider: "aws", policy }, asked))
  })

  it("does not reuse across principal, and an empty one names nobody", () => {
    assert.isFalse(finds(Sample.session, { ...query, principal: "arn:aws:iam::123456789012:role/other" }))
    assert.isFalse(finds({ ...Sample.session, role_arn: "" }, { ...query, principal: "" }))
  })

  it("does not reuse across agents, wherever the claim stands", () => {
    const asked = { ...query, claimedAgent: "bot" }
    for (const claiming of [{ agent_id: "bot" }, { tags: new Map([["claimed_agent", "bot"]]) }]) {
      const session = { ...Sample.session, ...claiming }
      assert.isTrue(finds(session, asked))
      assert.isFalse(finds(session))
      assert.isFalse(finds(session, { ...query, claimedAgent: "another" }))
    }
    assert.isFalse(finds(Sample.session, asked))
  })

  it("does not reuse across members", () => {
    const of = (member: AudexJson.Value) => ({
      ...Sample.session,
      unknown: new AudexJson.Members([["member", member]])
    })
    const asked = { ...query, member: "you@example.com" }
    assert.isTrue(finds(of("you@example.com"), asked))
    assert.isFalse(finds(of("you@example.com")))
    assert.isFalse(finds(of("them@example.com"), asked))
    assert.isFalse(finds(of(null), asked))
    assert.isFalse(finds(of(null)))
    assert.isFalse(finds(Sample.session, asked))
  })

  it("does not reuse across tags", () => {
    const session = { ...Sample.session, tags: new Map([["team", "data"]]) }
    assert.isTrue(finds(session, { ...query, tags: new Map([["team", "data"]]) }))
    for (const tags of [
      [],
      [["team", "other"]],
      [
        ["team", "data"],
        ["env", "prod"]
      ]
    ] as const) {
      assert.isFalse(finds(session, { ...query, tags: new Map(tags) }))
    }
  })

  it("does not reuse across Azure identities, known or not", () => {
    const policy = { actions: [{ service: "Microsoft.Storage", action: "accounts/read" }], resources: ["*"] }
    const session: AudexSession = { ...Sample.session, provider: "azure", policy, principal_id: "client" }
    const tagged = { ...session, tags: new Map([["azure:tenant_id", "tenant"]]) }
    const asked = { ...query, provider: "azure", allow: "Microsoft.Storage/accounts/read" } as const
    assert.isTrue(finds(session, { ...asked, azure: { client: "client" } }))
    assert.isTrue(finds(tagged, { ...asked, azure: { client: "client", tenant: "tenant" } }))
    for (const azure of [{}, { client: "other" }, { client: "client", tenant: "other" }, { client: "client" }]) {
      assert.isFalse(finds(tagged, { ...asked, azure }))
    }
  })

  it("does not reuse what was granted more narrowly than its flat form says", () => {
    const statement = { provider: "aws", actions: ["s3:GetObject"], resources: ["*"] }
    assert.isTrue(finds(withOurs({ statements: [statement], deny: [] })))
    assert.isFalse(finds(withOurs({ statements: [statement], deny: [statement] })))
    assert.isFalse(finds(withOurs({ statements: [{ ...statement, conditions: { vpc: ["vpc-1"] } }], deny: [] })))
    assert.isFalse(finds(withOurs({ statements: [{ ...statement, resources: ["arn:aws:s3:::a"] }], deny: [] })))
    assert.isFalse(finds(withOurs({ statements: [{ ...statement, provider: "oidc" }], deny: [] })))
    assert.isFalse(finds(withOurs({ statements: [] })))
  })

  for (const status of ["completed", "expired", "revoked", "budget_exceeded", "failed"] as const) {
    it(`does not reuse a session that is ${status}`, () => {
      assert.isFalse(finds({ ...Sample.session, status }))
    })
  }

  it.effect("refuses to decide in a directory where others may plant sessions", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now.seconds * 1000)
      const directory = yield* TemporaryStore.directory
      Fs.writeFileSync(Path.join(directory, `${Sample.session.id}.json`), AudexCodec.encode(Sample.session))
      const store = yield* Sample.store(directory)
      assert.isTrue(Option.isSome(yield* store.findReusable(query)))
      Fs.chmodSync(directory, 0o777)
      const error = yield* Effect.flip(store.findReusable(query))
      assert.strictEqual(error._tag === "StoreError" && error.reason, "Exposed")
    })
  )
})
