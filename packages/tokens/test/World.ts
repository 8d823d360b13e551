/** One small project with fixed keys and times, and the means to sign in it both honestly and not. */
import type * as Authority from "@bailiwick/core/Authority"
import * as Alias from "@bailiwick/core/Alias"
import * as Base64Url from "@bailiwick/core/Base64Url"
import * as CompactJson from "@bailiwick/core/CompactJson"
import type * as DelegationRecord from "@bailiwick/core/DelegationRecord"
import * as Jti from "@bailiwick/core/Jti"
import * as LogHead from "@bailiwick/core/LogHead"
import * as MemberId from "@bailiwick/core/MemberId"
import type * as MemberRecord from "@bailiwick/core/MemberRecord"
import type * as Policy from "@bailiwick/core/Policy"
import * as RecordRegistry from "@bailiwick/core/ports/RecordRegistry"
import type { Redemption } from "@bailiwick/core/ports/RedemptionLedger"
import type { Revocation } from "@bailiwick/core/ports/RevocationList"
import * as ProjectId from "@bailiwick/core/ProjectId"
import type * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Chain from "@bailiwick/tokens/Chain"
import * as DelegationKey from "@bailiwick/tokens/DelegationKey"
import * as Ed25519 from "@bailiwick/tokens/Ed25519"
import * as GrantHop from "@bailiwick/tokens/GrantHop"
import * as Jws from "@bailiwick/tokens/Jws"
import * as PrivateSeed from "@bailiwick/tokens/PrivateSeed"
import type * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as Record from "@bailiwick/tokens/Record"
import * as Registry from "@bailiwick/tokens/Registry"
import * as RootToken from "@bailiwick/tokens/RootToken"
import * as SessionHop from "@bailiwick/tokens/SessionHop"
import type * as SignedKind from "@bailiwick/tokens/SignedKind"
import * as StorageIdOf from "@bailiwick/tokens/StorageIdOf"
import * as TokenError from "@bailiwick/tokens/TokenError"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as assert from "node:assert/strict"
import { createHash } from "node:crypto"

export const TestLayer = Ed25519.Ed25519.layerNode.pipe(Layer.provideMerge(NodeCrypto.layer))

const sha256 = (text: string): Uint8Array => Uint8Array.from(createHash("sha256").update(text).digest())

/** A fixed seed for a name. */
export const seed = (name: string): PrivateSeed.PrivateSeed => PrivateSeed.fromBytes(sha256(`seed of ${name}`))

export const jti = (name: string): Jti.Jti => Jti.Jti.make(Base64Url.encode(sha256(`jti of ${name}`).subarray(0, 16)))

export const keyOf = Effect.fnUntraced(function* (name: string) {
  return yield* (yield* Ed25519.Ed25519).publicKey(seed(name))
})

export const jwkOf = (name: string) => Effect.map(keyOf(name), (key) => key.jwk)

export const verifyBytes = Effect.fnUntraced(function* (
  key: PublicKey.PublicKey,
  message: Uint8Array,
  signature: Uint8Array
) {
  return yield* (yield* Ed25519.Ed25519).verify(key, message, signature)
})

export const project = ProjectId.ProjectId.make("acme")
export const globex = ProjectId.ProjectId.make("globex")
export const you = MemberId.HumanId.make("you@example.com")
export const mate = MemberId.HumanId.make("mate@example.com")
export const claude = MemberId.AgentId.make("ai:claude@acme")
export const claudeTests = MemberId.AgentId.make("ai:claude/tests@acme")
export const other = MemberId.AgentId.make("ai:other@acme")

export const dev = Alias.Alias.make("dev")

export const time = (offset: number): UnixTime.UnixTime => UnixTime.UnixTime.make(1_800_000_000 + offset)

/** Every record below is accepted before this, every token is signed at it. */
export const now = time(1000)

export const policy: Policy.Policy = {
  statements: [
    {
      provider: "aws",
      actions: ["s3:GetObject", "s3:ListBucket"],
      resources: ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"]
    },
    { provider: "oidc", actions: ["read", "write"], resources: ["https://api.example.com"] }
  ],
  deny: [{ provider: "aws", actions: ["s3:GetObject"], resources: ["arn:aws:s3:::logs/secret/*"] }]
}

