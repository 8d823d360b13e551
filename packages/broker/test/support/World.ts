/** The project acme: you found it, enrol an agent and another human, and delegate; a cloud that counts what it is asked. */
import * as Alias from "@bailiwick/core/Alias"
import type * as Authority from "@bailiwick/core/Authority"
import * as Base64Url from "@bailiwick/core/Base64Url"
import * as CredentialProvider from "@bailiwick/core/CredentialProvider"
import type { Holder } from "@bailiwick/core/Enforcement"
import * as Jti from "@bailiwick/core/Jti"
import * as LogHead from "@bailiwick/core/LogHead"
import * as MemberId from "@bailiwick/core/MemberId"
import type * as MemberRecord from "@bailiwick/core/MemberRecord"
import type * as Policy from "@bailiwick/core/Policy"
import * as KeyRing from "@bailiwick/core/ports/KeyRing"
import { delegationChain } from "@bailiwick/core/ports/RecordRegistry"
import { ProjectId } from "@bailiwick/core/ProjectId"
import type * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import { Sha256 } from "@bailiwick/core/Sha256"
import { StorageId } from "@bailiwick/core/StorageId"
import * as UnixTime from "@bailiwick/core/UnixTime"
import type * as Chain from "@bailiwick/tokens/Chain"
import * as DelegationKey from "@bailiwick/tokens/DelegationKey"
import { Ed25519 } from "@bailiwick/tokens/Ed25519"
import * as GrantHop from "@bailiwick/tokens/GrantHop"
import * as PrivateSeed from "@bailiwick/tokens/PrivateSeed"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as Record from "@bailiwick/tokens/Record"
import * as RootToken from "@bailiwick/tokens/RootToken"
import * as SessionHop from "@bailiwick/tokens/SessionHop"
import * as SessionToken from "@bailiwick/tokens/SessionToken"
import { assert } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Digest from "effect/crypto/Digest"
import * as Kdf from "effect/crypto/Kdf"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { TestClock } from "effect/testing"
import * as Authenticate from "../../src/Authenticate.ts"
import { AuthorityView } from "../../src/AuthorityView.ts"
import * as BrokerError from "../../src/BrokerError.ts"
import type * as Decide from "../../src/Decide.ts"
import * as Founding from "../../src/Founding.ts"
import { Installation } from "../../src/Installation.ts"
import * as Login from "../../src/Login.ts"
import { Minted } from "../../src/Minted.ts"
import * as Records from "../../src/Records.ts"
import * as Redeem from "../../src/Redeem.ts"
import * as Store from "./TestStore.ts"
import { step, TestStore } from "./TestStore.ts"

export const project = ProjectId.make("acme")
export const you = MemberId.HumanId.make("you@example.com")
export const mate = MemberId.HumanId.make("mate@example.com")
export const claude = MemberId.AgentId.make("ai:claude@acme")
export const tests = MemberId.AgentId.make("ai:claude/tests@acme")
export const other = MemberId.AgentId.make("ai:other@acme")
export const dev = Alias.Alias.make("dev")
export const prod = Alias.Alias.make("prod")

export const start = UnixTime.UnixTime.make(1_900_000_000)

/** The id of no session. */
export const nowhere = StorageId.make("0".repeat(24))

/** A time that no test's clock reaches by itself. */
export const ahead = UnixTime.plus(start, 1_000_000)

const bytesOf = (name: string, length: number) => {
  const bytes = new TextEncoder().encode(name.padEnd(length, "."))
  return bytes.slice(0, length)
}

/** A fixed seed, and a fixed id, for a name of at most 32 and 16 characters. */
export const seed = (name: string) => PrivateSeed.fromBytes(bytesOf(name, 32))
export const jti = (name: string) => Jti.Jti.make(Base64Url.encode(bytesOf(name, 16)))

export const keyOf = Effect.fnUntraced(function* (name: string) {
  return yield* (yield* Ed25519).publicKey(seed(name))
})
export const jwkOf = (name: string) => Effect.map(keyOf(name), PublicKey.toJwk)

