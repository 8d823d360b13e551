/**
 * What a session's own key says of the small notes beside its sealed entries, with nothing but `node:crypto`.
 *
 * Every kind of note has a key of its own: the seed signs, and the cache's key seals (RFC 5869 §3.2).
 */
import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto"

/** HMAC-SHA256 over the lines, base64url, under HKDF-SHA256 of the seed; no line may hold a line end. */
export const of = (seed: Uint8Array, info: string, lines: ReadonlyArray<string>): string => {
  const key = new Uint8Array(hkdfSync("sha256", seed, new Uint8Array(0), info, 32))
  return createHmac("sha256", key).update(lines.join("\n")).digest("base64url")
}

/** In constant time. */
export const equals = (given: string, own: string): boolean => {
  const [left, right] = [Buffer.from(given, "base64url"), Buffer.from(own, "base64url")]
  return left.length === right.length && timingSafeEqual(left, right)
}
