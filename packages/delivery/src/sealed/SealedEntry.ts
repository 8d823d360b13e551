/**
 * The bytes of a sealed cache entry (formats §4), with nothing but `node:crypto`: the hot path loads this file alone.
 *
 * A credential at rest opens only with the seed of the session that it was issued to, and only as the answer to the very
 * request that it answered: both stand in the associated data, so a file that was swapped or renamed does not open.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto"

/** What is sealed. */
export interface Content {
  readonly credentials: {
    readonly provider: string
    /** The end that the issuer of the credential names, in seconds. */
    readonly expires: number
    /** The members of the provider's credential document. */
    readonly secret: Readonly<Record<string, string>>
  }
  /** From then on the entry is not used, in seconds: the credential's end or the session's, whichever is first. */
  readonly not_after: number
  /** The store's generation as read in the transaction of the decision. */
  readonly generation: number
}

/** What an entry belongs to. */
export interface Place {
  /** The 32 bytes of the session's seed. */
  readonly seed: Uint8Array
  /** The session's storage id. */
  readonly session: string
  /** The digest that decides reuse, base64url. */
  readonly reuse: string
}

/** Why an entry was not opened or is not used; every reason means: ask the broker. */
export type Refusal = "malformed" | "elsewhere" | "unsealable" | "generation" | "expired"

export type Opened = { readonly ok: true; readonly content: Content } | { readonly ok: false; readonly reason: Refusal }

/** An entry is a few kilobytes; what is larger was not written here. */
export const maxBytes = 64 * 1024

export const nonceLength = 12
const tagLength = 16
const members = ["v", "session", "reuse", "nonce", "ciphertext"]
const base64url = /^[A-Za-z0-9_-]+$/u

/** Seals an entry as compact JSON. The nonce is random; only vectors name their own. */
export const seal = (place: Place, content: Content, nonce: Uint8Array = randomBytes(nonceLength)): string => {
  const { credentials, not_after, generation } = content
  const { provider, expires, secret } = credentials
  const cipher = createCipheriv("aes-256-gcm", key(place.seed), nonce, { authTagLength: tagLength })
  cipher.setAAD(associatedData(place))
  const plain = JSON.stringify({ credentials: { provider, expires, secret }, not_after, generation })
  const sealed = Buffer.concat([cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()])
  return JSON.stringify({
    v: 1,
    session: place.session,
    reuse: place.reuse,
    nonce: Buffer.from(nonce).toString("base64url"),
    ciphertext: sealed.toString("base64url")
  })
}

/** Opens an entry. Never throws: anything but an entry of this place, whole and unchanged, is a refusal. */
export const open = (place: Place, text: string): Opened => {
  const entry = parse(text)
  if (entry === undefined) return { ok: false, reason: "malformed" }
  if (entry.session !== place.session || entry.reuse !== place.reuse) return { ok: false, reason: "elsewhere" }
  const content = decrypt(place, entry)
  return content === undefined ? { ok: false, reason: "unsealable" } : { ok: true, content }
}

/**
 * Opens an entry for use: it must also be of the generation that the store is at, and have more than `minimum` seconds
 * left. A generation that cannot be read (`undefined`) uses nothing.
 */
export const use = (
  place: Place,
  text: string,
  now: { readonly time: number; readonly generation: number | undefined; readonly minimum: number }
): Opened => {
  const opened = open(place, text)
  if (!opened.ok) return opened
  if (opened.content.generation !== now.generation) return { ok: false, reason: "generation" }
  if (opened.content.not_after - now.time <= now.minimum) return { ok: false, reason: "expired" }
  return opened
}

const key = (seed: Uint8Array): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", seed, new Uint8Array(0), "bailiwick/cache/v1", 32))

const associatedData = (place: Place): Buffer => Buffer.from(`${place.session}\n${place.reuse}`, "utf8")

interface Entry {
  readonly session: string
  readonly reuse: string
  readonly nonce: Buffer
  readonly sealed: Buffer
}

// Only the compact form is read, which is the form that is written: writing again what was read and comparing finds a
// duplicate member, a stranger member, another order and every second spelling, without a parser of our own here.
const parse = (text: string): Entry | undefined => {
  if (text.length > maxBytes) return undefined
  const value = json(text)
  if (!isRecord(value) || JSON.stringify(value, members) !== text || value.v !== 1) return undefined
  const { session, reuse, nonce, ciphertext } = value
  if (typeof session !== "string" || typeof reuse !== "string") return undefined
  const nonceBytes = decode(nonce)
  const sealed = decode(ciphertext)
  if (nonceBytes?.length !== nonceLength || sealed === undefined || sealed.length <= tagLength) return undefined
  return { session, reuse, nonce: nonceBytes, sealed }
}

const decrypt = (place: Place, entry: Entry): Content | undefined => {
  const split = entry.sealed.length - tagLength
  // A short tag would be easier to forge; Node takes any length unless the one length is named (NIST SP 800-38D §5.2.1.2).
  const decipher = createDecipheriv("aes-256-gcm", key(place.seed), entry.nonce, { authTagLength: tagLength })
  decipher.setAAD(associatedData(place))
  decipher.setAuthTag(entry.sealed.subarray(split))
  try {
    const plain = Buffer.concat([decipher.update(entry.sealed.subarray(0, split)), decipher.final()])
    return content(json(plain.toString("utf8")))
  } catch {
    return undefined
  }
}

// What opens was written by a holder of the seed; the shape is checked so that a later version's content is a miss.
const content = (value: unknown): Content | undefined => {
  if (!isRecord(value) || !isRecord(value.credentials)) return undefined
  const { not_after, generation } = value
  const { provider, expires, secret } = value.credentials
  if (!isCount(not_after) || !isCount(generation) || !isCount(expires)) return undefined
  if (typeof provider !== "string" || !isRecord(secret) || !isTexts(secret)) return undefined
  return { credentials: { provider, expires, secret }, not_after, generation }
}

const json = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const decode = (value: unknown): Buffer | undefined => {
  if (typeof value !== "string" || !base64url.test(value)) return undefined
  const bytes = Buffer.from(value, "base64url")
  return bytes.toString("base64url") === value ? bytes : undefined
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isTexts = (value: Record<string, unknown>): value is Record<string, string> =>
  Object.values(value).every((member) => typeof member === "string")

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0
