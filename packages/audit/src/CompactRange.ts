/**
 * The frontier of a growing tree: the roots of its complete subtrees, largest first.
 *
 * That is all that appending a line and knowing the new root needs, at most 53 hashes however long the log is.
 */
import * as Base64Url from "@bailiwick/core/Base64Url"
import type { LogHead } from "@bailiwick/core/LogHead"
import * as Option from "effect/Option"
import * as MerkleTree from "./MerkleTree.ts"

export interface CompactRange {
  /** Leaves so far. */
  readonly size: number
  /** One hash for each bit set in `size`, from the highest. */
  readonly hashes: ReadonlyArray<MerkleTree.Hash>
}

export const empty: CompactRange = { size: 0, hashes: [] }

/** Adds a leaf: each complete subtree of the size that is being carried joins it, as ones carry in a binary counter. */
export const append = (range: CompactRange, leaf: MerkleTree.Hash): CompactRange => {
  const carries = trailingOnes(range.size)
  const kept = range.hashes.length - carries
  const joined = range.hashes.slice(kept).reduceRight((right, left) => MerkleTree.nodeHash(left, right), leaf)
  return { size: range.size + 1, hashes: [...range.hashes.slice(0, kept), joined] }
}

/** The root over all leaves so far. */
export const root = (range: CompactRange): MerkleTree.Hash => {
  const smallest = range.hashes.at(-1)
  return smallest === undefined
    ? MerkleTree.emptyRoot()
    : range.hashes.slice(0, -1).reduceRight((right, left) => MerkleTree.nodeHash(left, right), smallest)
}

/** The head of a log of these lines. */
export const head = (range: CompactRange): LogHead => ({ size: range.size, root: MerkleTree.toText(root(range)) })

/** The hashes side by side as base64url. */
export const encode = (range: CompactRange): Base64Url.Text => {
  const bytes = new Uint8Array(range.hashes.length * MerkleTree.hashLength)
  range.hashes.forEach((hash, at) => bytes.set(hash, at * MerkleTree.hashLength))
  return Base64Url.encode(bytes)
}

/** The range of `size` leaves that `encode` wrote; `None` unless there is one hash for each bit set in `size`. */
export const decode = (size: number, text: string): Option.Option<CompactRange> =>
  Base64Url.decode(text).pipe(
    Option.filter((bytes) => bytes.length === ones(size) * MerkleTree.hashLength),
    Option.map((bytes) => ({
      size,
      hashes: Array.from({ length: ones(size) }, (_, at) =>
        bytes.slice(at * MerkleTree.hashLength, (at + 1) * MerkleTree.hashLength)
      )
    }))
  )

// Not the 32-bit operators: a size may be any safe integer.
const trailingOnes = (size: number): number => (size % 2 === 1 ? 1 + trailingOnes(Math.floor(size / 2)) : 0)

const ones = (size: number): number => (size === 0 ? 0 : (size % 2) + ones(Math.floor(size / 2)))
