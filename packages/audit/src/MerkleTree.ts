/**
 * The hash tree over the lines of a log (RFC 9162 §2.1.1, the tree of RFC 6962 with SHA-256).
 *
 * Leaves and nodes are hashed under different first bytes, so no line can be taken for an inner node: that is what makes
 * the root a commitment to exactly this list of lines (RFC 9162 §2.1.1, domain separation).
 */
import * as Base64Url from "@bailiwick/core/Base64Url"
import { Sha256 } from "@bailiwick/core/Sha256"
import * as Digest from "@bailiwick/tokens/Digest"

/** 32 bytes of SHA-256. */
export type Hash = Uint8Array

export const hashLength = 32

const leafPrefix = Uint8Array.of(0)
const nodePrefix = Uint8Array.of(1)

/** The root of a tree without leaves: SHA-256 of nothing. */
export const emptyRoot = (): Hash => Digest.bytes("")

export const leafHash = (line: Uint8Array): Hash => hashOf(leafPrefix, line)

export const nodeHash = (left: Hash, right: Hash): Hash => hashOf(nodePrefix, left, right)

const hashOf = (...parts: ReadonlyArray<Uint8Array>): Hash => {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return Digest.bytes(whole)
}

/** The root over leaf hashes: the definition itself, in O(n). A log that grows keeps a `CompactRange` instead. */
export const root = (leaves: ReadonlyArray<Hash>): Hash => {
  if (leaves.length <= 1) return leaves[0] ?? emptyRoot()
  const left = leftSize(leaves.length)
  return nodeHash(root(leaves.slice(0, left)), root(leaves.slice(left)))
}

/** The largest power of two below `size`: how many leaves the left subtree has (RFC 9162 §2.1.1). `size` is above 1. */
export const leftSize = (size: number): number => 2 ** Math.floor(Math.log2(size - 1))

/** Whether two hashes are equal. They are public, so the comparison need not take constant time. */
export const equals = (one: Hash, other: Hash): boolean =>
  one.length === other.length && one.every((byte, at) => byte === other[at])

/** The form of a root in a log head. */
export const toText = (hash: Hash): Sha256 => Sha256.make(Base64Url.encode(hash))
