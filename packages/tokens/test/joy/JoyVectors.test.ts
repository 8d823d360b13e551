import * as Vectors from "@bailiwick/testkit/Vectors"
import * as Ed25519 from "@bailiwick/tokens/Ed25519"
import * as JoyClaims from "@bailiwick/tokens/joy/JoyClaims"
import * as JoyEnv from "@bailiwick/tokens/joy/JoyEnv"
import type * as JoyError from "@bailiwick/tokens/joy/JoyError"
import * as JoyInspect from "@bailiwick/tokens/joy/JoyInspect"
import * as JoyKeys from "@bailiwick/tokens/joy/JoyKeys"
import * as JoyMember from "@bailiwick/tokens/joy/JoyMember"
import * as JoyProject from "@bailiwick/tokens/joy/JoyProject"
import * as JoyRedemption from "@bailiwick/tokens/joy/JoyRedemption"
import * as JoyResolution from "@bailiwick/tokens/joy/JoyResolution"
import * as JoySession from "@bailiwick/tokens/joy/JoySession"
import * as JoyTime from "@bailiwick/tokens/joy/JoyTime"
import * as JoyToken from "@bailiwick/tokens/joy/JoyToken"
import * as PrivateSeed from "@bailiwick/tokens/PrivateSeed"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Index, type Session, type Token } from "./VectorIndex.ts"

const services = Ed25519.Ed25519.layerNode.pipe(Layer.provideMerge(NodeCrypto.layer))

const seed = (hex: string) => PrivateSeed.fromBytes(Buffer.from(hex, "hex"))
const hex = (key: PrivateSeed.PrivateSeed) => Buffer.from(Redacted.value(key)).toString("hex")
const time = (text: string) => Option.getOrThrow(JoyTime.parse(text))
const publicOf = (key: PrivateSeed.PrivateSeed) =>
  Effect.gen(function* () {
    const ed25519 = yield* Ed25519.Ed25519
    return PublicKey.toHex(yield* ed25519.publicKey(key))
  })

/** What Joy's own sentence says, as our reason: the order of the refusals is compared with it. */
const expected = (error: string | undefined): JoyError.Reason["_tag"] | undefined => {
  if (error === undefined) return undefined
  if (error.includes("different project")) return "WrongProject"
  if (error.includes("expired")) return "Expired"
  if (error.includes("Odd number of digits") || error.includes("Invalid character")) return "SignatureNotHex"
  return "BadSignature"
}

/** The seed's own verdicts, and those of the generations that we sign for. */
const generations: Readonly<Record<string, JoyClaims.Generation>> = {
  "0.12.0": "0.16",
  "0.16.4": "0.16",
  "0.19.0": "0.19",
  "0.24.0": "0.20"
}