export const narrowPolicy: Policy.Policy = {
  statements: [{ provider: "aws", actions: ["s3:GetObject"], resources: ["arn:aws:s3:::logs/app/*"] }],
  deny: policy.deny
}

export const widePolicy: Policy.Policy = {
  statements: [{ provider: "aws", actions: ["s3:*"], resources: ["*"] }],
  deny: policy.deny
}

const principal = "arn:aws:iam::111122223333:role/agent"
export const devTarget: Authority.Grant["targets"][number] = { alias: dev, provider: "aws", principal }
export const apiTarget: Authority.Grant["targets"][number] = {
  alias: Alias.Alias.make("api"),
  provider: "oidc",
  principal: "https://api.example.com"
}

/** The records as they would be signed, before edits. */
export const projectRecord = Effect.gen(function* () {
  const record: ProjectRecord.ProjectRecord = {
    v: 1,
    project,
    name: "Acme",
    seq: 0,
    iat: time(0),
    owners: [(yield* keyOf("you")).kid],
    targets: {
      [dev]: { provider: "aws", principal },
      [apiTarget.alias]: { provider: "oidc", principal: apiTarget.principal }
    },
    profiles: {},
    ceiling: policy,
    deny: [],
    ttl: {},
    require_terminal: false,
    log: LogHead.empty
  }
  return record
})

export const memberRecord = Effect.fnUntraced(function* (
  member: MemberId.MemberId,
  key: string,
  edits: Partial<MemberRecord.MemberRecord> = {}
) {
  const record: MemberRecord.MemberRecord = {
    v: 1,
    project,
    member,
    kind: MemberId.isHuman(member) ? "human" : "agent",
    role: "member",
    jwk: yield* jwkOf(key),
    seq: 0,
    iat: time(0),
    valid_from: time(0),
    log: LogHead.empty,
    ...edits
  }
  return record
})

export const salt = (name: string): Base64Url.Text => Base64Url.encode(sha256(`salt of ${name}`))

export const delegationRecord = Effect.fnUntraced(function* (
  identity: string,
  human: MemberId.HumanId,
  agent: MemberId.MemberId,
  edits: Partial<DelegationRecord.DelegationRecord> = {}
) {
  const chosen = edits.salt ?? salt(`${human} ${agent}`)
  const key = yield* DelegationKey.derive({ identity: seed(identity), salt: chosen, project, agent })
  const record: DelegationRecord.DelegationRecord = {
    v: 1,
    project,
    human,
    agent,
    verifier: (yield* (yield* Ed25519.Ed25519).publicKey(key)).jwk,
    salt: chosen,
    seq: 0,
    iat: time(0),
    log: LogHead.empty,
    ...edits
  }
  return record
})

/** A row as an honest store writes it. */
export const row = (kind: Record.Kind, jws: string, place: number, at = time(place)) =>
  Registry.row({ kind, jws, place, time: at })

export const signed = Effect.fnUntraced(function* (
  record: Record.Record,
  signer: string,
  place: number,
  at: UnixTime.UnixTime = time(place)
) {
  return yield* row(record.kind, yield* Record.sign({ ...record, seed: seed(signer) }), place, at)
})

/** You founded acme; claude and other are agents, mate a second human; you delegate to both agents and to yourself. */
export const rows = Effect.gen(function* () {
  const records: ReadonlyArray<Record.Record> = [
    { kind: "project", payload: yield* projectRecord },
    { kind: "member", payload: yield* memberRecord(you, "you") },
    { kind: "member", payload: yield* memberRecord(claude, "claude") },
    { kind: "member", payload: yield* memberRecord(other, "other") },
    { kind: "member", payload: yield* memberRecord(mate, "mate") },
    { kind: "delegation", payload: yield* delegationRecord("you", you, claude) },
    { kind: "delegation", payload: yield* delegationRecord("you", you, other) },
    { kind: "delegation", payload: yield* delegationRecord("you", you, you) }
  ]
  return yield* Effect.forEach(records, (record, place) => signed(record, "you", place))
})

export const registry = Effect.flatMap(rows, (accepted) => Registry.build(accepted))

/** Which chain of records. */
export interface ChainOf {
  readonly kind: Record.Kind
  readonly chain: string
}

