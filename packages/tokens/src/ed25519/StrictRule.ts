/**
 * What both implementations ask of a signature's encoding before any curve arithmetic (formats §1).
 *
 * Only public bytes are compared here, so the comparisons need not take constant time.
 */
import * as Hex from "effect/encoding/Hex"
import * as Result from "effect/Result"

export const signatureLength = 64

const halfLength = 32

// p = 2^255 - 19 and the order L of the base point (RFC 8032 §5.1), both little-endian.
const p = littleEndian("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed")
const order = littleEndian("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed")

// The y coordinates, without sign bit, of the eight points whose order divides the cofactor; non-canonical forms of
// them fall to `isCanonical`, so these five stand for all fourteen encodings.
const smallOrderY = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000001",
  "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec",
  "05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826",
  "7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd83d3d8d6a17c7"
].map(littleEndian)

/** Whether the y coordinate of an encoded point is below p (RFC 8032 §5.1.3). */
export const isCanonical = (point: Uint8Array): boolean => compare(point, p, signBitCleared) < 0

/** Whether a canonical encoding is that of a point of small order. */
export const isSmallOrder = (point: Uint8Array): boolean =>
  smallOrderY.some((y) => compare(point, y, signBitCleared) === 0)

/** Whether a signature is well-formed: 64 bytes, R canonical and not of small order, S < L (RFC 8032 §5.1.7). */
export const isWellFormed = (signature: Uint8Array): boolean => {
  if (signature.length !== signatureLength) return false
  const r = signature.subarray(0, halfLength)
  return isCanonical(r) && !isSmallOrder(r) && compare(signature.subarray(halfLength), order, allBits) < 0
}

const signBitCleared = 0x7f
const allBits = 0xff

function compare(a: Uint8Array, b: Uint8Array, topMask: number): number {
  for (let at = halfLength - 1; at >= 0; at--) {
    const difference = (a[at]! & (at === halfLength - 1 ? topMask : allBits)) - b[at]!
    if (difference !== 0) return difference
  }
  return 0
}

function littleEndian(bigEndian: string): Uint8Array {
  return Result.getOrThrow(Hex.decode(bigEndian)).reverse()
}
