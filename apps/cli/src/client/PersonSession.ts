/**
 * Opens a person's session: bound to their terminal and kept until logout, or for one command alone (formats §4).
 *
 * Without a terminal a person acts by passphrase, command by command: such a session is bound to this very process, its
 * key never leaves it, and it is closed before the process ends.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Authenticate from "@bailiwick/broker/Authenticate"
import * as Login from "@bailiwick/broker/Login"
import type * as Authority from "@bailiwick/core/Authority"
import * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import type { SessionClaims } from "@bailiwick/core/SessionClaims"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Ed25519 from "@bailiwick/tokens/Ed25519"
import type * as Identity from "@bailiwick/tokens/Identity"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as SessionHop from "@bailiwick/tokens/SessionHop"
import * as SessionToken from "@bailiwick/tokens/SessionToken"
import * as StorageIdOf from "@bailiwick/tokens/StorageIdOf"
import * as TerminalBinding from "@bailiwick/tokens/TerminalBinding"
import * as TokenId from "@bailiwick/tokens/TokenId"
import * as Passphrase from "../terminal/Passphrase.ts"
import type * as Standing from "../wiring/Standing.ts"
import * as Roots from "./Roots.ts"
import * as SessionFile from "./SessionFile.ts"
import * as Unlock from "./Unlock.ts"

export interface Options {
  readonly standing: Standing.Standing
  readonly file: Identity.File
  readonly signer: Unlock.Signer
  /** The terminal grant; absent: a session that only lists and revokes. */
  readonly grant: Option.Option<Authority.Grant>
  /** Seconds. */
  readonly ttl: Option.Option<number>
  /** What it is for, in one line. */
  readonly about: string
  /** Kept for later commands on this terminal, which must then be one. */
  readonly keep: boolean
}

/** One passphrase for everything that it signs: the session, its terminal grant, and the relation beneath that. */
export const open = Effect.fnUntraced(function* (options: Options) {
  const { file, grant, keep, signer, standing, ttl } = options
  const { project } = standing.view
  const ed25519 = yield* Ed25519.Ed25519
  const seed = yield* ed25519.generate
  const key = yield* ed25519.publicKey(seed)
  const terminal = yield* place(keep || Passphrase.isTyped(signer))
  const longest = ProjectRecord.ttlCap(project, "human_session")
  const claims: SessionClaims = {
    member: file.member,
    project_id: project.project,
    created: standing.now,
    expires: UnixTime.plus(
      standing.now,
      Math.min(
        longest,
        Option.getOrElse(ttl, () => longest)
      )
    ),
    session_public_key: PublicKey.toHex(key),
    ...terminal
  }
  const { delegation, opened } = Option.isSome(grant)
    ? yield* granted(options, grant.value, claims, key)
    : {
        delegation: undefined,
        opened: yield* Unlock.open(file, signer, {
          about: [options.about, "It lists, denies and revokes; it lends nothing."],
          payload: { session: claims }
        })
      }
  const token = yield* SessionToken.sign({
    claims,
    identity: opened.seed,
    project,
    ...(delegation === undefined ? {} : { delegation })
  })
  const id = StorageIdOf.of({ project: project.project, member: file.member, key })
  if (keep) yield* SessionFile.write(project.project, { v: 1, id, seed, binding: terminal.binding })
  yield* Login.open(token)
  const proof: Authenticate.LocalProof = { session: id, seed, binding: terminal.binding }
  return { proof, caller: yield* Authenticate.authenticate(proof) }
})

/** The same for one command: closed when the scope closes, with everything beneath it. */
export const openOnce = (options: Omit<Options, "keep">) =>
  // A question that is not answered can be left: its key is in nobody's hands yet.
  Effect.acquireRelease(open({ ...options, keep: false }), ({ caller }) => Effect.ignore(Login.close(caller)), {
    interruptible: true
  })

const granted = Effect.fnUntraced(function* (
  { about, file, signer, standing, ttl }: Options,
  grant: Authority.Grant,
  claims: SessionClaims,
  key: PublicKey.PublicKey
) {
  const ed25519 = yield* Ed25519.Ed25519
  // Used once in this process and forgotten: nobody else could redeem the grant.
  const holder = yield* ed25519.generate
  const cnf = PublicKey.toJwk(yield* ed25519.publicKey(holder))
  const { project } = standing.view
  const { chain, opened } = yield* Roots.sign({
    draft: { project: project.project, human: file.member, agent: file.member, cnf, grant, bearer: false, ttl },
    file,
    signer,
    standing,
    about,
    session: claims
  })
  const hop = { jti: yield* TokenId.random, cnf: PublicKey.toJwk(key), iat: claims.created, project }
  return { delegation: yield* SessionHop.sign({ chain, holder, ...hop }), opened }
})

const place = Effect.fnUntraced(function* (onTerminal: boolean) {
  const terminal = (yield* TerminalBinding.TerminalBinding).read
  if (onTerminal) return yield* terminal
  const uid = process.getuid?.()
  const ofProcess = TerminalBinding.fromRecord({
    ...(uid === undefined ? {} : { uid }),
    leader: process.pid,
    tty: "none"
  })
  return yield* Effect.orElseSucceed(terminal, () => ofProcess)
})
