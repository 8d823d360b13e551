import { assert, describe, it } from "@effect/vitest"
import * as Hex from "@bailiwick/core/Hex"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"
import { CompactRange, ConsistencyProof, InclusionProof, MerkleTree } from "../src/index.ts"

const size = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 70 }))
const leaves = (count: number) => Array.from({ length: count }, (_, at) => MerkleTree.leafHash(Uint8Array.of(at)))

const sha256 = (...parts: ReadonlyArray<Uint8Array>): Uint8Array =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest()

/** The tree by its definition alone, over `from` (included) to `to`. */
const naive = (all: ReadonlyArray<Uint8Array>, from = 0, to = all.length): Uint8Array => {
  const count = to - from
  if (count === 0) return sha256()
  if (count === 1) return all[from] ?? assert.fail()
  let k = 1
  while (k * 2 < count) k *= 2
  return sha256(Uint8Array.of(1), naive(all, from, from + k), naive(all, from + k, to))
}

// The inputs and roots of the Certificate Transparency reference tests.
const reference = {
  inputs: ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"],
  roots: [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
  ]
}

describe("MerkleTree", () => {
  it("has the roots of the Certificate Transparency reference tests", () => {
    const hashes = reference.inputs.map((input) => MerkleTree.leafHash(Option.getOrThrow(Hex.decode(input))))
    const roots = reference.roots.map((_, count) => Hex.encode(MerkleTree.root(hashes.slice(0, count))))
    assert.deepStrictEqual(roots.map(String), reference.roots)
  })

  it("never gives a leaf and a node the same hash", () => {
    const [left, right] = [MerkleTree.leafHash(Uint8Array.of(1)), MerkleTree.leafHash(Uint8Array.of(2))]
    const both = Uint8Array.from([...left, ...right])
    assert.isFalse(MerkleTree.equals(MerkleTree.nodeHash(left, right), MerkleTree.leafHash(both)))
  })

  it.prop("has the root of the definition", [size], ([count]) => {
    assert.deepStrictEqual(Hex.encode(MerkleTree.root(leaves(count))), Hex.encode(naive(leaves(count))))
  })
})

describe("CompactRange", () => {
  it.prop("grows to the root of the definition, and survives its own text", [size], ([count]) => {
    const range = leaves(count).reduce(CompactRange.append, CompactRange.empty)
    assert.strictEqual(Hex.encode(CompactRange.root(range)), Hex.encode(naive(leaves(count))))
    const back = Option.getOrThrow(CompactRange.decode(count, CompactRange.encode(range)))
    assert.strictEqual(Hex.encode(CompactRange.root(back)), Hex.encode(naive(leaves(count))))
  })

  it("refuses a text with another number of hashes than its size needs", () => {
    const text = CompactRange.encode(leaves(3).reduce(CompactRange.append, CompactRange.empty))
    assert.isTrue(Option.isSome(CompactRange.decode(3, text)))
    for (const wrong of [0, 1, 2, 4, 7]) assert.isTrue(Option.isNone(CompactRange.decode(wrong, text)))
    assert.isTrue(Option.isNone(CompactRange.decode(3, `${text}=`)))
  })
})

describe("InclusionProof", () => {
  it.prop(
    "proves every leaf, and no other leaf, place, size or root",
    [size],
    ([count]) => {
      const all = leaves(count)
      const root = naive(all)
      all.forEach((leaf, index) => {
        const proof = InclusionProof.make(all, index)
        const claim = { leaf, index, size: count, root, proof }
        assert.isTrue(InclusionProof.verify(claim))
        assert.isFalse(InclusionProof.verify({ ...claim, leaf: MerkleTree.leafHash(Uint8Array.of(200)) }))
        assert.isFalse(InclusionProof.verify({ ...claim, root: MerkleTree.emptyRoot() }))
        assert.isFalse(InclusionProof.verify({ ...claim, index: count }))
        assert.isFalse(InclusionProof.verify({ ...claim, index: -1 }))
        assert.isFalse(InclusionProof.verify({ ...claim, proof: [...proof, root] }))
        if (count > 1) {
          assert.isFalse(InclusionProof.verify({ ...claim, index: (index + 1) % count }))
          assert.isFalse(InclusionProof.verify({ ...claim, proof: proof.slice(1) }))
        }
      })
    },
    { arbitrary: { runs: 20 } }
  )
})

describe("ConsistencyProof", () => {
  it.prop("proves that a log only grew, and refuses any other past", [size, size], ([one, other]) => {
    const [first, second] = [Math.min(one, other), Math.max(one, other)]
    const all = leaves(second)
    const claim = {
      from: { size: first, root: naive(all, 0, first) },
      to: { size: second, root: naive(all) },
      proof: ConsistencyProof.make(all, first)
    }
    assert.isTrue(ConsistencyProof.verify(claim))
    const forged = MerkleTree.leafHash(Uint8Array.of(200))
    assert.isFalse(ConsistencyProof.verify({ ...claim, from: { size: first, root: forged } }))
    assert.isFalse(ConsistencyProof.verify({ ...claim, proof: [...claim.proof, forged] }))
    if (first > 0) assert.isFalse(ConsistencyProof.verify({ ...claim, to: { size: second, root: forged } }))
    if (first > 0 && first < second) {
      assert.isFalse(ConsistencyProof.verify({ ...claim, proof: claim.proof.slice(1) }))
      assert.isFalse(ConsistencyProof.verify({ ...claim, proof: [] }))
    }
    if (first < second) assert.isFalse(ConsistencyProof.verify({ from: claim.to, to: claim.from, proof: claim.proof }))
  })
})
