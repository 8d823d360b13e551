/** A person's identity, brought over from Joy by the built command, founds a project; nothing else of it counts. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Ed25519 from "@bailiwick/tokens/Ed25519"
import * as JoyKeys from "@bailiwick/tokens/joy/JoyKeys"
import * as PrivateSeed from "@bailiwick/tokens/PrivateSeed"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import { createCipheriv } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import * as Bailiwick from "./support/Bailiwick.ts"
import * as Store from "./support/Store.ts"
import * as World from "./support/World.ts"

let world: World.World

const passphrase = "quiet lamps under water"
const salt = "a4".repeat(32)
const seed = PrivateSeed.fromBytes(new Uint8Array(32).fill(7))

/** A project of Joy's as it stands in a repository: one person with a sealed seed, one from before seeds were sealed. */
const project = async (name: string, change: (text: string) => string = (text) => text): Promise<string> => {
  const { sealed, verifyKeys } = await World.signing(
    Effect.gen(function* () {
      const ed25519 = yield* Ed25519.Ed25519
      const derived = yield* JoyKeys.derive({ passphrase: Redacted.make(passphrase), salt })
      const nonce = new Uint8Array(12).fill(1)
      const cipher = createCipheriv("aes-256-gcm", Redacted.value(derived), nonce)
      const body = Buffer.concat([cipher.update(Redacted.value(seed)), cipher.final(), cipher.getAuthTag()])
      const keys = yield* Effect.forEach([seed, derived], (one) => ed25519.publicKey(one))
      return { sealed: Buffer.concat([nonce, body]).toString("hex"), verifyKeys: keys.map(PublicKey.toHex) }
    })
  )
  const directory = Path.join(world.home, name)
  Fs.mkdirSync(Path.join(directory, ".joy"), { recursive: true })
  const text = `name: Flow
acronym: FLOW
members:
  you@example.com:
    verify_key: ${verifyKeys[0]}
    kdf_nonce: ${salt}
    seed_wrap_passphrase: ${sealed}
  early@example.com:
    verify_key: ${verifyKeys[1]}
    kdf_nonce: ${salt}
  Loud@example.com:
    verify_key: ${verifyKeys[0]}
    kdf_nonce: ${salt}
    seed_wrap_passphrase: ${sealed}
  never@example.com:
    capabilities: all
`
  Fs.writeFileSync(Path.join(directory, ".joy", "project.yaml"), change(text))
  return directory
}

beforeAll(async () => {
  world = await World.found()
  world.file("joy", `${passphrase}\n`)
  world.file("wrong", "another four words here\n")
  world.file("weak", "secret\n")
}, World.patience)
afterAll(() => world.remove())

interface Asked {
  readonly member?: string
  readonly project?: string
  readonly old?: string
  readonly fresh?: string
}

const args = (
  dir: string,
  { fresh = "passphrase", member = "you@example.com", old = "joy", project = "fresh" }: Asked = {}
) =>
  [
    ["import", "joy", "--dir", dir, "--identity", member, "--project", project],
    ["--passphrase-file", Path.join(world.home, old), "--new-passphrase-file", Path.join(world.home, fresh)],
    ["--recovery-file", Path.join(world.home, `words-${project}-${member}`)]
  ].flat()

const identity = (project: string, member: string) => Path.join(world.config, "identities", project, `${member}.json`)

describe("import joy --identity", () => {
  it("brings the identity that was asked for, and a project is founded with it", async () => {
    const directory = await project("good")
    const before = Store.files(directory)
    await world.must([...args(directory), "--dry-run"])
    assert.isFalse(Fs.existsSync(identity("fresh", "you@example.com")))
    const ended = await world.run([...args(directory), "--json"])
    const { jwk } = JSON.parse(Bailiwick.succeeded(ended, "import"))
    assert.match(ended.stderr, /may go on guessing the old passphrase/u)
    const key = await World.signing(Effect.flatMap(Ed25519.Ed25519, (ed25519) => ed25519.publicKey(seed)))
    assert.strictEqual(jwk.x, key.jwk.x)
    assert.strictEqual(Fs.statSync(identity("fresh", "you@example.com")).mode & 0o777, 0o600)
    await world.must(["init", "--project", "fresh", "--member", "you@example.com", ...world.signed])
    const shown = await world.must(["project", "show", "--project", "fresh", "--json"])
    assert.include(shown, key.kid)
    assert.deepStrictEqual(Store.files(directory), before, "the source is never written to")
  })

  it("brings one from before seeds were sealed, whose derived key is the seed", async () => {
    const directory = await project("early")
    await world.must(args(directory, { project: "early", member: "early@example.com" }))
    assert.isTrue(Fs.existsSync(identity("early", "early@example.com")))
  })

  it("overwrites none", async () => {
    const directory = await project("again")
    await world.must(args(directory, { project: "again" }))
    const before = Fs.readFileSync(identity("again", "you@example.com"), "utf8")
    await world.refused(args(directory, { project: "again" }), { exit: 2, message: /already/u })
    assert.strictEqual(Fs.readFileSync(identity("again", "you@example.com"), "utf8"), before)
  })

  it("makes nothing of a wrong passphrase, a changed key, a weak new passphrase or a name that has no form here", async () => {
    const directory = await project("refused")
    const exchanged = await project("exchanged", (text) => {
      const [own = "", other = ""] = Array.from(text.matchAll(/verify_key: (\w+)/gu), ([, key = ""]) => key)
      return text.replace(own, other)
    })
    const broken = await project("broken", (text) => text.replace("name: Flow", "name: 7"))
    const cases: ReadonlyArray<readonly [directory: string, asked: Asked, refusal: Bailiwick.Refusal]> = [
      [directory, { old: "wrong" }, { exit: 3, message: /did not open/u }],
      [exchanged, {}, { exit: 3, message: /did not open/u }],
      [directory, { fresh: "weak" }, { exit: 2, message: /./u }],
      [broken, {}, { exit: 2, message: /^bailiwick: project.yaml: the Joy project file is malformed/u }],
      [directory, { member: "Loud@example.com" }, { exit: 2, message: /lower-case/u }],
      [directory, { member: "never@example.com" }, { exit: 3, message: /never set one up/u }],
      [
        directory,
        { member: "nobody@example.com" },
        { exit: 2, message: /no project of Joy that was found has a member/u }
      ]
    ]
    for (const [dir, asked, refusal] of cases) {
      await world.refused(args(dir, { project: "none", ...asked }), refusal)
      assert.isFalse(Fs.existsSync(Path.join(world.config, "identities", "none")), JSON.stringify(asked))
    }
  })

  it("changes nothing in a project that is founded", async () => {
    const directory = await project("founded")
    await Store.unchanged(world, () =>
      world.refused(args(directory, { project: "acme", member: "early@example.com" }), {
        exit: 2,
        message: /is founded/u
      })
    )
  })
})
