/**
 * Writes the vectors of records, chains, sessions and requests: `node test/vectors/generate.ts`.
 *
 * Keys, ids and times are fixed, so the files change only when the formats do; a test holds them to this program and,
 * file by file, to the package's readers. Seeds stand in them so that a second implementation can sign the same bytes.
 */
import * as Base64Url from "@bailiwick/core/Base64Url"
import { Sha256 } from "@bailiwick/core/Sha256"
import { StorageId } from "@bailiwick/core/StorageId"
import type * as RecordRegistry from "@bailiwick/core/ports/RecordRegistry"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Chain from "@bailiwick/tokens/Chain"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as RequestSignature from "@bailiwick/tokens/RequestSignature"
import * as SessionEnv from "@bailiwick/tokens/SessionEnv"
import * as SessionToken from "@bailiwick/tokens/SessionToken"
import * as StorageIdOf from "@bailiwick/tokens/StorageIdOf"
import * as TokenText from "@bailiwick/tokens/TokenText"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { writeFileSync } from "node:fs"
import * as World from "../World.ts"

const { now } = World

const keys = Effect.fnUntraced(function* (...names: ReadonlyArray<string>) {
  return yield* Effect.forEach(names, (name) =>
    Effect.map(World.keyOf(name), ({ jwk, kid }) => ({
      name,
      seed: Base64Url.encode(Redacted.value(World.seed(name))),
      jwk,
      kid
    }))
  )
})

const records = Effect.gen(function* () {
  const honest = yield* World.rows
  const plus = (of: World.ChainOf, edits: object, options = {}) => World.extended(honest, of, edits, options)
  const claude = World.memberChain(World.claude)
  const relation = World.delegationChain(World.you, World.claude)
  const cases: ReadonlyArray<readonly [string, string, ReadonlyArray<RecordRegistry.AcceptedRecord>]> = [
    ["a project, four members, three delegations", "accepted", honest],
    ["a second project record", "accepted", yield* plus(World.projectChain, { name: "Acme again" })],
    ["a gap", "BrokenRecords", yield* plus(World.projectChain, { seq: 2 })],
    ["another predecessor", "BrokenRecords", yield* plus(World.projectChain, { prev: honest[1]?.hash })],
    ["dated behind its acceptance", "NotYet", yield* plus(World.projectChain, { iat: World.time(39) })],
    ["signed by no owner", "NotEntitled", yield* plus(claude, { valid_from: World.time(1) }, { signer: "mate" })],
    ["one key for two members", "KeyReused", yield* plus(claude, { jwk: yield* World.jwkOf("other") })],
    ["a verifier kept under a new salt", "BrokenRecords", yield* plus(relation, { salt: World.salt("new") })],
    ["a delegation ended", "accepted", yield* plus(relation, { ended: true })],
    ["no owner left", "NoOwnerLeft", yield* plus(World.memberChain(World.you), { revoked_at: World.time(50) })],
    ["the founder's member record missing", "NotFounded", honest.filter((_, index) => index !== 1)]
  ]
  return {
    specification: "docs/formats.md §2",
    keys: yield* keys("you", "mate", "claude", "other"),
    cases: cases.map(([name, expect, accepted]) => ({ name, expect, accepted }))
  }
})

