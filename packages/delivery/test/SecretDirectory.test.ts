import { assert, describe, it } from "@effect/vitest"
import * as SecretDirectory from "@bailiwick/delivery/SecretDirectory"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as RunOwner from "@bailiwick/delivery/RunOwner"
import { directory, services } from "./support/Fixtures.ts"

const names = (base: string) => Fs.readdirSync(base).toSorted()
const mode = (path: string) => Fs.statSync(path).mode & 0o777

/** A directory as a killed run leaves it behind. */
const abandon = (base: string, owner: RunOwner.RunOwner, random = "00000000000000aa") => {
  const path = Path.join(base, RunOwner.directoryName(owner, random))
  Fs.mkdirSync(path, { recursive: true, mode: 0o700 })
  Fs.writeFileSync(Path.join(path, "token"), "planted", { mode: 0o600 })
  return path
}

const dead = { ...RunOwner.self(), pid: 4_194_305 }

describe("SecretDirectory", () => {
  it.effect("lies in the runtime directory, private to its owner, and goes with the run", () =>
    Effect.gen(function* () {
      const runtime = yield* directory
      const path = yield* Effect.scoped(
        Effect.gen(function* () {
          const { path, configuration } = yield* SecretDirectory.open({ runtime, fallback: "/nowhere" })
          assert.strictEqual(Path.dirname(path), Path.join(runtime, "bailiwick"))
          assert.strictEqual(mode(Path.dirname(path)), 0o700)
          assert.strictEqual(mode(path), 0o700)
          assert.strictEqual(mode(configuration), 0o700)
          assert.deepStrictEqual(names(configuration), [])
          Fs.writeFileSync(Path.join(configuration, "written-by-a-tool"), "x")
          return path
        })
      )
      assert.isFalse(Fs.existsSync(path))
    }).pipe(Effect.provide(services))
  )

  it.effect("lies under the state directory where the runtime directory is missing, open to others or a link", () =>
    Effect.gen(function* () {
      const base = yield* directory
      const fallback = Path.join(base, "state", "runs")
      const open = Path.join(base, "open")
      Fs.mkdirSync(open)
      Fs.chmodSync(open, 0o755)
      const link = Path.join(base, "link")
      Fs.symlinkSync(yield* directory, link)
      for (const runtime of [undefined, "", Path.join(base, "missing"), open, link]) {
        const { path } = yield* SecretDirectory.open({ runtime, fallback })
        assert.strictEqual(Path.dirname(path), fallback, String(runtime))
      }
    }).pipe(Effect.provide(services))
  )

  it.effect("refuses a base that is open to others or a link to elsewhere", () =>
    Effect.gen(function* () {
      const runtime = yield* directory
      const base = Path.join(runtime, "bailiwick")
      const elsewhere = yield* directory
      Fs.symlinkSync(elsewhere, base)
      const open = SecretDirectory.open({ runtime, fallback: "/nowhere" })
      assert.strictEqual((yield* Effect.flip(open)).reason._tag, "FileFailed")
      assert.deepStrictEqual(names(elsewhere), [])
      Fs.rmSync(base)
      Fs.mkdirSync(base)
      Fs.chmodSync(base, 0o770)
      assert.strictEqual((yield* Effect.flip(open)).reason._tag, "FileFailed")
    }).pipe(Effect.provide(services))
  )

  it.effect("sweeps at its start what killed runs left, and no live run's directory", () =>
    Effect.gen(function* () {
      const runtime = yield* directory
      const base = Path.join(runtime, "bailiwick")
      const left = [abandon(base, dead), abandon(base, dead, "00000000000000bb")]
      Fs.chmodSync(base, 0o700)
      const live = abandon(base, RunOwner.self())
      const { path } = yield* SecretDirectory.open({ runtime, fallback: "/nowhere" })
      for (const each of left) assert.isFalse(Fs.existsSync(each))
      assert.deepStrictEqual(names(base), [Path.basename(live), Path.basename(path)].toSorted())
      assert.strictEqual(Fs.readFileSync(Path.join(live, "token"), "utf8"), "planted")
    }).pipe(Effect.provide(services))
  )

  it.effect("sweeps the directory of a run that was really killed, and only then", () =>
    Effect.gen(function* () {
      const base = yield* directory
      const child = spawn(process.execPath, [Path.join(import.meta.dirname, "fixtures", "Owner.ts")], {
        stdio: ["ignore", "pipe", "inherit"]
      })
      const name = yield* Effect.promise(
        () =>
          new Promise<string>((done) =>
            child.stdout.once("data", (chunk: Buffer) => done(chunk.toString("utf8").trim()))
          )
      )
      const path = Path.join(base, name)
      Fs.mkdirSync(path, { mode: 0o700 })
      assert.strictEqual(yield* SecretDirectory.sweep(base), 0)
      assert.isTrue(Fs.existsSync(path))
      child.kill("SIGKILL")
      yield* Effect.promise(() => new Promise((done) => child.once("exit", done)))
      assert.strictEqual(yield* SecretDirectory.sweep(base), 1)
      assert.isFalse(Fs.existsSync(path))
    })
  )

  it.effect("follows no link: neither by the name of a run nor inside one", () =>
    Effect.gen(function* () {
      const base = yield* directory
      const precious = yield* directory
      Fs.writeFileSync(Path.join(precious, "kept"), "kept")
      const link = Path.join(base, RunOwner.directoryName(dead, "00000000000000dd"))
      Fs.symlinkSync(precious, link)
      Fs.symlinkSync(precious, Path.join(abandon(base, dead), "inside"))
      assert.strictEqual(yield* SecretDirectory.sweep(base), 1)
      assert.isTrue(Fs.lstatSync(link).isSymbolicLink())
      assert.deepStrictEqual(names(precious), ["kept"])
    })
  )

  it.effect("sweeps nothing that is not a private directory of a run", () =>
    Effect.gen(function* () {
      const base = yield* directory
      Fs.writeFileSync(Path.join(base, RunOwner.directoryName(dead, "00000000000000ee")), "a file by that name")
      Fs.mkdirSync(Path.join(base, "somebody-elses"))
      const open = abandon(base, dead)
      Fs.chmodSync(open, 0o755)
      assert.strictEqual(yield* SecretDirectory.sweep(base), 0)
      assert.lengthOf(names(base), 3)
      assert.strictEqual(yield* SecretDirectory.sweep(Path.join(base, "missing")), 0)
    })
  )
})
