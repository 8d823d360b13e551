import * as Base64Url from "@bailiwick/core/Base64Url"
import { StorageId } from "@bailiwick/core/StorageId"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Ed25519 from "@bailiwick/tokens/Ed25519"
import * as PrivateSeed from "@bailiwick/tokens/PrivateSeed"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as SignatureBase from "@bailiwick/tokens/request/SignatureBase"
import * as RequestSignature from "@bailiwick/tokens/RequestSignature"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import rfc9421 from "./vectors/rfc9421.json" with { type: "json" }
import * as World from "./World.ts"

type Request = RequestSignature.Request

const { now } = World
const authority = "bw.example.com"
const id = StorageId.make("00112233445566778899aabb")
const nonce = Base64Url.encode(new Uint8Array(16).fill(5))

const get: Request = {
  method: "GET",
  authority,
  path: "/v1/sessions",
  query: "?",
  fields: [["Accept", "application/json"]],
  body: new Uint8Array()
}

const post: Request = {
  method: "POST",
  authority,
  path: "/v1/sessions/a%2Fb",
  query: "?x=1&y=%20",
  fields: [
    ["Content-Type", "application/json"],
    ["Idempotency-Key", "k-1"]
  ],
  body: new TextEncoder().encode(`{"ttl":900}`)
}

const signed = Effect.fnUntraced(function* (
  request: Request,
  options: { readonly lifetime?: number; readonly created?: UnixTime.UnixTime } = {}
) {
  const fields = yield* RequestSignature.sign({
    request,
    session: { id, seed: World.seed("session") },
    created: now,
    nonce,
    ...options
  })
  return { ...request, fields: [...request.fields, ...fields] }
})

const verify = Effect.fnUntraced(function* (request: Request, at = now, key = "session") {
  return yield* RequestSignature.verify({ request, key: yield* World.keyOf(key), authority, now: at })
})

const refused = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>, tag: string) {
  const error = yield* Effect.flip(effect)
  assert.instanceOf(error, RequestSignature.RequestError)
  assert.strictEqual(error.reason._tag, tag, error.message)
})

/** The request with one field rewritten; undefined takes it away. */
const rewrite = (request: Request, name: string, edit: (value: string) => string | undefined): Request => ({
  ...request,
  fields: request.fields.flatMap(([one, value]) => {
    if (one.toLowerCase() !== name) return [[one, value] as const]
    const edited = edit(value)
    return edited === undefined ? [] : [[one, edited] as const]
  })
})

const field = (request: Request, name: string): string =>
  request.fields.find(([one]) => one.toLowerCase() === name)?.[1] ?? assert.fail(`${name} is missing`)

/** Signs parameters of the test's own choosing, as a holder of the key could. */
const forged = Effect.fnUntraced(function* (request: Request, edit: (parameters: string) => string) {
  const honest = yield* signed(request)
  const parameters = edit(field(honest, "signature-input").slice("bw=".length))
  const covered = [...parameters.matchAll(/"([^"\s]+)"(?=[ )])/gu)].map(([, name = ""]) => name)
  const values: Readonly<Record<string, string>> = {
    "@method": honest.method,
    "@authority": honest.authority,
    "@path": honest.path,
    "@query": honest.query
  }
  const base = SignatureBase.make(
    covered.map((name) => [name, values[name] ?? field(honest, name)] as const),
    parameters
  )
  const signature = yield* (yield* Ed25519.Ed25519).sign(World.seed("session"), new TextEncoder().encode(base))
  return rewrite(
    rewrite(honest, "signature-input", () => `bw=${parameters}`),
    "signature",
    () => `bw=:${Buffer.from(signature).toString("base64")}:`
  )
})

