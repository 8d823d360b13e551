/**
 * What both implementations ask of a signature's encoding before any curve arithmetic (formats §1).
 *
 * Only public bytes are compared here, so the comparisons need not take constant time.
 */
const signatureLength = 64

// The field's prime p and the order L of the base point (RFC 8032 §5.1).
const p = 2n ** 255n - 19n
const order = 2n ** 252n + 27742317777372353535851937790883648493n

// The y coordinates of the eight points whose order divides the cofactor. An encoding adds the sign of x, and the
// non-canonical ones fall to `isCanonical`: these five stand for all fourteen encodings.
const smallOrder = new Set([
  0n,
  1n,
  p - 1n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd83d3d8d6a17c7n
])

/** Whether the y coordinate of an encoded point is below p (RFC 8032 §5.1.3). */
export const isCanonical = (point: Uint8Array): boolean => y(point) < p

/** Whether a canonical encoding is that of a point of small order. */
export const isSmallOrder = (point: Uint8Array): boolean => smallOrder.has(y(point))

/** Whether a signature is well-formed: 64 bytes, R canonical and not of small order, S < L (RFC 8032 §5.1.7). */
export const isWellFormed = (signature: Uint8Array): boolean =>
  signature.length === signatureLength &&
  isCanonical(signature) &&
  !isSmallOrder(signature) &&
  littleEndian(signature.subarray(signatureLength / 2)) < order

// The top bit of an encoded point is the sign of x.
const y = (point: Uint8Array): bigint => BigInt.asUintN(255, littleEndian(point))

/** The first 32 bytes as a number. */
const littleEndian = (bytes: Uint8Array): bigint => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return [24, 16, 8, 0].reduce((value, at) => (value << 64n) | view.getBigUint64(at, true), 0n)
}