const chains = Effect.gen(function* () {
  const root = yield* World.root()
  const session = yield* World.redeem(root)
  const grant = yield* World.grant(session, { name: "waiting grant" })
  const deep = yield* World.deepChain
  const terminal = yield* World.redeem(
    yield* World.root({ name: "terminal root", agent: World.you, holder: "terminal" }),
    { holder: "terminal", session: "terminal session" }
  )
  const edited = (edit: World.Edit) => World.forgeLast(session, edit, World.sessionSigner("claude"))
  const granted = (edit: World.Edit) => World.forgeLast(grant, edit, World.grantSigner("session"))
  const later = yield* World.redeem(root, { session: "thief" })
  const cases: ReadonlyArray<readonly [string, string, Chain.Chain, UnixTime.UnixTime?]> = [
    ["root and session", "accepted", session],
    ["root, session and an unredeemed grant", "accepted", grant],
    ["root, session, grant, session", "accepted", deep],
    ["a terminal grant and its session", "accepted", terminal],
    ["root, session, grant, session, half a minute before its iat", "accepted", deep, UnixTime.plus(now, -30)],
    ["that a second earlier", "NotYet", deep, UnixTime.plus(now, -31)],
    ["that at its end", "Expired", deep, UnixTime.plus(now, 3600)],
    ["an unredeemed grant at its redeem_by", "RedeemExpired", grant, UnixTime.plus(now, 900)],
    ["a root that a session has redeemed", "AlreadyRedeemed", root],
    ["a session of somebody who copied the root", "AlreadyRedeemed", later],
    ["a policy that grew", "NotSubset", yield* edited({ policy: World.widePolicy })],
    ["a denial that went", "NotSubset", yield* edited({ policy: { ...World.policy, deny: [] } })],
    ["a target that moved", "NotSubset", yield* edited({ targets: [{ ...World.devTarget, principal: "root" }] })],
    ["a scope that came", "NotSubset", yield* edited({ scopes: ["auth", "crypt"] })],
    ["an end that moved", "NotSubset", yield* edited({ exp: now + 3601 })],
    ["a budget", "UnknownBudget", yield* edited({ budget: { issues: 1 } })],
    ["another parent", "BrokenChain", yield* edited({ par_hash: Base64Url.encode(new Uint8Array(32)) })],
    ["another agent", "BrokenChain", yield* edited({ agent: World.other })],
    ["another store", "BrokenChain", yield* edited({ aud: Base64Url.encode(new Uint8Array(32)) })],
    ["a jti twice", "BrokenChain", yield* edited({ jti: World.jti("root") })],
    ["a key twice", "KeyReused", yield* edited({ cnf: { jwk: yield* World.jwkOf("claude") } })],
    ["an unknown member", "Malformed", yield* edited({ uses: 1 })],
    ["a grant to a human", "BrokenChain", yield* granted({ agent: World.you })],
    ["a grant in another agent's name", "BrokenChain", yield* granted({ agent: "ai:other/tests@acme" })],
    ["a grant that skips a depth", "BrokenChain", yield* granted({ depth: 2 })],
    ["a grant too deep", "DepthExceeded", yield* granted({ max_depth: 0 })],
    ["a session that a stranger signed", "WrongKey", yield* World.forgeLast(session, {}, World.sessionSigner("x"))],
    ["a session where a grant belongs", "WrongKind", yield* World.forgeLast(grant, {}, World.sessionSigner("session"))]
  ]
  const { verifier, salt } = yield* World.delegationRecord("you", World.you, World.claude)
  return {
    specification: "docs/formats.md §3",
    registry: "the first case of records.json",
    keys: yield* keys("you", "claude", "session", "tests", "tests session", "terminal", "terminal session"),
    delegation: { project: World.project, agent: World.claude, salt, verifier },
    aud: yield* World.aud,
    redemptions: [...(yield* World.redemptionsOf(deep)), ...(yield* World.redemptionsOf(terminal))],
    cases: cases.map(([name, expect, chain, at]) => ({ name, expect, at: at ?? now, chain })),
    hashes: (yield* Chain.read(deep)).map(({ kind, hash, token }) => ({ kind, jti: token.jti, hash }))
  }
})

const texts = Effect.gen(function* () {
  const plain = yield* World.root()
  const bearer = yield* World.root({ name: "bearer", holder: "one-time" })
  const holder = World.seed("one-time")
  const text = (chain: Chain.Chain, seed?: typeof holder) =>
    Effect.map(TokenText.encode({ chain, holder: Option.fromUndefinedOr(seed) }), Redacted.value)
  const plainText = yield* text(plain)
  const bearerText = yield* text(bearer, holder)
  const id = StorageId.make("00112233445566778899aabb")
  const env = (third: boolean) =>
    Redacted.value(SessionEnv.encode({ id, seed: holder, ...(third ? { third: World.seed("third") } : {}) }))
  const hex = (name: string) => Buffer.from(Redacted.value(World.seed(name))).toString("hex")
  return {
    specification: "docs/formats.md §3 Text, §4 Env value and storage id",
    tokens: [
      { name: "for a key", expect: "accepted", text: plainText, chain: plain },
      { name: "for a bearer", expect: "accepted", text: bearerText, chain: bearer, holder_seed: hex("one-time") },
      { name: "with padding", expect: "Malformed", text: `${plainText}=` },
      { name: "with a line end", expect: "Malformed", text: `${plainText}\n` },
      { name: "a bearer's under the other prefix", expect: "Malformed", text: bearerText.replace("bw_db_", "bw_d_") }
    ],
    env: [
      { name: "two fields", expect: "accepted", text: env(false), id, seed: hex("one-time") },
      { name: "three fields", expect: "accepted", text: env(true), id, seed: hex("one-time"), third: hex("third") },
      { name: "without padding", expect: "Malformed", text: env(false).replace("=", "") },
      { name: "cut short", expect: "Malformed", text: env(false).slice(0, -4) }
    ],
    ids: yield* Effect.forEach([World.you, World.claude, World.claudeTests], (member) =>
      Effect.map(World.keyOf("session"), (key) => ({
        project: World.project,
        member,
        session_public_key: PublicKey.toHex(key),
        id: StorageIdOf.of({ project: World.project, member, key })
      }))
    )
  }
})

