/** Proof that one line stands at its place in a log of a given root (RFC 9162 §2.1.3). */
import * as MerkleTree from "./MerkleTree.ts"

/** The sibling hashes on the way from the leaf upwards. */
export type InclusionProof = ReadonlyArray<MerkleTree.Hash>

/** The proof for the leaf at `index`; `index` is below the number of leaves (RFC 9162 §2.1.3.1). */
export const make = (leaves: ReadonlyArray<MerkleTree.Hash>, index: number): InclusionProof => {
  if (leaves.length <= 1) return []
  const left = MerkleTree.leftSize(leaves.length)
  return index < left
    ? [...make(leaves.slice(0, left), index), MerkleTree.root(leaves.slice(left))]
    : [...make(leaves.slice(left), index - left), MerkleTree.root(leaves.slice(0, left))]
}

/** Whether the proof leads from the leaf at `index` to the root over `size` leaves (RFC 9162 §2.1.3.2). */
export const verify = (options: {
  readonly leaf: MerkleTree.Hash
  readonly index: number
  readonly size: number
  readonly root: MerkleTree.Hash
  readonly proof: InclusionProof
}): boolean => {
  if (options.index < 0 || options.index >= options.size) return false
  let node = options.index
  let last = options.size - 1
  let hash = options.leaf
  for (const sibling of options.proof) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      hash = MerkleTree.nodeHash(sibling, hash)
      // A last node without a right sibling rises unchanged until it is one itself.
      while (node % 2 === 0 && node !== 0) {
        node /= 2
        last = Math.floor(last / 2)
      }
    } else {
      hash = MerkleTree.nodeHash(hash, sibling)
    }
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && MerkleTree.equals(hash, options.root)
}