export const projectChain: ChainOf = { kind: "project", chain: "" }
export const memberChain = (member: MemberId.MemberId): ChainOf => ({ kind: "member", chain: member })
export const delegationChain = (human: MemberId.HumanId, agent: MemberId.MemberId): ChainOf => ({
  kind: "delegation",
  chain: RecordRegistry.delegationChain(human, agent)
})

/** The rows, and behind them an edited successor of the newest record of one chain. */
export const extended = Effect.fnUntraced(function* (
  accepted: ReadonlyArray<RecordRegistry.AcceptedRecord>,
  of: ChainOf,
  edits: object,
  options: { readonly signer?: string; readonly place?: number; readonly time?: UnixTime.UnixTime } = {}
) {
  const last = Option.getOrThrow(Arr.findLast(accepted, (one) => one.kind === of.kind && one.chain === of.chain))
  const place = options.place ?? (accepted.at(-1)?.place ?? 0) + 1
  const { kind, payload } = Result.getOrThrow(Record.decode(of.kind, last.jws))
  // Signing checks the payload by its schema, so edits of another kind's members fail there.
  const record = { kind, payload: { ...payload, seq: last.seq + 1, prev: last.hash, ...edits } } as Record.Record
  return [...accepted, yield* signed(record, options.signer ?? "you", place, options.time ?? time(place))]
})

export const aud = Effect.map(keyOf("store"), (key) => key.kid)

export const terms = Effect.fnUntraced(function* (name: string, holder: string, edits: Partial<RootToken.Terms> = {}) {
  const token: RootToken.Terms = {
    jti: jti(name),
    cnf: { jwk: yield* jwkOf(holder) },
    aud: yield* aud,
    iat: now,
    exp: UnixTime.plus(now, 3600),
    redeem_by: UnixTime.plus(now, 900),
    max_depth: 2,
    policy,
    targets: [devTarget, apiTarget],
    scopes: ["auth"],
    accept_unenforced: ["network"],
    confirmed: "terminal",
    log: LogHead.empty,
    ...edits
  }
  return token
})

/** A root from you, to claude's enrolled key unless said. */
export const root = Effect.fnUntraced(function* (
  options: {
    readonly name?: string
    readonly agent?: MemberId.MemberId
    readonly holder?: string
    readonly edits?: Partial<RootToken.Terms>
  } = {}
) {
  const { name = "root", agent = claude, holder = "claude", edits } = options
  return yield* RootToken.sign({
    identity: seed("you"),
    delegation: yield* delegationRecord("you", you, agent),
    project: yield* projectRecord,
    token: yield* terms(name, holder, edits)
  })
})

export const redeem = Effect.fnUntraced(function* (
  chain: Chain.Chain,
  options: { readonly holder?: string; readonly session?: string; readonly edits?: Partial<SessionHop.Options> } = {}
) {
  const { holder = "claude", session = "session", edits } = options
  return yield* SessionHop.sign({
    chain,
    holder: seed(holder),
    jti: jti(session),
    cnf: yield* jwkOf(session),
    iat: now,
    ...edits
  })
})

export const grant = Effect.fnUntraced(function* (
  chain: Chain.Chain,
  options: {
    readonly session?: string
    readonly name?: string
    readonly agent?: MemberId.AgentId
    readonly holder?: string
    readonly edits?: Partial<GrantHop.Options>
  } = {}
) {
  const { session = "session", name = "grant", agent = claudeTests, holder = "tests", edits } = options
  return yield* GrantHop.sign({
    chain,
    session: seed(session),
    jti: jti(name),
    agent,
    cnf: yield* jwkOf(holder),
    iat: now,
    exp: UnixTime.plus(now, 1800),
    redeem_by: UnixTime.plus(now, 900),
    narrower: { policy: narrowPolicy, targets: [devTarget] },
    ...edits
  })
})

/** Root, session, grant to claude/tests, session. */
export const deepChain = Effect.gen(function* () {
  const passedOn = yield* grant(yield* redeem(yield* root()))
  return yield* redeem(passedOn, { holder: "tests", session: "tests session" })
})

/** Edits of a payload as JSON: what a forger writes need not fit any type. */
export type Edit = Readonly<globalThis.Record<string, CompactJson.Value | undefined>>

