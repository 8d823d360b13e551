/**
 * The id under which an auth session is kept: the first 12 bytes of SHA-256 over `project:member:session_public_key`,
 * in hex (formats §4).
 *
 * The member is the human of a human's session, or the `agent` of an agent session's leaf; the key is the session's own.
 * None of the three parts holds a colon where another could begin: an agent's id has its colon first, after `ai`.
 */
import type { MemberId } from "@bailiwick/core/MemberId"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import { StorageId } from "@bailiwick/core/StorageId"
import * as Hex from "@bailiwick/core/Hex"
import * as Digest from "./Digest.ts"
import * as PublicKey from "./PublicKey.ts"

/** Bytes of the digest that make the id. */
export const length = 12

export const of = (session: {
  readonly project: ProjectId
  readonly member: MemberId
  readonly key: PublicKey.PublicKey
}): StorageId => {
  const text = `${session.project}:${session.member}:${PublicKey.toHex(session.key)}`
  return StorageId.make(Hex.encode(Digest.bytes(text).subarray(0, length)))
}
