/** Proof that a log of one root only grew into a log of another: nothing before was changed (RFC 9162 §2.1.4). */
import * as MerkleTree from "./MerkleTree.ts"

export type ConsistencyProof = ReadonlyArray<MerkleTree.Hash>

/** The proof between the first `size` leaves and all of them (RFC 9162 §2.1.4.1). */
export const make = (leaves: ReadonlyArray<MerkleTree.Hash>, size: number): ConsistencyProof =>
  size === 0 ? [] : subproof(leaves, size, true)

/** Whether the proof leads from the root over the first `from.size` leaves to the root over `to.size` (§2.1.4.2). */
export const verify = (options: {
  readonly from: { readonly size: number; readonly root: MerkleTree.Hash }
  readonly to: { readonly size: number; readonly root: MerkleTree.Hash }
  readonly proof: ConsistencyProof
}): boolean => {
  const { from, to, proof } = options
  if (from.size < 0 || from.size > to.size) return false
  // Every log extends the empty one; a log extends itself. Neither leaves anything to prove.
  if (from.size === 0) return proof.length === 0 && MerkleTree.equals(from.root, MerkleTree.emptyRoot())
  if (from.size === to.size) return proof.length === 0 && MerkleTree.equals(from.root, to.root)
  // The root over a power of two of leaves is itself a node of the larger tree, so the proof leaves it out.
  const [first, ...rest] = isPowerOfTwo(from.size) ? [from.root, ...proof] : proof
  if (first === undefined || rest.length === 0) return false
  let node = from.size - 1
  let last = to.size - 1
  while (node % 2 === 1) {
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  let older = first
  let newer = first
  for (const hash of rest) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      older = MerkleTree.nodeHash(hash, older)
      newer = MerkleTree.nodeHash(hash, newer)
      while (node % 2 === 0 && node !== 0) {
        node /= 2
        last = Math.floor(last / 2)
      }
    } else {
      newer = MerkleTree.nodeHash(newer, hash)
    }
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && MerkleTree.equals(older, from.root) && MerkleTree.equals(newer, to.root)
}

// `known`: the subtree is the whole older log, whose root the verifier has already.
const subproof = (leaves: ReadonlyArray<MerkleTree.Hash>, size: number, known: boolean): ConsistencyProof => {
  if (size === leaves.length) return known ? [] : [MerkleTree.root(leaves)]
  const left = MerkleTree.leftSize(leaves.length)
  return size <= left
    ? [...subproof(leaves.slice(0, left), size, known), MerkleTree.root(leaves.slice(left))]
    : [...subproof(leaves.slice(left), size - left, false), MerkleTree.root(leaves.slice(0, left))]
}

const isPowerOfTwo = (size: number): boolean => (size === 1 ? true : size % 2 === 0 && isPowerOfTwo(size / 2))