const api = "https://api.example.com"

export const scopes = (...actions: ReadonlyArray<string>): Policy.Policy => ({
  statements: [{ provider: "oidc", actions, resources: [api] }],
  deny: []
})

export const entry = (alias: Alias.Alias): Authority.Grant["targets"][number] => ({
  alias,
  provider: "oidc",
  principal: api
})

/** What the project allows unless a test says otherwise. */
export const limits: ProjectRecord.Limits = {
  name: "Acme",
  targets: { [dev]: { provider: "oidc", principal: api }, [prod]: { provider: "oidc", principal: api } },
  profiles: {},
  ceiling: scopes("read", "write", "admin"),
  deny: [],
  ttl: {},
  require_terminal: false
}

/** How the cloud behaves, what it was asked, and what it gave. */
export interface Cloud {
  issued: number
  revoked: Array<string>
  /** Until when each of the revoked lives, as the cloud was told. */
  until: Array<UnixTime.UnixTime>
  held: Holder
  refuses: CredentialProvider.ProviderError | undefined
  /** Whether it ends what is out, when it is asked. */
  ends: boolean
  /** How it ends everything of a principal, if it can. */
  cuts: CredentialProvider.CredentialProvider["revokePrincipal"] | undefined
  /** Runs while a plan is made. */
  planning: Effect.Effect<unknown>
  /** Runs while the cloud works, before it answers. */
  meanwhile: Effect.Effect<unknown>
}

export const makeCloud = (): Cloud => ({
  issued: 0,
  revoked: [],
  until: [],
  held: "token",
  refuses: undefined,
  ends: true,
  cuts: undefined,
  planning: Effect.void,
  meanwhile: Effect.void
})

export const outage = new CredentialProvider.ProviderError({
  provider: "oidc",
  reason: "Unreachable",
  detail: "the issuer did not answer",
  hint: "try again"
})

const provider = (cloud: Cloud, store: TestStore["Service"]): CredentialProvider.CredentialProvider => ({
  name: "oidc",
  plan: (request) =>
    Effect.as(
      Effect.suspend(() => cloud.planning),
      {
        request,
        document: JSON.stringify({ policy: request.policy, lifetime: request.ttl }),
        report: {
          actions: { held: cloud.held, note: "the scopes stand in the token" },
          resources: { held: "token", note: "its audience" },
          expiry: { held: "token", note: "its exp" },
          network: { held: "not-asked", note: "not asked" },
          revocation: { how: "it expires", worst: request.ttl },
          isolation: request.isolation
        },
        notes: []
      }
    ),
  issue: ({ request }) =>
    Effect.gen(function* () {
      yield* Effect.orDie(step(store, "cloud.issue"))
      yield* cloud.meanwhile
      if (cloud.refuses !== undefined) return yield* cloud.refuses
      cloud.issued++
      const expires = UnixTime.earliest(UnixTime.plus(yield* UnixTime.now, request.ttl), request.not_after)
      return { provider: "oidc", secret: Redacted.make({ token: `token ${cloud.issued}` }), expires }
    }),
  revoke: ({ expires_at, id }) =>
    Effect.gen(function* () {
      if (cloud.refuses !== undefined) return yield* cloud.refuses
      cloud.revoked.push(id)
      cloud.until.push(expires_at)
      return { ended: cloud.ends, how: "it is not renewed", worst: 60 }
    }),
  // As good as absent for whoever asks; a getter, because a test decides it later.
  get revokePrincipal() {
    return cloud.cuts as NonNullable<Cloud["cuts"]>
  },
  environment: () => ({})
})

export class TheCloud extends Context.Service<TheCloud, Cloud>()("test/Cloud") {
  static readonly layer = Layer.sync(TheCloud, makeCloud)
}

const providers = Layer.effect(
  CredentialProvider.CredentialProviders,
  Effect.gen(function* () {
    const cloud = yield* TheCloud
    const store = yield* TestStore
    return new Map([["oidc" as const, provider(cloud, store)]])
  })
)

