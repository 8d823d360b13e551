/**
 * Turns a delegation token into a session of this machine: the session's key and hop are durable before the store is
 * asked, so a command that was cut off may be run again and gets the same session (formats §3, Redeem).
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as MemberId from "@bailiwick/core/MemberId"
import type * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Chain from "@bailiwick/tokens/Chain"
import { Ed25519 } from "@bailiwick/tokens/Ed25519"
import type { PrivateSeed } from "@bailiwick/tokens/PrivateSeed"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as SessionHop from "@bailiwick/tokens/SessionHop"
import * as StorageIdOf from "@bailiwick/tokens/StorageIdOf"
import * as TokenId from "@bailiwick/tokens/TokenId"
import { login } from "../ui/Failure.ts"
import * as AgentKey from "./AgentKey.ts"
import * as SessionFile from "./SessionFile.ts"

/** The session hop that redeems, and the key it is bound to. */
export const prepare = Effect.fnUntraced(function* (options: {
  readonly chain: Chain.Chain
  readonly holder: PrivateSeed
  readonly project: ProjectRecord.ProjectRecord
}) {
  const ed25519 = yield* Ed25519
  const seed = yield* ed25519.generate
  const key = yield* ed25519.publicKey(seed)
  const chain = yield* SessionHop.sign({
    ...options,
    jti: yield* TokenId.random,
    cnf: PublicKey.toJwk(key),
    iat: yield* UnixTime.now
  })
  const links = yield* Chain.read(chain)
  const { agent, project } = (links.at(-1) ?? links[0]).token
  return { id: StorageIdOf.of({ project, member: agent, key }), seed, chain }
})

/** As `prepare`, kept on disk; where this token was being redeemed here before, that very attempt again. */
export const prepareDurably = Effect.fnUntraced(function* (options: Parameters<typeof prepare>[0]) {
  const { project } = options.project
  const files = yield* SessionFile.list(project)
  const earlier = files.find(({ chain }) => chain !== undefined && isAttempt(chain, options.chain))
  if (earlier?.chain !== undefined) return { id: earlier.id, seed: earlier.seed, chain: earlier.chain }
  const prepared = yield* prepare(options)
  yield* SessionFile.write(project, { v: 1, ...prepared })
  return prepared
})

const isAttempt = ({ tokens }: Chain.Chain, token: Chain.Chain): boolean =>
  tokens.length === token.tokens.length + 1 && JSON.stringify(tokens.slice(0, -1)) === JSON.stringify(token.tokens)

/** The seed of the token's `cnf`: inside a bearer token, else the agent's own key on this machine. */
export const holderOf = Effect.fnUntraced(function* (
  token: { readonly chain: Chain.Chain; readonly holder: Option.Option<PrivateSeed> },
  project: ProjectId
) {
  if (Option.isSome(token.holder)) return token.holder.value
  const links = yield* Chain.read(token.chain)
  const leaf = links.at(-1) ?? links[0]
  const { agent } = leaf.token
  const key = MemberId.isAgent(agent) ? yield* AgentKey.read(project, agent) : Option.none()
  if (Option.isSome(key) && key.value.jwk.x === leaf.key.jwk.x) return key.value.seed
  return yield* login(
    "no-holder-key",
    `this token is bound to a key of ${agent} that is not on this machine`,
    "redeem it where that key is, or ask for a --bearer token"
  )
})
