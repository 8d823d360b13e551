/** What lies above a chain, the names that it passed through, and what lies beneath whatever is being ended. */
import type * as Authority from "@bailiwick/core/Authority"
import type { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import type { Jti } from "@bailiwick/core/Jti"
import * as MemberId from "@bailiwick/core/MemberId"
import type { AuthSession } from "@bailiwick/core/ports/AuthSessionStore"
import type { StorageId } from "@bailiwick/core/StorageId"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Proof from "./Proof.ts"

/** What can be ended before its time, everything beneath it included. */
export type Subject =
  | { readonly kind: "human"; readonly human: MemberId.HumanId }
  /** The NAME and all its sub-agents, whoever delegated to it. */
  | { readonly kind: "agent"; readonly agent: MemberId.AgentId }
  | { readonly kind: "delegation"; readonly human: MemberId.HumanId; readonly agent: MemberId.MemberId }
  | { readonly kind: "token"; readonly jti: Jti }
  | { readonly kind: "session"; readonly session: StorageId }
  | { readonly kind: "credential-session"; readonly credential: CredentialSessionId }

/** Every NAME of a chain, each once: whose member record stands for one of its tokens. */
export const names = (tokens: ReadonlyArray<Authority.Token>): ReadonlyArray<MemberId.AgentId> =>
  Arr.dedupe(tokens.flatMap(({ agent }) => (MemberId.isAgent(agent) ? [MemberId.enrolled(agent)] : [])))

/** The auth sessions that end with the subject, ended ones included. */
export const beneath = Effect.fnUntraced(function* (subject: Subject, sessions: ReadonlyArray<AuthSession>) {
  switch (subject.kind) {
    case "credential-session":
      return []
    case "human":
      return sessions.filter(({ human }) => human === subject.human)
    case "token":
      return sessions.filter(({ lineage }) => lineage.includes(subject.jti))
    case "session": {
      // Whatever was granted from a session carries the session's own token in its lineage.
      const leaf = sessions.find(({ id }) => id === subject.session)?.lineage.at(-1)
      return sessions.filter(
        ({ id, lineage }) => id === subject.session || (leaf !== undefined && lineage.includes(leaf))
      )
    }
    case "agent":
      return yield* Effect.filter(sessions, (session) => passesThrough(session, subject.agent))
    case "delegation":
      return yield* Effect.filter(sessions, (session) =>
        session.human === subject.human ? passesThrough(session, subject.agent) : Effect.succeed(false)
      )
  }
})

/** A proof that cannot be read counts as beneath: what is being ended is never spared for being damaged. */
const passesThrough = (session: AuthSession, agent: MemberId.MemberId) =>
  Effect.map(Effect.option(Proof.tokens(session)), (tokens) =>
    Option.match(tokens, {
      onNone: () => true,
      onSome: (found) => found.some((token) => enrolled(token.agent) === enrolled(agent))
    })
  )

const enrolled = (id: MemberId.MemberId) => (MemberId.isAgent(id) ? MemberId.enrolled(id) : id)