const crypto = Layer.mergeAll(Digest.layerWebCrypto, Kdf.layerWebCrypto).pipe(
  Layer.provideMerge(Ed25519.layerNode),
  Layer.provideMerge(SecureRandom.layerWebCrypto)
)

/** A store, a cloud and a broker over them: a new one for every test that provides it. */
export const layer = Layer.mergeAll(AuthorityView.layer, Minted.layer, providers).pipe(
  Layer.provideMerge(Store.layer),
  Layer.provideMerge(Layer.mergeAll(Installation.layer({ project, isolation: "same-user" }), TheCloud.layer, crypto))
)

export type Services = Layer.Success<typeof layer>

/** Runs a test in a world of its own, in which acme stands. */
export const within = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.andThen(found(), test).pipe(Effect.provide(layer, { local: true }))

/** Runs a test in a world of its own, in which nothing is. */
export const withinNothing = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.andThen(begin, test).pipe(Effect.provide(layer, { local: true }))

const begin = TestClock.setTime(start * 1000)

export const projectRecord = Effect.fnUntraced(function* (edits: Partial<ProjectRecord.ProjectRecord> = {}) {
  const { name, targets, profiles, ceiling, deny, ttl, require_terminal } = limits
  const record: ProjectRecord.ProjectRecord = {
    v: 1,
    project,
    name,
    seq: 0,
    iat: yield* UnixTime.now,
    owners: [(yield* keyOf("you")).kid],
    targets,
    profiles,
    ceiling,
    deny,
    ttl,
    require_terminal,
    log: LogHead.empty,
    ...edits
  }
  return record
})

export const memberRecord = Effect.fnUntraced(function* (
  member: MemberId.MemberId,
  key: string,
  edits: Partial<MemberRecord.MemberRecord> = {}
) {
  const now = yield* UnixTime.now
  const record: MemberRecord.MemberRecord = {
    v: 1,
    project,
    member,
    kind: MemberId.isHuman(member) ? "human" : "agent",
    role: "member",
    jwk: yield* jwkOf(key),
    seq: 0,
    iat: now,
    valid_from: now,
    log: LogHead.empty,
    ...edits
  }
  return record
})

export const foundingRecords = Effect.fnUntraced(function* (
  by = "you",
  edits: Partial<ProjectRecord.ProjectRecord> = {}
) {
  const owners = [(yield* keyOf(by)).kid]
  return {
    project: yield* Record.sign({
      kind: "project",
      payload: yield* projectRecord({ owners, ...edits }),
      seed: seed(by)
    }),
    member: yield* Record.sign({ kind: "member", payload: yield* memberRecord(you, by), seed: seed(by) })
  }
})

/** Founds acme, enrols mate and two agents, and lets you delegate to both and to your own terminal. */
export const found = Effect.fnUntraced(function* (edits: Partial<ProjectRecord.ProjectRecord> = {}) {
  yield* begin
  yield* Founding.init(yield* foundingRecords("you", edits))
  yield* enrol(mate, "mate")
  yield* enrol(claude, "claude")
  yield* enrol(other, "other")
  yield* delegateTo(claude)
  yield* delegateTo(other)
  yield* delegateTo(you)
})

/** The next record of a chain, signed by you unless said, and accepted. */
export const enrol = Effect.fnUntraced(function* (
  member: MemberId.MemberId,
  key: string,
  edits: Partial<MemberRecord.MemberRecord> = {},
  signer = "you"
) {
  const payload = { ...(yield* memberRecord(member, key)), ...(yield* Records.next("member", member)), ...edits }
  return yield* Records.accept("member", yield* Record.sign({ kind: "member", payload, seed: seed(signer) }))
})

export const applyProject = Effect.fnUntraced(function* (edits: Partial<ProjectRecord.ProjectRecord>, signer = "you") {
  const payload = { ...(yield* projectRecord()), ...(yield* Records.next("project", "")), ...edits }
  return yield* Records.accept("project", yield* Record.sign({ kind: "project", payload, seed: seed(signer) }))
})