layer(World.TestLayer)("RequestSignature", (it) => {
  it.effect("builds the signature base of RFC 9421 B.2.6, and its very signature", () =>
    Effect.gen(function* () {
      const ed25519 = yield* Ed25519.Ed25519
      const seed = PrivateSeed.fromBytes(Buffer.from(rfc9421.seed, "base64url"))
      const components = rfc9421.components.map(([name = "", value = ""]) => [name, value] as const)
      const base = new TextEncoder().encode(SignatureBase.make(components, rfc9421.parameters))
      assert.deepStrictEqual<unknown>(PublicKey.toJwk(yield* ed25519.publicKey(seed)), rfc9421.key)
      assert.strictEqual(Buffer.from(yield* ed25519.sign(seed, base)).toString("base64"), rfc9421.signature)
    })
  )

  it.effect("verifies what it signed, with and without a body", () =>
    Effect.gen(function* () {
      for (const request of [get, post]) {
        const proof = yield* verify(yield* signed(request))
        assert.deepStrictEqual<unknown>(proof, { session: id, nonce, created: now, expires: now + 60 })
      }
    })
  )

  it.effect("writes the components and parameters of the profile in their order", () =>
    Effect.gen(function* () {
      const tail = `;created=${now};expires=${now + 60};nonce="${nonce}";tag="bailiwick-req-v1"`
      assert.strictEqual(
        field(yield* signed(get), "signature-input"),
        `bw=("@method" "@authority" "@path" "@query" "authorization")${tail}`
      )
      assert.strictEqual(
        field(yield* signed(post), "signature-input"),
        `bw=("@method" "@authority" "@path" "@query" "authorization" "content-type" "content-digest" "idempotency-key")${tail}`
      )
      assert.strictEqual(field(yield* signed(get), "authorization"), `Bailiwick ${id}`)
    })
  )

  it.effect("does not care about the case of field names and of the host, or about blanks around values", () =>
    Effect.gen(function* () {
      const request = yield* signed(post)
      yield* verify({ ...request, authority: "BW.Example.COM" })
      yield* verify({ ...request, fields: request.fields.map(([name, value]) => [name.toUpperCase(), ` ${value}\t`]) })
    })
  )

  for (const [name, edit] of [
    ["method", (request: Request): Request => ({ ...request, method: "PUT" })],
    ["method's case", (request: Request): Request => ({ ...request, method: "post" })],
    ["path", (request: Request): Request => ({ ...request, path: "/v1/sessions/b" })],
    ["path's encoding", (request: Request): Request => ({ ...request, path: "/v1/sessions/a%2fb" })],
    ["query", (request: Request): Request => ({ ...request, query: "?x=2&y=%20" })],
    ["session", (request: Request) => rewrite(request, "authorization", (value) => value.replace("00", "01"))],
    ["content type", (request: Request) => rewrite(request, "content-type", () => "text/plain")],
    ["idempotency key", (request: Request) => rewrite(request, "idempotency-key", () => "k-2")],
    [
      "created",
      (request: Request) => rewrite(request, "signature-input", (value) => value.replace(`${now}`, `${now - 1}`))
    ],
    [
      "nonce",
      (request: Request) => rewrite(request, "signature-input", (value) => value.replace(nonce, "A".repeat(22)))
    ]
  ] as const) {
    it.effect(`refuses another ${name} than was signed`, () =>
      Effect.gen(function* () {
        yield* refused(verify(edit(yield* signed(post))), "BadSignature")
      })
    )
  }

  it.effect("refuses another body, and a digest of another body before that", () =>
    Effect.gen(function* () {
      const request = yield* signed(post)
      yield* refused(verify({ ...request, body: new TextEncoder().encode(`{"ttl":901}`) }), "WrongDigest")
      const other = field(yield* signed({ ...post, body: new Uint8Array(3) }), "content-digest")
      yield* refused(verify(rewrite(request, "content-digest", () => other)), "BadSignature")
    })
  )

  it.effect("checks signature, digest and times in this order", () =>
    Effect.gen(function* () {
      const request = yield* signed(post)
      const late = UnixTime.plus(now, 1000)
      const wrong = { ...request, body: new Uint8Array(5) }
      yield* refused(verify({ ...wrong, method: "PUT" }, late), "BadSignature")
      yield* refused(verify(wrong, late), "WrongDigest")
      yield* refused(verify(request, late), "NotFresh")
    })
  )

  it.effect("refuses another key's signature, and any flipped bit of the right one's", () =>
    Effect.gen(function* () {
      const request = yield* signed(get)
      yield* refused(verify(request, now, "another"), "BadSignature")
      const bytes = Buffer.from(field(request, "signature").slice(4, -1), "base64")
      for (let bit = 0; bit < bytes.length * 8; bit += 5) {
        const flipped = bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
        yield* refused(
          verify(rewrite(request, "signature", () => `bw=:${Buffer.from(flipped).toString("base64")}:`)),
          "BadSignature"
        )
      }
    })
  )

  it.effect("is fresh for half a minute around its creation, and never at or behind its end", () =>
    Effect.gen(function* () {
      const request = yield* signed(get)
      for (const at of [-30, 30]) yield* verify(request, UnixTime.plus(now, at))
      for (const at of [-31, 31]) yield* refused(verify(request, UnixTime.plus(now, at)), "NotFresh")
      const short = yield* signed(get, { lifetime: 10 })
      yield* verify(short, UnixTime.plus(now, 9))
      yield* refused(verify(short, UnixTime.plus(now, 10)), "NotFresh")
      for (const lifetime of [0, 61]) yield* refused(signed(get, { lifetime }), "NotFresh")
    })
  )

  it.effect("refuses a signature that says to last longer than a minute, or to end before it begins", () =>
    Effect.gen(function* () {
      const lasting = (end: number) => (parameters: string) =>
        parameters.replace(/expires=\d+/u, `expires=${now + end}`)
      yield* verify(yield* forged(get, lasting(60)))
      yield* refused(verify(yield* forged(get, lasting(61))), "NotFresh")
      yield* refused(verify(yield* forged(get, lasting(0))), "NotFresh")
      const backwards = (parameters: string) =>
        parameters
          .replace(`created=${now}`, `created=${now + 20}`)
          .replace(`expires=${now + 60}`, `expires=${now + 10}`)
      yield* refused(verify(yield* forged(get, backwards)), "NotFresh")
    })
  )

  for (const [name, edit] of [
    ["leaves out the body's digest", (text: string) => text.replace(' "content-digest"', "")],
    ["leaves out the query", (text: string) => text.replace(' "@query"', "")],
    ["leaves out the idempotency key", (text: string) => text.replace(' "idempotency-key"', "")],
    ["covers in another order", (text: string) => text.replace('"@method" "@authority"', '"@authority" "@method"')],
    ["covers more", (text: string) => text.replace('"idempotency-key"', '"idempotency-key" "@method"')]
  ] as const) {
    it.effect(`refuses a good signature that ${name}`, () =>
      Effect.gen(function* () {
        yield* refused(verify(yield* forged(post, edit)), "NotCovered")
      })
    )
  }

  for (const [name, edit] of [
    ["a key id", (text: string) => `${text};keyid="me"`],
    ["an algorithm", (text: string) => text.replace(";tag", ';alg="ed25519";tag')],
    ["another tag", (text: string) => text.replace("req-v1", "req-v2")],
    ["no tag", (text: string) => text.replace(';tag="bailiwick-req-v1"', "")],
    ["no nonce", (text: string) => text.replace(/;nonce="[^"]*"/u, "")],
    ["a short nonce", (text: string) => text.replace(nonce, "AAAA")],
    ["a nonce with unused bits", (text: string) => text.replace(nonce, `${nonce.slice(0, -1)}R`)],
    ["parameters in another order", (text: string) => text.replace(/(;created=\d+)(;expires=\d+)/u, "$2$1")],
    ["a fraction in a time", (text: string) => text.replace(/(created=\d+)/u, "$1.0")],
    ["a leading zero in a time", (text: string) => text.replace("created=", "created=0")],
    ["a time out of range", (text: string) => text.replace(/expires=\d+/u, "expires=999999999999")],
    ["a parameter on a component", (text: string) => text.replace('"@path"', '"@path";req')],
    ["a blank more", (text: string) => text.replace('" "', '"  "')]
  ] as const) {
    it.effect(`refuses a good signature with ${name}`, () =>
      Effect.gen(function* () {
        const request = yield* forged(get, edit)
        const error = yield* Effect.flip(verify(request))
        assert.include(["Malformed", "NotCovered"], error.reason._tag)
      })
    )
  }

  for (const name of [
    "authorization",
    "signature",
    "signature-input",
    "content-digest",
    "content-type",
    "idempotency-key"
  ]) {
    it.effect(`refuses ${name} twice`, () =>
      Effect.gen(function* () {
        const request = yield* signed(post)
        const twice = { ...request, fields: [...request.fields, [name, field(request, name)] as const] }
        yield* refused(verify(twice), "Malformed")
      })
    )
  }

  for (const name of ["authorization", "signature", "signature-input", "content-digest"]) {
    it.effect(`refuses a request without ${name}`, () =>
      Effect.gen(function* () {
        yield* refused(verify(rewrite(yield* signed(post), name, () => undefined)), "Malformed")
      })
    )
  }

  it.effect("refuses a field that the signature does not cover", () =>
    Effect.gen(function* () {
      const request = yield* signed(get)
      const added = (name: string, value: string) => ({
        ...request,
        fields: [...request.fields, [name, value] as const]
      })
      yield* refused(verify(added("content-type", "text/plain")), "NotCovered")
      yield* refused(verify(added("idempotency-key", "k")), "NotCovered")
      yield* refused(verify(added("content-digest", "sha-256=:AAAA:")), "Malformed")
      yield* refused(verify({ ...request, body: new Uint8Array(1) }), "Malformed")
    })
  )

  it.effect("refuses two signatures, another label, and other schemes or ids", () =>
    Effect.gen(function* () {
      const request = yield* signed(get)
      for (const [name, edit] of [
        ["signature-input", (value: string) => `${value}, other=()`],
        ["signature-input", (value: string) => value.replace("bw=", "sig1=")],
        ["signature", (value: string) => `${value}, other=:AAAA:`],
        ["signature", (value: string) => value.replace("bw=", "sig1=")],
        ["signature", (value: string) => value.replace("==:", ":")],
        // The last character before the padding carries two bits: only A, Q, g and w leave the unused ones zero.
        ["signature", (value: string) => value.replace(/.==:/u, "B==:")],
        ["authorization", (value: string) => value.replace("Bailiwick", "Bearer")],
        ["authorization", (value: string) => `${value}00`],
        ["authorization", () => "Bailiwick ../../etc/passwd"]
      ] as const) {
        yield* refused(verify(rewrite(request, name, edit)), "Malformed")
      }
      assert.strictEqual(Result.getOrThrow(RequestSignature.sessionOf(request)), id)
    })
  )

  it.effect("refuses line ends, control characters and text outside ASCII, signed or received", () =>
    Effect.gen(function* () {
      for (const wrong of [
        { ...get, method: "GET\n" },
        { ...get, path: "v1" },
        { ...get, path: '/a\n"@query": ?' },
        { ...get, path: "/a?b" },
        { ...get, query: "x=1" },
        { ...get, query: "?é" },
        { ...get, fields: [["content-type", "a\r\nb"] as const] },
        { ...get, fields: [["idempotency-key", ""] as const] }
      ]) {
        yield* refused(signed(wrong), "Malformed")
      }
    })
  )

  it.effect("refuses a request for another address, and a body over 1 MiB", () =>
    Effect.gen(function* () {
      const request = yield* signed({ ...get, authority: "evil.example.com" })
      yield* refused(verify(request), "WrongAuthority")
      yield* refused(verify({ ...request, authority }), "BadSignature")
      yield* signed({ ...post, body: new Uint8Array(RequestSignature.maxBody) })
      yield* refused(signed({ ...post, body: new Uint8Array(RequestSignature.maxBody + 1) }), "TooLarge")
    })
  )

  it.effect("makes a new nonce every time", () =>
    Effect.gen(function* () {
      const [one, other] = [yield* RequestSignature.newNonce, yield* RequestSignature.newNonce]
      assert.notStrictEqual(one, other)
      assert.strictEqual(one.length, 22)
    })
  )
})
