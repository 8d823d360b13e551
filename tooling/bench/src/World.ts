/** The project acme in a temporary directory, wired as the command wires it: a person has lent to an agent. */
import type * as Authenticate from "@bailiwick/broker/Authenticate"
import * as AuthorityView from "@bailiwick/broker/AuthorityView"
import * as Founding from "@bailiwick/broker/Founding"
import * as Records from "@bailiwick/broker/Records"
import * as Redeem from "@bailiwick/broker/Redeem"
import * as Alias from "@bailiwick/core/Alias"
import type * as DelegationRecord from "@bailiwick/core/DelegationRecord"
import * as LogHead from "@bailiwick/core/LogHead"
import * as MemberId from "@bailiwick/core/MemberId"
import type * as MemberRecord from "@bailiwick/core/MemberRecord"
import type * as Policy from "@bailiwick/core/Policy"
import { delegationChain } from "@bailiwick/core/ports/RecordRegistry"
import { StoreTransaction } from "@bailiwick/core/ports/StoreTransaction"
import { ProjectId } from "@bailiwick/core/ProjectId"
import type * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Store from "@bailiwick/storage/Store"
import type * as Chain from "@bailiwick/tokens/Chain"
import * as DelegationKey from "@bailiwick/tokens/DelegationKey"
import { Ed25519, type Ed25519Error } from "@bailiwick/tokens/Ed25519"
import type * as PrivateSeed from "@bailiwick/tokens/PrivateSeed"
import type * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as Record from "@bailiwick/tokens/Record"
import * as RootToken from "@bailiwick/tokens/RootToken"
import * as SessionHop from "@bailiwick/tokens/SessionHop"
import type * as TokenError from "@bailiwick/tokens/TokenError"
import * as TokenId from "@bailiwick/tokens/TokenId"
import * as Broker from "bailiwick/src/wiring/Broker.ts"
import type * as Kdf from "effect/crypto/Kdf"
import type * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "node:path"

const project = ProjectId.make("acme")
const you = MemberId.HumanId.make("you@example.com")
const claude = MemberId.AgentId.make("ai:claude@acme")
const api = "https://api.example.com"

export const dev = Alias.Alias.make("dev")

export const policy: Policy.Policy = {
  statements: [{ provider: "oidc", actions: ["orders:read", "orders:write"], resources: [api] }],
  deny: [{ provider: "oidc", actions: ["orders:delete"], resources: [api] }]
}

/** Runs `use` in a new store, which is gone afterwards. */
export const within = <A, E, R>(use: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const place = { project, directory: Path.join(yield* files.makeTempDirectoryScoped(), project) }
    yield* Store.create({ ...place, rooms: Broker.rooms })
    return yield* Effect.provide(use, Broker.layer(place))
  }).pipe(Effect.scoped)

export interface World {
  readonly project: ProjectId
  readonly agent: MemberId.AgentId
  readonly view: AuthorityView.View
  /** A delegation token to the agent's own key. */
  readonly root: Effect.Effect<
    Chain.Chain,
    TokenError.TokenError | Ed25519Error,
    Ed25519 | Kdf.Kdf | SecureRandom.SecureRandom
  >
  /** The chain with a session hop; every session of this world has one and the same key. */
  readonly hop: (
    chain: Chain.Chain
  ) => Effect.Effect<Chain.Chain, TokenError.TokenError | Ed25519Error, Ed25519 | SecureRandom.SecureRandom>
  readonly session: PrivateSeed.PrivateSeed
  readonly sessionKey: PublicKey.PublicKey
}

/** Founds the project, enrols the agent and delegates to it. */
export const found = Effect.gen(function* () {
  const ed25519 = yield* Ed25519
  const identity = yield* ed25519.generate
  const holder = yield* ed25519.generate
  const session = yield* ed25519.generate
  const jwk = (seed: PrivateSeed.PrivateSeed) => Effect.map(ed25519.publicKey(seed), (key) => key.jwk)
  const now = yield* UnixTime.now
  const first = { v: 1, project, seq: 0, iat: now, log: LogHead.empty } as const

  const limits: ProjectRecord.ProjectRecord = {
    ...first,
    name: "Acme",
    owners: [(yield* ed25519.publicKey(identity)).kid],
    targets: { [dev]: { provider: "oidc", principal: api } },
    profiles: {},
    ceiling: { ...policy, deny: [] },
    deny: [],
    ttl: {},
    require_terminal: false
  }
  const founder: MemberRecord.MemberRecord = {
    ...first,
    member: you,
    kind: "human",
    role: "member",
    jwk: yield* jwk(identity),
    valid_from: now
  }
  yield* Founding.init({
    project: yield* Record.sign({ kind: "project", payload: limits, seed: identity }),
    member: yield* Record.sign({ kind: "member", payload: founder, seed: identity })
  })

  const member: MemberRecord.MemberRecord = {
    ...founder,
    member: claude,
    kind: "agent",
    jwk: yield* jwk(holder),
    ...(yield* Records.next("member", claude))
  }
  yield* Records.accept("member", yield* Record.sign({ kind: "member", payload: member, seed: identity }))

  const salt = yield* DelegationKey.newSalt
  const delegation: DelegationRecord.DelegationRecord = {
    v: 1,
    project,
    human: you,
    agent: claude,
    verifier: yield* jwk(yield* DelegationKey.derive({ identity, salt, project, agent: claude })),
    salt,
    ...(yield* Records.next("delegation", delegationChain(you, claude)))
  }
  yield* Records.accept("delegation", yield* Record.sign({ kind: "delegation", payload: delegation, seed: identity }))

  const view = yield* (yield* StoreTransaction).run(
    Effect.flatMap(AuthorityView.AuthorityView, ({ current }) => current)
  )

  const root = Effect.gen(function* () {
    const iat = yield* UnixTime.now
    return yield* RootToken.sign({
      identity,
      delegation,
      project: limits,
      token: {
        jti: yield* TokenId.random,
        cnf: { jwk: yield* jwk(holder) },
        aud: view.audience,
        iat,
        exp: UnixTime.plus(iat, 8 * 3600),
        redeem_by: UnixTime.plus(iat, 900),
        max_depth: 2,
        policy,
        targets: [{ alias: dev, provider: "oidc", principal: api }],
        scopes: ["auth"],
        accept_unenforced: [],
        confirmed: "terminal",
        log: LogHead.empty
      }
    })
  })

  const hop = Effect.fnUntraced(function* (chain: Chain.Chain) {
    return yield* SessionHop.sign({
      chain,
      holder,
      jti: yield* TokenId.random,
      cnf: yield* jwk(session),
      iat: yield* UnixTime.now
    })
  })

  const world: World = {
    project,
    agent: claude,
    view,
    root,
    hop,
    session,
    sessionKey: yield* ed25519.publicKey(session)
  }
  return world
})

/** What the agent shows to be known, once its token is redeemed. */
export const redeemed = Effect.gen(function* () {
  const { root, hop, session: seed } = yield* found
  const { session } = yield* Redeem.redeem({ chain: yield* hop(yield* root) })
  const proof: Authenticate.LocalProof = { session, seed }
  return proof
})