export const delegationRecord = Effect.fnUntraced(function* (
  agent: MemberId.MemberId,
  options: {
    readonly by?: MemberId.HumanId
    readonly identity?: string
    readonly salt?: string
    readonly ended?: true
  } = {}
) {
  const { by = you, identity = "you", salt: name = `salt ${by} ${agent}`, ended } = options
  const salt = Base64Url.encode(bytesOf(name, 32))
  const key = yield* DelegationKey.derive({ identity: seed(identity), salt, project, agent })
  return {
    v: 1,
    project,
    human: by,
    agent,
    verifier: (yield* (yield* Ed25519).publicKey(key)).jwk,
    salt,
    ...(yield* Records.next("delegation", delegationChain(by, agent))),
    ...(ended === undefined ? {} : { ended })
  } as const
})

export const delegateTo = Effect.fnUntraced(function* (
  agent: MemberId.MemberId,
  options: Parameters<typeof delegationRecord>[1] = {}
) {
  const payload = yield* delegationRecord(agent, options)
  const jws = yield* Record.sign({ kind: "delegation", payload, seed: seed(options.identity ?? "you") })
  return yield* Records.accept("delegation", jws)
})

export interface RootOptions {
  readonly name?: string
  readonly agent?: MemberId.MemberId
  readonly by?: MemberId.HumanId
  readonly identity?: string
  readonly salt?: string
  /** The name of the key that the token is bound to. */
  readonly holder?: string
  readonly edits?: Partial<RootToken.Terms>
  /** How the project differs from the usual one. */
  readonly project?: Partial<ProjectRecord.ProjectRecord>
}

const audience = Effect.gen(function* () {
  const keys = yield* (yield* KeyRing.KeyRing).keys("authority")
  return KeyRing.signer(keys, yield* UnixTime.now)?.kid ?? assert.fail("the store has no authority key")
})

/** A delegation token: to claude's enrolled key, for read and write on dev, unless said. */
export const root = Effect.fnUntraced(function* (options: RootOptions = {}) {
  const { name = "root", agent = claude, by = you, identity = "you", holder = "claude", edits } = options
  const now = yield* UnixTime.now
  const { salt } = options
  return yield* RootToken.sign({
    identity: seed(identity),
    delegation: yield* delegationRecord(agent, { by, identity, ...(salt === undefined ? {} : { salt }) }),
    project: yield* projectRecord(options.project),
    token: {
      jti: jti(name),
      cnf: { jwk: yield* jwkOf(holder) },
      aud: yield* audience,
      iat: now,
      exp: UnixTime.plus(now, 8 * 3600),
      redeem_by: UnixTime.plus(now, 900),
      max_depth: 2,
      policy: scopes("read", "write"),
      targets: [entry(dev)],
      scopes: ["auth"],
      accept_unenforced: [],
      confirmed: "terminal",
      log: LogHead.empty,
      ...edits
    }
  })
})

/** The chain with a session hop bound to the key of that name. */
export const hop = Effect.fnUntraced(function* (
  chain: Chain.Chain,
  session = "session",
  holder = "claude",
  edits: Partial<SessionHop.Options> = {}
) {
  const iat = yield* UnixTime.now
  return yield* SessionHop.sign({
    chain,
    holder: seed(holder),
    jti: jti(session),
    cnf: yield* jwkOf(session),
    iat,
    ...edits
  })
})

/** The chain with a grant to claude/tests, for read on dev, unless said. */
export const grant = Effect.fnUntraced(function* (
  chain: Chain.Chain,
  options: {
    readonly name?: string
    readonly session?: string
    readonly agent?: MemberId.AgentId
    readonly holder?: string
    readonly policy?: Policy.Policy
  } = {}
) {
  const { name = "grant", session = "session", agent = tests, holder = "tests", policy = scopes("read") } = options
  const iat = yield* UnixTime.now
  return yield* GrantHop.sign({
    chain,
    session: seed(session),
    jti: jti(name),
    agent,
    cnf: yield* jwkOf(holder),
    iat,
    exp: UnixTime.plus(iat, 3600),
    redeem_by: UnixTime.plus(iat, 900),
    narrower: { policy }
  })
})

