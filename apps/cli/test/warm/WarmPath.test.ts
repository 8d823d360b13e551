import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import * as Path from "node:path"
import { afterAll, assert, beforeEach, describe, it } from "@effect/vitest"
import * as SealedEntry from "@bailiwick/delivery/sealed/SealedEntry"
import * as Lease from "../../src/warm/Lease.ts"
import * as WarmPath from "../../src/warm/WarmPath.ts"
import * as Bundle from "../whole/support/Bundle.ts"

const state = Fs.mkdtempSync(Path.join(tmpdir(), "bailiwick-warm-"))
const project = Path.join(state, "acme")
const seed = new Uint8Array(32).fill(7)
const session = "0123456789abcdef01234567"
const reuse = Buffer.alloc(32, 3).toString("base64url")
const words = ["--on", "dev", "--allow", "orders:read"]
const value = `bw_s_${Buffer.concat([Buffer.from(session, "hex"), seed]).toString("base64")}`
const place = { seed, session, words }
const note = Path.join(project, "cache", Lease.fileName(place))
const entry = Path.join(project, "cache", `${session}-${reuse}.json`)
const content = {
  credentials: { provider: "oidc", expires: 2000, secret: { token: "a.b.c" } },
  not_after: 2000,
  generation: 5
}

const answer = (change: Partial<WarmPath.Context> = {}, asked: ReadonlyArray<string> = words) =>
  WarmPath.answer(asked, {
    env: { BAILIWICK_STATE_DIR: state, BAILIWICK_SESSION: value },
    platform: "linux",
    now: 1000,
    list: (directory) => Fs.readdirSync(directory),
    ...change
  })

const sessionIs = (text: string) => ({ env: { BAILIWICK_STATE_DIR: state, BAILIWICK_SESSION: text } })

describe("WarmPath", () => {
  beforeEach(() => {
    Fs.mkdirSync(Path.join(project, "cache"), { recursive: true })
    Fs.writeFileSync(note, Lease.seal(place, { reuse, renew: 1500 }))
    Fs.writeFileSync(entry, SealedEntry.seal({ seed, session, reuse }, content))
    Fs.writeFileSync(Path.join(project, "generation"), "5\n")
  })
  afterAll(() => Fs.rmSync(state, { recursive: true }))

  it("answers the very command line that was answered before", () => {
    assert.strictEqual(answer(), '{"version":1,"token":"a.b.c","expires":2000}\n')
  })

  it("leaves another command line to the broker", () => {
    assert.isUndefined(answer({}, ["--on", "dev"]))
    assert.isUndefined(answer({}, ["--on", "dev", "--allow", "orders:read", ""]))
  })

  it("leaves everything to the broker once the generation has changed, or is not known", () => {
    for (const text of ["6\n", "4\n", "5", "05\n", "x\n", ""]) {
      Fs.writeFileSync(Path.join(project, "generation"), text)
      assert.isUndefined(answer(), JSON.stringify(text))
    }
    Fs.rmSync(Path.join(project, "generation"))
    assert.isUndefined(answer())
  })

  it("asks again when a third of the life is left, and after the end", () => {
    assert.isDefined(answer({ now: 1499 }))
    assert.isUndefined(answer({ now: 1500 }))
    Fs.writeFileSync(note, Lease.seal(place, { reuse, renew: 9999 }))
    assert.isUndefined(answer({ now: 2000 }))
  })

  it("opens nothing for another session, another seed or a value that is not canonical", () => {
    const other = Buffer.concat([Buffer.from(session, "hex"), new Uint8Array(32).fill(8)]).toString("base64")
    const values = [
      "",
      "bw_s_",
      `bw_s_${other}`,
      `${value} `,
      value.slice(0, -1),
      value.replace("bw_s_", "joy_s_"),
      `${value}\n`
    ]
    for (const text of values) assert.isUndefined(answer(sessionIs(text)), text)
    assert.isUndefined(answer({ env: { BAILIWICK_STATE_DIR: state } }))
    assert.isDefined(answer(sessionIs(value)))
  })

  it("refuses a note or an entry of which any character was changed", () => {
    for (const path of [note, entry]) {
      const text = Fs.readFileSync(path, "utf8")
      for (let at = 0; at < text.length; at++) {
        Fs.writeFileSync(path, `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`)
        assert.isUndefined(answer(), `${Path.basename(path)} at ${at}`)
      }
      Fs.writeFileSync(path, text)
    }
    assert.isDefined(answer())
  })

  it("does not take the note of one command line for another's", () => {
    const wide = { ...place, words: ["--on", "dev"] }
    Fs.writeFileSync(Path.join(project, "cache", Lease.fileName(wide)), Fs.readFileSync(note))
    assert.isUndefined(answer({}, wide.words))
  })

  it("is all that the entry of the command loads: no Effect, and nothing but Node's own modules", async () => {
    const text = Fs.readFileSync(Path.join(await Bundle.directory(), "bailiwick.js"), "utf8")
    const imports = Array.from(text.matchAll(/^import .* from "([^"]+)"/gmu), ([, from]) => from)
    assert.isNotEmpty(imports)
    assert.deepStrictEqual(
      imports.filter((from) => from?.startsWith("node:") !== true),
      []
    )
    assert.deepStrictEqual(
      Array.from(text.matchAll(/\bimport\("([^"]+)"\)/gu), ([, from]) => from),
      ["./cli.js"]
    )
    assert.isBelow(text.length, 32_768)
    assert.notInclude(text, "effect")
  })
})