const sessions = Effect.gen(function* () {
  const root = yield* World.root({ agent: World.you, holder: "terminal" })
  const claims = {
    member: World.you,
    project_id: World.project,
    created: now,
    expires: UnixTime.plus(now, 3600),
    session_public_key: PublicKey.toHex(yield* World.keyOf("session")),
    tty: "/dev/pts/3",
    binding: Sha256.make(Base64Url.encode(new Uint8Array(32).fill(9)))
  }
  const identity = World.seed("you")
  const plain = yield* SessionToken.sign({ claims, identity })
  const withGrant = yield* SessionToken.sign({
    claims,
    identity,
    delegation: yield* World.redeem(root, { holder: "terminal" })
  })
  const foreign = yield* World.redeem(yield* World.root())
  const cases: ReadonlyArray<readonly [string, string, SessionToken.SessionToken, UnixTime.UnixTime?]> = [
    ["a session", "accepted", plain],
    ["a session with a terminal grant", "accepted", withGrant],
    ["at its end", "Expired", plain, claims.expires],
    ["before its beginning", "NotYet", plain, UnixTime.plus(now, -31)],
    ["with a later end", "BadSignature", { ...plain, claims: { ...claims, expires: UnixTime.plus(now, 3601) } }],
    ["of another member", "BadSignature", { ...plain, claims: { ...claims, member: World.mate } }],
    ["with an agent's chain", "BrokenChain", { ...plain, delegation: foreign }]
  ]
  return {
    specification: "docs/formats.md §4",
    keys: yield* keys("you", "session"),
    cases: cases.map(([name, expect, token, at]) => ({ name, expect, at: at ?? now, token }))
  }
})

const requests = Effect.gen(function* () {
  const request: RequestSignature.Request = {
    method: "POST",
    authority: "bw.example.com",
    path: "/v1/sessions/a%2Fb",
    query: "?x=1",
    fields: [
      ["content-type", "application/json"],
      ["idempotency-key", "k-1"]
    ],
    body: new TextEncoder().encode(`{"ttl":900}`)
  }
  const session = { id: StorageId.make("00112233445566778899aabb"), seed: World.seed("session") }
  const nonce = Base64Url.encode(new Uint8Array(16).fill(5))
  const sign = Effect.fnUntraced(function* (one: RequestSignature.Request) {
    const added = yield* RequestSignature.sign({ request: one, session, created: now, nonce })
    return { ...one, fields: [...one.fields, ...added] }
  })
  const post = yield* sign(request)
  const get = yield* sign({ ...request, method: "GET", query: "?", fields: [], body: new Uint8Array() })
  const body = new TextEncoder().encode(`{"ttl":901}`)
  const cases: ReadonlyArray<readonly [string, string, RequestSignature.Request, UnixTime.UnixTime?]> = [
    ["with a body", "accepted", post],
    ["without a body", "accepted", get],
    ["half a minute later", "accepted", get, UnixTime.plus(now, 30)],
    ["a second after that", "NotFresh", get, UnixTime.plus(now, 31)],
    ["another path", "BadSignature", { ...post, path: "/v1/sessions/a" }],
    ["another body", "WrongDigest", { ...post, body }],
    ["another host", "WrongAuthority", { ...post, authority: "evil.example.com" }],
    ["a field that is not covered", "NotCovered", { ...get, fields: [...get.fields, ["content-type", "text/plain"]] }],
    ["a field twice", "Malformed", { ...get, fields: [...get.fields, ["authorization", `Bailiwick ${session.id}`]] }]
  ]
  return {
    specification: "docs/formats.md §5",
    keys: yield* keys("session"),
    authority: request.authority,
    cases: cases.map(([name, expect, one, at]) => ({
      name,
      expect,
      at: at ?? now,
      request: { ...one, body: new TextDecoder().decode(one.body) }
    }))
  }
})

/** Every file's content, by name. */
export const vectors = Effect.all({ records, chains, texts, sessions, requests })

if (import.meta.main) {
  const files = await Effect.runPromise(vectors.pipe(Effect.provide(World.TestLayer)))
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(new URL(`./${name}.json`, import.meta.url), `${JSON.stringify(content, null, 2)}\n`)
  }
}
