import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import * as Path from "node:path"
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"

const module = fileURLToPath(new URL("../../src/warm/CompileCache.ts", import.meta.url))
const other = 12_345

let state: string
let compiled: string

/** Where a process of its own keeps what it compiles, after `use`. */
const used = (setUp = ""): string => {
  const program = `${setUp}
    const { use } = await import(${JSON.stringify(module)})
    use(${JSON.stringify(state)})
    console.log((await import("node:module")).getCompileCacheDir() ?? "none")`
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8"
  })
  assert.strictEqual(status, 0, stderr)
  return stdout.trim()
}

const refuses = (setUp?: string) => assert.strictEqual(used(setUp), "none")

describe("CompileCache", () => {
  beforeEach(() => {
    state = Fs.mkdtempSync(Path.join(tmpdir(), "bailiwick-compiled-"))
    compiled = Path.join(state, ".compiled")
  })
  afterEach(() => Fs.rmSync(state, { recursive: true, force: true }))

  it("lies in the state directory, closed to others, whatever the umask", () => {
    assert.isTrue(used("process.umask(0)").startsWith(`${compiled}${Path.sep}`))
    assert.strictEqual(Fs.statSync(compiled).mode & 0o777, 0o700)
    assert.isTrue(used().startsWith(`${compiled}${Path.sep}`))
  })

  it("makes no state directory", () => {
    Fs.rmdirSync(state)
    refuses()
    assert.isFalse(Fs.existsSync(state))
  })

  it("is not used where others may read or write it, or the directory that holds it", () => {
    Fs.mkdirSync(compiled, { mode: 0o700 })
    for (const place of [state, compiled]) {
      for (const mode of [0o770, 0o702, 0o705]) {
        Fs.chmodSync(place, mode)
        refuses()
      }
      Fs.chmodSync(place, 0o700)
      assert.notStrictEqual(used(), "none")
    }
  })

  it("is not used through a link, nor where it is a file", () => {
    const elsewhere = Path.join(state, "elsewhere")
    Fs.mkdirSync(elsewhere, { mode: 0o700 })
    Fs.symlinkSync(elsewhere, compiled)
    refuses()
    Fs.rmSync(compiled)
    Fs.writeFileSync(compiled, "", { mode: 0o600 })
    refuses()
  })

  it("is not used by another user than its owner, nor where there are no users", () => {
    refuses(`process.getuid = () => ${other}`)
    refuses("process.getuid = undefined")
    assert.notStrictEqual(used(), "none")
  })
})
