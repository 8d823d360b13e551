/**
 * What somebody can make who holds keys and can read: signed objects of any content, honest or not.
 *
 * Written on Node's own cryptography from the formats alone, so that it neither shares the command's mistakes nor its
 * scruples: what the command would refuse to sign is signed here.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
  sign
} from "node:crypto"

export interface Key {
  readonly seed: Buffer
  readonly jwk: { readonly kty: "OKP"; readonly crv: "Ed25519"; readonly x: string }
  readonly kid: string
  readonly secret: KeyObject
}

/** What `JSON.parse` gives: the tests look at what somebody else wrote, and fail where it is not there. */
export type Json = ReturnType<typeof JSON.parse>

export type Payload = Readonly<Record<string, Json>>

export interface Root {
  readonly payload: string
  readonly signatures: ReadonlyArray<{ readonly protected: string; readonly signature: string }>
}

export interface Chain {
  readonly v: 1
  readonly tokens: readonly [Root, ...ReadonlyArray<string>]
}

export interface Token extends Chain {
  /** Of a bearer token. */
  readonly holder_seed?: string
}

const base64url = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString("base64url")
const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest()

export const key = (seed: Uint8Array): Key => {
  // RFC 8410 §7: the PKCS #8 frame of an Ed25519 seed.
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed])
  const secret = createPrivateKey({ key: der, format: "der", type: "pkcs8" })
  const { x = "" } = createPublicKey(secret).export({ format: "jwk" })
  const jwk = { kty: "OKP", crv: "Ed25519", x } as const
  // RFC 7638 §3.2: the required members in the order of their names.
  const kid = base64url(sha256(JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x })))
  return { seed: Buffer.from(seed), jwk, kid, secret }
}

export const newKey = (): Key =>
  key(Buffer.from(generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" }).d ?? "", "base64url"))

export const newId = (): string => base64url(randomBytes(16))

const part = (header: Payload, payload: string, { kid, secret }: Key) => {
  const { role, ...rest } = header
  const encoded = base64url(JSON.stringify({ alg: "Ed25519", ...rest, kid, ...(role === undefined ? {} : { role }) }))
  return { protected: encoded, signature: base64url(sign(null, Buffer.from(`${encoded}.${payload}`), secret)) }
}

export const compact = (typ: string, payload: Payload, by: Key): string => {
  const encoded = base64url(JSON.stringify(payload))
  const entry = part({ typ: `bailiwick-${typ}+jws` }, encoded, by)
  return `${entry.protected}.${encoded}.${entry.signature}`
}

export const root = (payload: Payload, keys: { readonly delegator: Key; readonly binding: Key }): Root => {
  const encoded = base64url(JSON.stringify(payload))
  const typ = "bailiwick-root+jws"
  return {
    payload: encoded,
    signatures: [
      part({ typ, role: "delegator" }, encoded, keys.delegator),
      part({ typ, role: "binding" }, encoded, keys.binding)
    ]
  }
}

/** The key under which a human's delegation to an agent stands (formats §2). */
export const delegationKey = (identity: Uint8Array, { agent, project, salt }: Payload): Key =>
  key(
    Buffer.from(
      hkdfSync("sha256", identity, Buffer.from(salt, "base64url"), `bailiwick/delegation/v1\0${project}\0${agent}`, 32)
    )
  )

export const payload = (token: Root | string): Payload => {
  const [, middle = ""] = typeof token === "string" ? token.split(".") : ["", token.payload]
  return JSON.parse(Buffer.from(middle, "base64url").toString())
}

/** The same token with another payload and the signature as it was. */
export const edited = (token: string, change: Payload): string => {
  const [header, , signature] = token.split(".")
  return `${header}.${base64url(JSON.stringify({ ...payload(token), ...change }))}.${signature}`
}

/** What a child names its parent by, and a redemption the session that won. */
export const hash = (token: Root | string): string =>
  base64url(
    sha256(
      typeof token === "string"
        ? token.slice(0, token.lastIndexOf("."))
        : `${token.signatures[0]?.protected}.${token.payload}`
    )
  )

/** The hop that goes on from the end of a chain: its parent's claims, and whatever is to differ. */
export const hop = (typ: "session" | "grant", chain: Chain, by: Key, change: Payload): Chain => {
  const parent = chain.tokens.at(-1) ?? chain.tokens[0]
  const { v, human, agent, project, aud, exp, depth, max_depth, policy, targets, budget, scopes, accept_unenforced } =
    payload(parent)
  const iat = Math.floor(Date.now() / 1000)
  const claims: Payload = {
    v,
    jti: newId(),
    project,
    human,
    agent,
    cnf: { jwk: newKey().jwk },
    aud,
    iat,
    exp,
    ...(typ === "grant" ? { redeem_by: Math.min(exp, iat + 600) } : {}),
    depth: typ === "grant" ? depth + 1 : depth,
    max_depth,
    policy,
    targets,
    budget,
    scopes,
    accept_unenforced,
    par_hash: hash(parent),
    ...change
  }
  return { v: 1, tokens: [...chain.tokens, compact(typ, claims, by)] }
}

export const read = (text: string): Token =>
  JSON.parse(Buffer.from(text.replace(/^bw_db?_/u, ""), "base64url").toString())

export const text = ({ holder_seed, tokens, v }: Token): string =>
  holder_seed === undefined
    ? `bw_d_${base64url(JSON.stringify({ v, tokens }))}`
    : `bw_db_${base64url(JSON.stringify({ v, tokens, holder_seed }))}`

/** The holder of a bearer token. */
export const holder = ({ holder_seed = "" }: Token): Key => key(Buffer.from(holder_seed, "base64url"))

/** Under which a session is kept (formats §4). */
export const storageId = (project: string, member: string, { jwk }: Key): string =>
  sha256(`${project}:${member}:${Buffer.from(jwk.x, "base64url").toString("hex")}`)
    .subarray(0, 12)
    .toString("hex")

export const sessionValue = (id: string, seed: Uint8Array): string =>
  `bw_s_${Buffer.concat([Buffer.from(id, "hex"), seed]).toString("base64")}`

export const readSession = (value: string): { readonly id: string; readonly key: Key } => {
  const bytes = Buffer.from(value.slice(5), "base64")
  return { id: bytes.subarray(0, 12).toString("hex"), key: key(bytes.subarray(12, 44)) }
}

/** Hex, over a text as it stands, as people's sessions carry it (formats §4). */
export const signature = (text: string, { secret }: Key): string =>
  sign(null, Buffer.from(text), secret).toString("hex")