const payloadOf = (text: string): Edit => JSON.parse(Buffer.from(text, "base64url").toString("utf8"))

const editedBytes = (payload: string, edit: Edit): Uint8Array => {
  return CompactJson.encodeBytes({ ...payloadOf(payload), ...edit })
}

/** The root signed anew by both keys over an edited payload. */
export const forgeRoot = Effect.fnUntraced(function* (
  [original]: Chain.Chain["tokens"],
  edit: Edit,
  keys: { readonly delegator?: PrivateSeed.PrivateSeed; readonly binding?: PrivateSeed.PrivateSeed } = {}
) {
  const honest = yield* DelegationKey.derive({
    identity: seed("you"),
    salt: salt(`${you} ${claude}`),
    project,
    agent: claude
  })
  const general = yield* Jws.signGeneral({
    typ: "bailiwick-root+jws",
    delegator: keys.delegator ?? seed("you"),
    binding: keys.binding ?? honest,
    payload: editedBytes(original.payload, edit)
  })
  const chain: Chain.Chain = { v: 1, tokens: [general] }
  return chain
})

/** The last hop signed anew over an edited payload, with the seed and kind given. */
export const forgeLast = Effect.fnUntraced(function* (
  chain: Chain.Chain,
  edit: Edit,
  signer: { readonly seed: PrivateSeed.PrivateSeed; readonly typ: SignedKind.CompactKind }
) {
  const [first, ...hops] = chain.tokens
  const last = hops.at(-1) ?? assert.fail("no hop to forge")
  const payload = editedBytes(last.split(".")[1] ?? "", edit)
  const forged: Chain.Chain = {
    v: 1,
    tokens: [first, ...hops.slice(0, -1), yield* Jws.signCompact({ ...signer, payload })]
  }
  return forged
})

export const sessionSigner = (name: string) => ({ seed: seed(name), typ: "bailiwick-session+jws" }) as const
export const grantSigner = (name: string) => ({ seed: seed(name), typ: "bailiwick-grant+jws" }) as const

/** The redemption records that an honest store holds of a chain, each at its own place and time. */
export const redemptionsOf = Effect.fnUntraced(function* (
  chain: Chain.Chain,
  at: { readonly place?: number; readonly time?: UnixTime.UnixTime } = {}
) {
  const links = yield* Chain.read(chain)
  return links.flatMap((link, index): ReadonlyArray<Redemption> => {
    const session = links[index + 1]
    if (link.kind === "session" || session === undefined) return []
    return [
      {
        jti: link.token.jti,
        hop: session.hash,
        session: StorageIdOf.of({ project, member: session.token.agent, key: session.key }),
        time: at.time ?? now,
        place: at.place ?? 100
      }
    ]
  })
})

export interface Judge {
  readonly registry?: Registry.Registry
  readonly now?: UnixTime.UnixTime
  readonly redemptions?: ReadonlyArray<Redemption>
  readonly revocations?: ReadonlyArray<Revocation>
  readonly purpose?: Chain.Purpose
}

/** Verifies a chain against an honest store, unless said otherwise. */
export const verify = Effect.fnUntraced(function* (chain: Chain.Chain, judge: Judge = {}) {
  const redemptions = judge.redemptions ?? (yield* redemptionsOf(chain))
  return yield* Chain.verify({
    chain,
    registry: judge.registry ?? (yield* registry),
    now: judge.now ?? now,
    aud: yield* aud,
    redemptions: (id) => Arr.findFirst(redemptions, (one) => one.jti === id),
    revocations: judge.revocations ?? [],
    ...(judge.purpose === undefined ? {} : { purpose: judge.purpose })
  })
})

/** Asserts that an effect is refused for this reason, and gives the reason back. */
export const refused = Effect.fnUntraced(function* <A, R, Tag extends TokenError.Reason["_tag"]>(
  effect: Effect.Effect<A, unknown, R>,
  tag: Tag
) {
  const error = yield* Effect.flip(effect)
  assert.ok(error instanceof TokenError.TokenError, `${error}`)
  const { reason } = error
  const isTag = (one: TokenError.Reason): one is Extract<TokenError.Reason, { readonly _tag: Tag }> => one._tag === tag
  return isTag(reason) ? reason : assert.fail(`expected ${tag}, found ${reason._tag}: ${reason.message}`)
})
