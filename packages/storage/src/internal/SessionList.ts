/** How credential sessions are listed, the same for every store. */
import type * as CredentialSession from "@bailiwick/core/CredentialSession"

/** How many are listed unless said. */
export const defaultLimit = 1000

export const newestFirst = (
  left: CredentialSession.CredentialSession,
  right: CredentialSession.CredentialSession
): number => right.created_at - left.created_at || (left.id < right.id ? 1 : -1)
