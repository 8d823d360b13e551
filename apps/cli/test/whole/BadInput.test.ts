/** What people and programs type and hand over by mistake: one clear line, a hint, the documented code, and no change. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { setTimeout } from "node:timers/promises"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import * as Forge from "./support/Forge.ts"
import * as Person from "./support/Person.ts"
import * as Store from "./support/Store.ts"
import * as World from "./support/World.ts"

let world: World.World
let person: Person.Person

beforeAll(async () => {
  world = await World.found()
  person = await Person.of(world)
}, World.patience)
afterAll(() => world.remove())

const grant = ["--on", "dev", "--allow", "orders:read"]

interface Case {
  readonly name: string
  readonly args: ReadonlyArray<string>
  readonly exit: number
  readonly message: RegExp
  readonly hint?: RegExp
  readonly signed?: true
}

const refuse = ({ args, signed, ...refusal }: Omit<Case, "name">, options: World.Options = {}): Promise<void> =>
  Store.unchanged(world, () => world.refused([...args, ...(signed ? world.signed : [])], refusal, options))

describe("a name", () => {
  it.for<Case>([
    {
      name: "of a member whom nobody enrolled",
      args: ["delegate", "nobody", ...grant],
      signed: true,
      exit: 2,
      message: /ai:nobody@acme is not a member in force of project acme/u
    },
    {
      name: "of an agent, nearly",
      args: ["delegate", "claud", ...grant],
      signed: true,
      exit: 2,
      message: /ai:claud@acme is not a member/u,
      hint: /claude/u
    },
    {
      name: "of a person without an identity here",
      args: ["delegate", "claude", ...grant, "--member", "who@example.com"],
      signed: true,
      exit: 3,
      message: /no identity of who@example\.com/u
    },
    {
      name: "of another project's agent",
      args: ["delegate", "ai:claude@other", ...grant],
      signed: true,
      exit: 2,
      message: /belongs to another project than acme/u
    },
    {
      name: "of a project that is not here",
      args: ["whoami", "--project", "acne"],
      exit: 2,
      message: /no project acne on this machine/u,
      hint: /acme/u
    },
    {
      name: "of a target that the project has not",
      args: ["delegate", "claude", "--on", "prod", "--allow", "a:b"],
      signed: true,
      exit: 2,
      message: /no target "prod"/u,
      hint: /dev/u
    },
    {
      name: "of a session with ../, to be revoked",
      args: ["revoke", "../../../etc/passwd"],
      signed: true,
      exit: 2,
      message: /"\.\.\/\.\.\/\.\.\/etc\/passwd" is no/u
    },
    {
      name: "of a session with ../, to be shown",
      args: ["sessions", "show", "../acme/store"],
      signed: true,
      exit: 2,
      message: /this is no credential session's id/u
    },
    {
      name: "of an agent with ../",
      args: ["agent", "keygen", "../claude"],
      exit: 2,
      message: /"\.\.\/claude" is no agent's name/u
    },
    {
      name: "of a person with ../",
      args: ["delegate", "claude", ...grant, "--member", "../you@example.com"],
      signed: true,
      exit: 3,
      message: /no identity of \.\.\/you@example\.com/u
    },
    {
      name: "of a project with ../",
      args: ["status", "--project", "../acme"],
      exit: 2,
      message: /--project names no project/u
    }
  ])("$name", (given) => refuse(given))

  it("of somebody unknown, to be revoked, is refused", async () => {
    const session = await world.redeem(person.lend("claude"))
    await refuse(
      { args: ["revoke", "who@example.com"], exit: 2, message: /no member "who@example\.com" here/u },
      world.as(session)
    )
  })

  it("is taken when it is right, which is the control of all of these", async () => {
    await world.must([
      "delegate",
      "claude",
      ...grant,
      "--member",
      World.human,
      "--project",
      World.project,
      ...world.signed
    ])
  })
})

describe("a passphrase that is wrong", () => {
  const attempt = (passphrase: string) =>
    world.run([
      "delegate",
      "claude",
      ...grant,
      "--passphrase-file",
      world.file(`passphrase-${passphrase.length}`, passphrase)
    ])

  it("gets the very answer of a damaged identity file, whichever of its parts is damaged", async () => {
    const path = Path.join(world.config, "identities", World.project, `${World.human}.json`)
    const whole = Fs.readFileSync(path, "utf8")
    const file = JSON.parse(whole)
    const other = { ...file.wraps[0], ciphertext: flipped(file.wraps[0].ciphertext) }
    const wrong = await attempt("not the passphrase at all")
    assert.strictEqual(wrong.code, 3)
    assert.match(
      wrong.stderr,
      /^bailiwick: the identity did not open: wrong passphrase or recovery key, or a damaged file\nhint: .+\n$/u
    )
    for (const damage of [
      { wraps: [other, file.wraps[1]] },
      { wraps: [{ ...file.wraps[0], nonce: flipped(file.wraps[0].nonce) }, file.wraps[1]] },
      { kdf: { ...file.kdf, salt: flipped(file.kdf.salt) } },
      { jwk: Forge.newKey().jwk }
    ]) {
      Fs.writeFileSync(path, JSON.stringify({ ...file, ...damage }))
      assert.deepStrictEqual(await attempt(world.secrets.passphrase), wrong, JSON.stringify(Object.keys(damage)))
    }
    Fs.writeFileSync(path, whole)
    assert.strictEqual((await attempt(world.secrets.passphrase)).code, 0, "the control")
  })

  it("changes nothing", () =>
    refuse({
      args: ["agent", "add", "third", "--passphrase-file", world.file("wrong", "not the passphrase at all")],
      exit: 3,
      message: /did not open/u
    }))

  it("is refused alike when the 24 words are wrong ones", async () => {
    const words = world.secrets.words.split(" ")
    const turned = [...words.slice(1), words[0]].join(" ")
    const ended = await world.run([
      "identity",
      "recover",
      "--recovery-file",
      world.file("turned", turned),
      ...world.signed
    ])
    assert.oneOf(ended.code, [2, 3], ended.stderr)
    assert.match(ended.stderr, /^bailiwick: .+\nhint: .+\n$/u)
  })
})

describe("a token", () => {
  const malformed = { args: ["redeem"], exit: 2, message: /malformed|larger|holds more than/u }
  const texts: ReadonlyArray<readonly [name: string, make: (whole: string) => string]> = [
    ["that is empty", () => ""],
    ["that is no token", () => "hello"],
    ["that is a prefix alone", () => "bw_d_"],
    ["that is cut off", (whole) => whole.slice(0, -20)],
    ["that begins late", (whole) => whole.slice(3)],
    ["with a blank behind it", (whole) => `${whole} `],
    ["twice", (whole) => `${whole}\n${whole}`],
    ["of another alphabet", (whole) => whole.replace(/.$/u, "+")],
    ["that holds no chain", () => Forge.text({ v: 1, tokens: [] as never })],
    ["that is a session's value", () => Forge.sessionValue("00".repeat(12), Buffer.alloc(32))],
    ["larger than a chain may be", () => `bw_d_${"A".repeat(352 * 1024)}`],
    ["larger than anything", () => "A".repeat(4 * 1024 * 1024)]
  ]

  it.for(texts)("%s is refused and not repeated", async ([, make]) => {
    const input = make(person.lend("claude"))
    await refuse(malformed, { input })
    const { stderr } = await world.run(["redeem", "--json"], { input })
    assert.deepStrictEqual(Object.keys(JSON.parse(stderr).error), ["code", "message", "hint"])
    if (input.length > 40) assert.notInclude(stderr, input.slice(20, 40))
  })

  it("with one line end behind it is taken, which is the control", async () => {
    await world.redeem(`${person.lend("claude")}\n`)
  })

  it.for([
    ["whose life is over", (now: number) => ({ iat: now - 100, exp: now - 1, redeem_by: now - 1 }), /expired at/u],
    [
      "that was to be redeemed earlier",
      (now: number) => ({ iat: now - 1000, redeem_by: now - 100 }),
      /had to be redeemed before/u
    ],
    ["that is dated in the future", (now: number) => ({ iat: now + 100 }), /has not come yet/u]
  ] as const)("%s is refused", async ([, change, message]) => {
    const input = person.lend("claude", change(Math.floor(Date.now() / 1000)))
    await refuse({ args: ["redeem"], exit: 3, message }, { input })
  })

  it("of another project is refused, whether it is named by flag or in the token", async () => {
    await refuse(
      { args: ["redeem", "--project", "other"], exit: 2, message: /belongs to project acme, not to other/u },
      { input: person.lend("claude") }
    )
    const foreign = person.lend("claude", { project: "other", agent: "ai:claude@other" })
    await refuse({ args: ["redeem"], exit: 2, message: /no project other on this machine/u }, { input: foreign })
  })

  it("in the arguments is refused, and not repeated either", async () => {
    const token = person.lend("claude")
    const { code, stderr, stdout } = await world.run(["redeem", token])
    assert.strictEqual(code, 2)
    assert.notInclude(stderr + stdout, token.slice(10, 40))
  })
})

describe("a session", () => {
  it("whose time is over is refused from that second on", async () => {
    const now = Math.floor(Date.now() / 1000)
    const exp = now + 8
    const session = await world.redeem(person.lend("claude", { exp, redeem_by: exp }))
    await world.must(["whoami"], world.as(session))
    await setTimeout(exp * 1000 - Date.now())
    await refuse({ args: ["whoami"], exit: 3, message: /expired at/u }, world.as(session))
    await refuse({ args: ["run", ...grant, "--", "true"], exit: 3, message: /expired at/u }, world.as(session))
  })
})

/** Another text of the same form: its first character is the next one. */
const flipped = (text: string): string => (text.startsWith("A") ? "B" : "A") + text.slice(1)