Vectors.suite("Joy vectors", "joy", (vectors) => {
  const index = Schema.decodeUnknownSync(Index)(vectors.json("index.json"))
  const key = (name: string) => {
    const found = index.keys[name]
    if (found === undefined) throw new Error(`no key ${name}`)
    return found
  }

  it.effect("keys: all 13 seeds give their public keys", () =>
    Effect.gen(function* () {
      const keys = Object.values(index.keys)
      assert.strictEqual(keys.length, 13)
      for (const one of keys) assert.strictEqual(yield* publicOf(seed(one.seed)), one.public)
    }).pipe(Effect.provide(services))
  )

  it.effect("sessions: every check of 74 files, by the seed and by the generations that it can tell", () =>
    Effect.gen(function* () {
      let total = 0
      for (const entry of index.sessions) total += yield* checkSession(entry, vectors.text(entry.file))
      assert.deepStrictEqual({ files: index.sessions.length, checks: total }, { files: 74, checks: 356 })
    }).pipe(Effect.provide(services))
  )

  const checkSession = Effect.fnUntraced(function* (entry: Session, text: string) {
    let total = 0
    for (const check of entry.checks) {
      const generation = generations[check.by]
      // 0.24 counts a session with the old form of an AI's name as none: a rule of its loader, not of its reader.
      if (generation === undefined || check.load === "none") continue
      total += 1
      const message = `${entry.id} by ${check.by}`
      const session = JoySession.decode(text, generation)
      assert.strictEqual(Result.isSuccess(session), check.load === "ok", message)
      if (Result.isFailure(session)) continue
      assert.strictEqual(JoyClaims.signedText(session.success.claims, generation), check.signed_text, message)
      const verdict = yield* JoySession.validate({
        session: session.success,
        key: yield* PublicKey.fromHex(check.public_key),
        project: check.project_id,
        at: time(check.now)
      }).pipe(
        Effect.as(undefined),
        Effect.catchTag("JoyError", (error) => Effect.succeed(error.reason._tag))
      )
      assert.strictEqual(verdict, expected(check.error), message)
    }
    return total
  })

  it.effect("sessions: inspection says what the seed says, for every one of its 148 checks", () =>
    Effect.gen(function* () {
      let total = 0
      for (const entry of index.sessions) {
        for (const check of entry.checks.filter(({ by }) => by === "0.16.4")) {
          total += 1
          const identity = yield* PublicKey.fromHex(check.public_key)
          const inspection = yield* JoyInspect.inspect({
            input: vectors.text(entry.file),
            project: check.project_id,
            keys: { identity },
            at: time(check.now)
          })
          assert.strictEqual(inspection.kind, "joy-session")
          assert.strictEqual(inspection.verdict, check.verdict === "ok" ? "verified" : "refused", entry.id)
        }
      }
      assert.strictEqual(total, 148)
    }).pipe(Effect.provide(services))
  )

  it.effect(
    "sessions: what was not edited is written again to the byte, with the same signature, under the same name",
    () =>
      Effect.gen(function* () {
        let total = 0
        for (const entry of index.sessions.filter(({ how }) => how !== "edited")) {
          total += 1
          const text = vectors.text(entry.file)
          const generation = entry.written_by.startsWith("0.19") ? "0.19" : JoySession.generationOf(text)
          const session = Result.getOrThrow(JoySession.decode(text, generation))
          const { signing_key, signing_seed } = entry.inputs
          const again = yield* JoySession.sign({
            claims: session.claims,
            key: seed(signing_seed ?? key(signing_key ?? "").seed),
            generation,
            ...(session.members_zone_key === undefined ? {} : { members_zone_key: session.members_zone_key })
          })
          // Since 0.21 a person's own seed may stand in the file; it is never written here.
          const expectedText = text.replace(/,\n {2}"chat_seed": "[0-9a-f]{64}"/u, "")
          assert.strictEqual(JoySession.encode(again), expectedText, entry.id)
          assert.strictEqual(entry.file.split("/").at(-1), `${JoySession.idOf(again)}.json`, entry.id)
        }
        assert.strictEqual(total, 54)
      }).pipe(Effect.provide(services))
  )

  it.effect("sessions: the seed's own are created again from their inputs", () =>
    Effect.gen(function* () {
      const made = index.sessions.filter(({ how, written_by }) => how === "create+save" && written_by === "0.16.4")
      for (const { id, claims: told, inputs } of made) {
        const claims = told ?? {}
        const common = {
          member: claims.member ?? "",
          project: claims.project_id ?? "",
          now: time(claims.created ?? ""),
          ...(typeof inputs.ttl_seconds === "number" ? { ttlSeconds: inputs.ttl_seconds } : {})
        }
        const signer = seed(key(inputs.signing_key ?? "").seed)
        const session =
          inputs.delegation_key === undefined
            ? yield* JoySession.createHuman({
                ...common,
                identity: signer,
                ...(claims.tty === undefined ? {} : { tty: claims.tty })
              })
            : yield* JoySession.createAgent({
                ...common,
                session: signer,
                delegationKey: key(inputs.delegation_key).public,
                ...(typeof inputs.token_expires === "string" ? { tokenExpires: time(inputs.token_expires) } : {})
              })
        assert.deepStrictEqual<unknown>(JSON.parse(JoyClaims.signedText(session.claims)), claims, id)
      }
      assert.strictEqual(made.length, 38)
    }).pipe(Effect.provide(services))
  )

  it("session_ids: all 360", () => {
    for (const row of index.session_ids) {
      const { project_id, member, session_public_key } = row
      const three = session_public_key !== undefined && JoyMember.isLaterAgent(member)
      const id = three ? JoySession.id(project_id, member, session_public_key) : JoySession.id(project_id, member)
      assert.strictEqual<string>(id, row.id, JSON.stringify(row))
    }
    assert.strictEqual(index.session_ids.length, 360)
  })

  it("env: all 41 values, and those that parse are written again", () => {
    let parsed = 0
    for (const { id, value, checks } of index.env) {
      const check = checks.find(({ by }) => by === "0.16.4")
      const env = JoyEnv.decode(Redacted.make(value))
      assert.strictEqual(Result.isSuccess(env), check?.verdict === "ok", id)
      if (Result.isFailure(env)) continue
      parsed += 1
      assert.strictEqual<string | undefined>(env.success.id, check?.session_id)
      assert.strictEqual(hex(env.success.seed), check?.session_seed)
      const { delegation } = env.success
      assert.strictEqual(delegation === undefined ? undefined : hex(delegation), check?.delegation_seed)
      assert.strictEqual(Redacted.value(JoyEnv.encode(env.success)), value)
    }
    assert.deepStrictEqual({ total: index.env.length, parsed }, { total: 41, parsed: 7 })
  })

  it.effect("tokens: every check of 83 texts by the seed, and by 0.24.0", () =>
    Effect.gen(function* () {
      let total = 0
      for (const entry of index.tokens) total += yield* checkToken(entry)
      assert.deepStrictEqual({ texts: index.tokens.length, checks: total }, { texts: 83, checks: 222 })
    }).pipe(Effect.provide(services))
  )

  const checkToken = Effect.fnUntraced(function* (entry: Token) {
    const checks = entry.checks.filter(({ by }) => by === "0.16.4" || by === "0.24.0")
    for (const check of checks) {
      const message = `${entry.id} by ${check.by}`
      assert.strictEqual(JoyToken.isToken(entry.token), check.is_token, message)
      const delegator = yield* PublicKey.fromHex(check.delegator_key)
      const binding = yield* PublicKey.fromHex(check.delegation_key)
      const expectation = { project: check.project_id, at: time(check.now) }
      const inspection = yield* JoyInspect.inspect({ input: entry.token, keys: { delegator, binding }, ...expectation })
      assert.strictEqual(inspection.verdict, check.verdict === "ok" ? "verified" : "refused", message)
      const decoded = JoyToken.decode(Redacted.make(entry.token))
      assert.strictEqual(Result.isSuccess(decoded), check.decode === "ok", message)
      if (Result.isFailure(decoded)) continue
      const token = decoded.success
      if (check.by === "0.16.4") {
        assert.strictEqual(JoyToken.signedText(token.claims), check.signed_text, message)
        assert.strictEqual(JoyToken.hasCryptScope(token.claims), check.crypt_scope, message)
      }
      assert.strictEqual(token.delegation_public_key, check.delegation_public_key, message)
      const { delegation_private_key } = token
      assert.strictEqual(
        delegation_private_key === undefined ? undefined : Redacted.value(delegation_private_key),
        check.delegation_seed,
        message
      )
      const verdict = yield* JoyToken.verify({ token, delegator, binding, ...expectation }).pipe(
        Effect.as(undefined),
        Effect.catchTag("JoyError", (error) => Effect.succeed(error.reason._tag))
      )
      // Joy cannot tell a token of the generation before from a forged one; here it is said.
      const wanted = expected(check.error)
      assert.strictEqual(
        verdict,
        wanted === "BadSignature" && token.generation === "B" ? "OtherGeneration" : wanted,
        message
      )
    }
    return checks.length
  })

  it.effect("tokens: what was not edited is signed and written again to the byte, and its generation is told", () =>
    Effect.gen(function* () {
      const counts: Record<string, number> = {}
      for (const entry of index.tokens.filter(({ how }) => how !== "edited")) {
        const decoded = JoyToken.decode(Redacted.make(entry.token))
        if (Result.isFailure(decoded)) {
          assert.strictEqual(decoded.failure.reason._tag, "OtherGeneration", entry.id)
          assert.strictEqual(entry.written_by, "0.9.0")
          counts.A = (counts.A ?? 0) + 1
          continue
        }
        const { generation, claims } = decoded.success
        counts[generation] = (counts[generation] ?? 0) + 1
        const writers = { A: ["0.9.0"], B: ["0.12.0"], C1: ["0.16.4"], "C1-C2": ["0.16.4", "0.24.0"], D: ["0.24.0"] }
        assert.include(writers[generation], entry.written_by, entry.id)
        if (generation === "B") continue
        const again = yield* JoyToken.sign({
          claims,
          delegator: seed(key(entry.inputs.delegator_key).seed),
          delegation: seed(key(entry.inputs.delegation_key).seed)
        })
        assert.strictEqual(Redacted.value(JoyToken.encode(again)), entry.token, entry.id)
      }
      assert.deepStrictEqual(counts, { C1: 23, "C1-C2": 9, A: 1, B: 2, D: 3 })
    }).pipe(Effect.provide(services))
  )

  it.effect("redemptions: all 21 verdicts, and every session and value to the byte", () =>
    Effect.gen(function* () {
      let good = 0
      for (const row of index.redemptions) {
        const { person, verify_key, delegation_verifier, ai_member, project_id } = row.project
        const members = new Map<string, JoyProject.Member>()
        if (ai_member !== null) members.set(ai_member, { delegations: new Map() })
        if (person !== null) {
          const delegations = new Map(
            delegation_verifier === null ? [] : [["claude", { verifier: delegation_verifier }]]
          )
          members.set(person, verify_key === null ? { delegations } : { verify_key, delegations })
        }
        const token = yield* Effect.fromResult(JoyToken.decode(Redacted.make(row.token)))
        const env = Option.map(Option.fromUndefinedOr(row.session_env), (value) =>
          Result.getOrThrow(JoyEnv.decode(Redacted.make(value)))
        )
        const redeemed = yield* JoyRedemption.redeem({
          token,
          project: { id: project_id, members },
          session: Option.match(env, { onNone: () => seed("07".repeat(32)), onSome: (value) => value.seed }),
          now: time(row.now),
          generation: "0.20"
        }).pipe(Effect.result)
        assert.strictEqual(Result.isSuccess(redeemed), row.verdict === "ok", row.id)
        if (Result.isFailure(redeemed)) continue
        good += 1
        assert.strictEqual(JoySession.encode(redeemed.success.session), vectors.text(row.file ?? ""), row.id)
        assert.strictEqual(Redacted.value(JoyEnv.encode(redeemed.success.env)), row.session_env, row.id)
        assert.include(row.file ?? "", redeemed.success.env.id)
      }
      assert.deepStrictEqual({ total: index.redemptions.length, good }, { total: 21, good: 8 })
    }).pipe(Effect.provide(services))
  )

  const cost = { production: "production", fast: "debug" } as const

  it.effect("kdf: all 32 keys, at both costs", () =>
    Effect.gen(function* () {
      for (const row of index.kdf) {
        assert.strictEqual(Buffer.from(row.passphrase, "utf8").toString("hex"), row.passphrase_utf8)
        const derived = yield* JoyKeys.derive({
          passphrase: Redacted.make(row.passphrase),
          salt: row.salt,
          cost: cost[row.cost]
        })
        assert.strictEqual(hex(derived), row.derived, JSON.stringify(row))
        assert.strictEqual(yield* publicOf(derived), row.public)
      }
      assert.strictEqual(index.kdf.length, 32)
    }).pipe(Effect.provide(services))
  )

  it.effect("seed_wraps: 8 of 36 open, and give their seeds", () =>
    Effect.gen(function* () {
      let opened = 0
      const derived = new Map<string, PrivateSeed.PrivateSeed>()
      const wrappingKey = Effect.fnUntraced(function* (row: Index["seed_wraps"][number]) {
        const options = { salt: row.salt, cost: cost[row.cost] }
        const passphrase = Redacted.make(row.secret)
        if (row.kind !== "recovery") return yield* JoyKeys.derive({ ...options, passphrase })
        const recoveryKey = yield* Effect.fromResult(JoyKeys.recoveryKey(passphrase))
        return yield* JoyKeys.deriveFromRecoveryKey({ ...options, recoveryKey })
      })
      for (const row of index.seed_wraps) {
        const name = [row.kind === "recovery", row.secret, row.salt, row.cost].join("|")
        const wrapping = derived.get(name) ?? (yield* wrappingKey(row))
        derived.set(name, wrapping)
        const result = yield* Effect.result(Effect.map(JoyKeys.unwrap({ wrap: row.wrap, key: wrapping }), hex))
        assert.strictEqual(Result.isSuccess(result), row.verdict === "ok", `${row.id} ${row.cost}`)
        if (Result.isFailure(result)) continue
        opened += 1
        assert.strictEqual(result.success, row.seed, row.id)
      }
      assert.deepStrictEqual({ total: index.seed_wraps.length, opened }, { total: 36, opened: 8 })
    }).pipe(Effect.provide(services))
  )

  it("recovery_keys: all 14 as typed", () => {
    for (const { input, verdict, bytes, display } of index.recovery_keys) {
      const read = JoyKeys.recoveryKey(Redacted.make(input))
      assert.strictEqual(Result.isSuccess(read), verdict === "ok", input)
      if (Result.isFailure(read)) continue
      assert.strictEqual(hex(read.success), bytes)
      assert.strictEqual(Redacted.value(JoyKeys.recoveryText(read.success)), display)
    }
    assert.strictEqual(index.recovery_keys.length, 14)
  })

  it("passphrases: all 36, by the rule of their version", () => {
    const minimum: Readonly<Record<string, number>> = { "0.12.0": 6, "0.16.4": JoyKeys.minimumWords, "0.24.0": 0 }
    for (const { by, passphrase, verdict } of index.passphrases) {
      // Since 0.23 nothing but the empty passphrase is refused.
      const allowed =
        (by !== "0.24.0" || passphrase !== "") && JoyKeys.isAllowedPassphrase(Redacted.make(passphrase), minimum[by])
      assert.strictEqual(allowed, verdict === "ok", JSON.stringify({ by, passphrase }))
    }
    assert.strictEqual(index.passphrases.length, 36)
  })

  it.effect("delegation_keys: all 288", () =>
    Effect.gen(function* () {
      for (const row of index.delegation_keys) {
        const derived = yield* JoyKeys.delegationSeed({
          identity: seed(row.identity_seed),
          salt: row.salt,
          project: row.project_id,
          agent: row.by === "0.24.0" ? JoyMember.agentId(row.ai_member) : row.ai_member
        })
        assert.strictEqual(hex(derived), row.seed, JSON.stringify(row))
        assert.strictEqual(yield* publicOf(derived), row.public)
      }
      assert.strictEqual(index.delegation_keys.length, 288)
    }).pipe(Effect.provide(services))
  )

  it.effect("public_keys: all 18", () =>
    Effect.gen(function* () {
      for (const { input, verdict, hex: canonical } of index.public_keys) {
        const read = yield* Effect.option(JoyKeys.publicKey(input))
        assert.strictEqual(Option.isSome(read), verdict === "ok", input)
        if (Option.isSome(read)) assert.strictEqual(PublicKey.toHex(read.value), canonical)
      }
      assert.strictEqual(index.public_keys.length, 18)
    })
  )

  it.effect("resolutions: nobody is proven who is not to Joy, and each refusal beyond Joy 0.16 is told as one", () =>
    Effect.gen(function* () {
      const stricter: Array<string> = []
      const verified: Array<string> = []
      for (const row of index.resolutions) {
        const files = new Map(
          row.files.map((file) => [file.split("/").at(-1)?.replace(".json", ""), vectors.text(file)])
        )
        const members = new Map(
          Object.entries(row.project.members).map(([member, { verify_key, delegations }]) => [
            member,
            {
              ...(verify_key === undefined ? {} : { verify_key }),
              delegations: new Map(Object.entries(delegations ?? {}).map(([agent, verifier]) => [agent, { verifier }]))
            }
          ])
        )
        const project = { id: row.project.project_id, members }
        const resolution = yield* JoyResolution.resolve({
          project,
          person: row.git_email,
          value: Option.map(Option.fromNullOr(row.joy_session), (value) => Redacted.make(value)),
          terminal: JoySession.terminal({ WT_SESSION: row.wt_session ?? undefined }),
          find: (id) => Effect.succeed(Option.fromUndefinedOr(files.get(id))),
          at: time(row.now)
        })
        const proven = resolution.verdict === "verified"
        if (proven) {
          verified.push(row.id)
          assert.isTrue(row.authenticated, row.id)
          assert.strictEqual(resolution.member, row.member, row.id)
          assert.strictEqual(resolution.delegated_by, row.delegated_by, row.id)
        }
        if (row.authenticated && !proven) stricter.push(`${row.id}: ${resolution.reason}`)
        // What is said of Joy 0.16 is what it did.
        if (row.by === "0.16.4") assert.strictEqual(resolution.stricter, row.authenticated && !proven, row.id)
      }
      assert.deepStrictEqual(verified, [
        "0.16.4-human",
        "0.16.4-human-wt-same",
        "0.16.4-ai-long",
        "0.24.0-human",
        "0.24.0-ai-long"
      ])
      assert.deepStrictEqual(stricter, [
        "0.16.4-ai: SelfSigned",
        "0.16.4-ai-long-other-seed: WrongDelegationSeed",
        "0.16.4-ai-bad-signature: BadSignature",
        "0.16.4-ai-longer-life: BadSignature",
        "0.16.4-ai-rotated: BadSignature",
        "0.16.4-ai-junk-beside-human: BadValue",
        "0.24.0-ai: SeedMissing",
        "0.24.0-ai-bad-signature: BadSignature",
        "0.24.0-ai-other-delegator: BadSignature"
      ])
      assert.strictEqual(index.resolutions.length, 36)
    }).pipe(Effect.provide(services))
  )

  it.effect("flows: what the programs left on disk opens, derives, verifies and resolves from the passphrase up", () =>
    Effect.gen(function* () {
      const counts = { tokens: 0, sessions: 0, resolved: 0 }
      for (const flow of index.flows) {
        const memory = new Map<string, string>()
        const step = (number: number) => {
          const found = flow.steps.find((one) => one.step === number)
          if (found === undefined) throw new Error(`no step ${number}`)
          for (const file of found.files) memory.set(file.split("/").at(-1) ?? "", vectors.text(file))
          const yaml = found.files.filter((file) => file.endsWith(".yaml"))
          const texts = (part: string) => yaml.filter((file) => file.includes(part)).map((file) => vectors.text(file))
          const [text = ""] = texts("project.yaml")
          return { at: time(found.now), project: Result.getOrThrow(JoyProject.decode(text, texts("/members/"))) }
        }

        const { at, project } = step(10)
        const member = project.members.get(flow.member)
        const [delegation] = member?.delegations.values() ?? []
        if (member === undefined || delegation === undefined) throw new Error(flow.id)
        const wrapping = yield* JoyKeys.derive({
          passphrase: Redacted.make(flow.passphrase),
          salt: member.kdf_nonce ?? ""
        })
        const identity = yield* JoyKeys.unwrap({ wrap: member.passphraseWrap ?? "", key: wrapping })
        assert.strictEqual(yield* publicOf(identity), member.verify_key)
        const binding = yield* JoyKeys.delegationSeed({
          identity,
          salt: delegation.salt ?? "",
          project: project.id,
          agent: JoyMember.agentId("claude")
        })
        assert.strictEqual(yield* publicOf(binding), delegation.verifier)

        const ed25519 = yield* Ed25519.Ed25519
        for (const text of flow.tokens) {
          const token = yield* Effect.fromResult(JoyToken.decode(Redacted.make(text)))
          yield* JoyToken.verify({
            token,
            delegator: yield* ed25519.publicKey(identity),
            binding: yield* ed25519.publicKey(binding),
            project: flow.project_id,
            at
          })
          counts.tokens += 1
        }
        for (const [file, text] of memory) {
          if (!file.endsWith(".json")) continue
          const session = yield* Effect.fromResult(JoySession.decode(text, JoySession.generationOf(text)))
          const key = yield* PublicKey.fromHex(session.claims.session_public_key ?? member.verify_key ?? "")
          yield* JoySession.validate({ session, key, project: flow.project_id, at })
          assert.strictEqual(`${JoySession.idOf(session)}.json`, file)
          counts.sessions += 1
        }
        const find = (id: string) => Effect.succeed(Option.fromUndefinedOr(memory.get(`${id}.json`)))
        const [value = ""] = flow.session_values
        const caller = { person: flow.member, value: Option.some(Redacted.make(value)), terminal: undefined, find, at }
        const resolution = yield* JoyResolution.resolve({ ...caller, project })
        // The first token of 0.16 has no `crypt`: its value is 44 bytes long and proves nothing.
        assert.strictEqual(resolution.verdict, value.length > 66 ? "verified" : "unverified")
        assert.strictEqual(resolution.delegated_by, flow.member)
        const rotated = step(flow.id.startsWith("0.16") ? 22 : 20)
        const later = yield* JoyResolution.resolve({ ...caller, project: rotated.project })
        assert.deepStrictEqual([later.verdict, later.reason], ["refused", "Rotated"])
        counts.resolved += 2
      }
      assert.deepStrictEqual(counts, { tokens: 2, sessions: 4, resolved: 4 })
    }).pipe(Effect.provide(services))
  )
})