/** The caller of a chain that ends in a session, once it is redeemed. */
export const redeemed = Effect.fnUntraced(function* (chain: Chain.Chain, session: string) {
  const answer = yield* Redeem.redeem({ chain })
  return yield* Authenticate.authenticate({ session: answer.session, seed: seed(session) })
})

/** A redeemed token and whoever holds its session. */
export const agentSession = Effect.fnUntraced(function* (options: RootOptions & { readonly session?: string } = {}) {
  const { session = "session", holder = "claude" } = options
  const chain = yield* hop(yield* root(options), session, holder)
  const redeemed = yield* Redeem.redeem({ chain })
  const proof: Authenticate.LocalProof = { session: redeemed.session, seed: seed(session) }
  return { chain, redeemed, proof, caller: yield* Authenticate.authenticate(proof) }
})

/** Claude's session and, beneath it, that of its sub-agent. */
export const subAgentSession = Effect.gen(function* () {
  const above = yield* agentSession()
  const chain = yield* hop(yield* grant(above.chain), "sub session", "tests")
  const redeemed = yield* Redeem.redeem({ chain })
  const proof: Authenticate.LocalProof = { session: redeemed.session, seed: seed("sub session") }
  return { above, chain, proof, caller: yield* Authenticate.authenticate(proof) }
})

export const terminal = Sha256.make(Base64Url.encode(bytesOf("terminal", 32)))

export interface LoginOptions {
  readonly session?: string
  readonly human?: MemberId.HumanId
  readonly identity?: string
  /** Whether there is a terminal grant inside, and what it gives. */
  readonly grant?: Policy.Policy
  /** A chain of its own in place of that grant. */
  readonly delegation?: Chain.Chain
  readonly seconds?: number
}

/** A person's session token, signed by their identity. */
export const sessionToken = Effect.fnUntraced(function* (options: LoginOptions = {}) {
  const { session = "login", human = you, identity = "you", grant: policy, seconds = 12 * 3600 } = options
  const created = yield* UnixTime.now
  const claims = {
    member: human,
    project_id: project,
    created,
    expires: UnixTime.plus(created, seconds),
    session_public_key: PublicKey.toHex(yield* keyOf(session)),
    tty: "/dev/pts/3",
    binding: terminal
  }
  if (policy === undefined) {
    const { delegation } = options
    return yield* SessionToken.sign({
      claims,
      identity: seed(identity),
      ...(delegation === undefined ? {} : { delegation })
    })
  }
  const chain = yield* root({
    name: `terminal ${session}`.slice(0, 16),
    agent: human,
    by: human,
    identity,
    holder: `terminal ${session}`,
    edits: { policy }
  })
  const delegation = yield* hop(chain, session, `terminal ${session}`)
  return yield* SessionToken.sign({ claims, identity: seed(identity), delegation })
})

export const login = Effect.fnUntraced(function* (options: LoginOptions = {}) {
  const opened = yield* Login.open(yield* sessionToken(options))
  const proof: Authenticate.LocalProof = {
    session: opened.session,
    seed: seed(options.session ?? "login"),
    binding: terminal
  }
  return { opened, proof, caller: yield* Authenticate.authenticate(proof) }
})

export const request = (edits: Partial<Decide.Request> = {}): Decide.Request => ({
  target: dev,
  policy: scopes("read"),
  tags: {},
  narrow: false,
  ...edits
})

/** Asserts that an effect is refused by the broker with this code, and gives the error back. */
export const refused = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>, code: BrokerError.Code) {
  const error = yield* Effect.flip(effect)
  if (!(error instanceof BrokerError.BrokerError)) return assert.fail(`not a refusal of the broker: ${String(error)}`)
  assert.strictEqual(error.code, code, error.message)
  assert.isAbove(error.message.length, 0)
  assert.isAbove(error.hint.length, 0)
  return error
})

/** The types of the lines that the log holds. */
export const logged = Effect.map(TestStore, ({ lines }) => lines.map(({ type }) => type))
