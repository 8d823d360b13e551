import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as SecretFiles from "@bailiwick/core/ports/SecretFiles"
import type { StoreError } from "@bailiwick/core/StoreError"
import * as NodeSecretFiles from "@bailiwick/storage/NodeSecretFiles"
import * as SecretFilesConformance from "@bailiwick/testkit/conformance/SecretFilesConformance"
import * as FaultyFiles from "@bailiwick/testkit/FaultyFiles"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { TestClock } from "effect/testing"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as FileCalls from "../src/internal/FileCalls.ts"
import * as TemporaryStore from "./TemporaryStore.ts"

const layer = Layer.provide(NodeSecretFiles.layer, NodeCrypto.layerSecureRandom)
const over = (calls: FileCalls.FileCalls) =>
  Layer.provide(NodeSecretFiles.layerWith(calls), NodeCrypto.layerSecureRandom)

SecretFilesConformance.suite("node:fs", layer, TemporaryStore.directory)

const bytes = (text: string) => new TextEncoder().encode(text)
const mode = (path: string) => Fs.statSync(path).mode & 0o7777

/** A file that somebody else made, with any mode whatever the umask. */
const plant = (path: string, permissions: number) => {
  Fs.writeFileSync(path, "secret")
  Fs.chmodSync(path, permissions)
}

const use = <A>(f: (files: SecretFiles.SecretFiles["Service"]) => Effect.Effect<A, StoreError>) =>
  Effect.provide(SecretFiles.SecretFiles.use(f), layer)

describe("NodeSecretFiles guards", () => {
  it.effect("makes files 0600 and directories 0700, whatever the umask", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      const umask = process.umask(0)
      yield* use((files) => files.ensureDirectory(`${home}/a/b`)).pipe(
        Effect.andThen(use((files) => files.write(`${home}/a/b/written`, bytes("x")))),
        Effect.andThen(use((files) => files.create(`${home}/a/b/created`, bytes("x")))),
        Effect.ensuring(Effect.sync(() => process.umask(umask)))
      )
      assert.deepStrictEqual(
        ["a", "a/b", "a/b/written", "a/b/created"].map((name) => mode(Path.join(home, name))),
        [0o700, 0o700, 0o600, 0o600]
      )
    })
  )

  for (const permissions of [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o666]) {
    it.effect(`refuses to read a file of mode ${permissions.toString(8)}, and names the chmod`, () =>
      Effect.gen(function* () {
        const path = `${yield* TemporaryStore.directory}/secret`
        plant(path, permissions)
        const error = yield* Effect.flip(use((files) => files.read(path, 100)))
        assert.strictEqual(error.reason, "Exposed")
        assert.strictEqual(error.hint, `chmod 600 ${path}`)
        plant(path, 0o600)
        yield* use((files) => files.read(path, 100))
      })
    )
  }

  const operations: Record<
    string,
    (files: SecretFiles.SecretFiles["Service"], path: string) => Effect.Effect<unknown, StoreError>
  > = {
    read: (files, path) => files.read(path, 100),
    write: (files, path) => files.write(path, bytes("new")),
    create: (files, path) => files.create(`${path}2`, bytes("new")),
    remove: (files, path) => files.remove(path),
    list: (files, path) => files.list(Path.dirname(path)),
    ensureDirectory: (files, path) => files.ensureDirectory(`${path}-directory`)
  }

  for (const [name, operation] of Object.entries(operations)) {
    it.effect(`refuses to ${name} beneath a directory that others may change, and changes nothing`, () =>
      Effect.gen(function* () {
        const home = yield* TemporaryStore.directory
        const inner = `${home}/inner`
        Fs.mkdirSync(inner, { mode: 0o700 })
        plant(`${inner}/secret`, 0o600)
        Fs.chmodSync(home, 0o722)
        const error = yield* Effect.flip(use((files) => operation(files, `${inner}/secret`)))
        assert.strictEqual(error.reason, "Exposed")
        assert.strictEqual(error.hint, `chmod go-w ${home}`)
        assert.deepStrictEqual(Fs.readdirSync(inner), ["secret"])
        Fs.chmodSync(home, 0o700)
        yield* use((files) => operation(files, `${inner}/secret`))
      })
    )
  }

  it.effect("takes a sticky directory such as /tmp for one in which others change nothing of ours", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      const inner = `${home}/inner`
      Fs.mkdirSync(inner, { mode: 0o700 })
      Fs.chmodSync(home, 0o1777)
      yield* use((files) => files.write(`${inner}/secret`, bytes("x")))
    })
  )

  for (const permissions of [0o750, 0o705, 0o711, 0o777]) {
    it.effect(`refuses a state directory of mode ${permissions.toString(8)}, and names the chmod`, () =>
      Effect.gen(function* () {
        const path = `${yield* TemporaryStore.directory}/with space`
        Fs.mkdirSync(path)
        Fs.chmodSync(path, permissions)
        const error = yield* Effect.flip(use((files) => files.ensureDirectory(path)))
        assert.strictEqual(error.reason, "Exposed")
        assert.strictEqual(error.hint, `chmod 700 '${path}'`)
        assert.strictEqual(mode(path), permissions)
      })
    )
  }

  it.effect("refuses what belongs to another user", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      plant(`${home}/secret`, 0o600)
      // Whoever owns `/` is trusted with directories, so the directory is made a stranger's as well.
      const stranger = over({
        ...FileCalls.node,
        userId: () => 4242,
        stat: (path) => Object.assign(FileCalls.node.stat(path), path === home ? { uid: 4243 } : {})
      })
      for (const [name, operation] of Object.entries(operations)) {
        const error = yield* SecretFiles.SecretFiles.use((files) => operation(files, `${home}/secret`)).pipe(
          Effect.flip,
          Effect.provide(stranger)
        )
        assert.strictEqual(error.reason, "Exposed", name)
      }
      assert.deepStrictEqual(Fs.readdirSync(home), ["secret"])
    })
  )

  it.effect("follows no link to a secret, and reads no FIFO or directory", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      plant(`${home}/secret`, 0o600)
      Fs.symlinkSync(`${home}/secret`, `${home}/link`)
      Fs.mkdirSync(`${home}/directory`)
      for (const name of ["link", "directory"]) {
        const error = yield* Effect.flip(use((files) => files.read(`${home}/${name}`, 100)))
        assert.strictEqual(error.reason, "Damaged", name)
      }
    })
  )

  it.effect("replaces a planted link, and not what it points to", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      plant(`${home}/victim`, 0o600)
      Fs.symlinkSync(`${home}/victim`, `${home}/link`)
      yield* use((files) => files.write(`${home}/link`, bytes("new")))
      assert.strictEqual(Fs.readFileSync(`${home}/victim`, "utf8"), "secret")
      assert.isTrue(Fs.lstatSync(`${home}/link`).isFile())
      Fs.unlinkSync(`${home}/link`)
      Fs.symlinkSync(`${home}/victim`, `${home}/link`)
      assert.isFalse(yield* use((files) => files.create(`${home}/link`, bytes("new"))))
      assert.strictEqual(Fs.readFileSync(`${home}/victim`, "utf8"), "secret")
    })
  )

  it.effect("removes what a killed process left behind, once nobody can be writing it any more", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      const left = `${home}/.secret.0123456789abcdef01234567.tmp`
      for (const path of [left, `${home}/.kept`, `${home}/kept.tmp`]) plant(path, 0o600)
      const planted = Fs.statSync(left).mtimeMs
      yield* TestClock.setTime(planted + 60 * 60 * 1000)
      yield* use((files) => files.ensureDirectory(home))
      assert.lengthOf(Fs.readdirSync(home), 3)
      yield* TestClock.setTime(planted + 60 * 60 * 1000 + 1)
      yield* use((files) => files.ensureDirectory(home))
      assert.deepStrictEqual(Fs.readdirSync(home), [".kept", "kept.tmp"])
    })
  )

  it.effect("does not list what a killed process left behind", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      plant(`${home}/.secret.0123456789abcdef01234567.tmp`, 0o600)
      plant(`${home}/.kept`, 0o600)
      assert.deepStrictEqual(yield* use((files) => files.list(home)), [".kept"])
    })
  )
})

/** The calls that change something, or without which nothing can be changed. */
const changing = ["open", "write", "fsync", "close", "rename", "link", "unlink", "mkdir"] as const

describe("NodeSecretFiles under faults", () => {
  it.effect("has the content on the disk before its name, and the name before it returns", () =>
    Effect.gen(function* () {
      const path = `${yield* TemporaryStore.directory}/secret`
      const traced = FaultyFiles.inject(FileCalls.node, changing)
      const files = yield* SecretFiles.SecretFiles.pipe(Effect.provide(over(traced.calls)))
      yield* files.write(path, bytes("x"))
      // The directory, the temporary file; written, synced, closed; renamed; the directory synced.
      assert.deepStrictEqual(traced.made.splice(0), [
        "open",
        "open",
        "write",
        "fsync",
        "close",
        "rename",
        "fsync",
        "close"
      ])
      yield* files.create(`${path}2`, bytes("x"))
      assert.deepStrictEqual(traced.made.splice(0), [
        "open",
        "open",
        "write",
        "fsync",
        "close",
        "link",
        "unlink",
        "fsync",
        "close"
      ])
      yield* files.remove(path)
      assert.deepStrictEqual(traced.made.splice(0), ["open", "unlink", "fsync", "close"])
    })
  )

  const reasons: Record<string, StoreError["reason"]> = {
    ENOSPC: "Full",
    EIO: "Unavailable",
    EMFILE: "Unavailable",
    EROFS: "Unavailable"
  }
  const steps = {
    write: {
      run: (files: SecretFiles.SecretFiles["Service"], path: string) => files.write(path, bytes("new")),
      before: "old"
    },
    create: {
      run: (files: SecretFiles.SecretFiles["Service"], path: string) => files.create(path, bytes("new")),
      before: undefined
    },
    remove: { run: (files: SecretFiles.SecretFiles["Service"], path: string) => files.remove(path), before: "old" }
  }

  for (const [name, { before, run }] of Object.entries(steps)) {
    it.effect(`${name} leaves the old or the new content and no temporary file, whichever call fails`, () =>
      Effect.gen(function* () {
        const attempt = Effect.fnUntraced(function* (fault?: FaultyFiles.Fault) {
          const home = yield* TemporaryStore.directory
          const path = `${home}/secret`
          if (before !== undefined) Fs.writeFileSync(path, before, { mode: 0o600 })
          const faulty = FaultyFiles.inject(FileCalls.node, changing, fault)
          const files = yield* SecretFiles.SecretFiles.pipe(Effect.provide(over(faulty.calls)))
          const result = yield* Effect.exit(Effect.asVoid(run(files, path)))
          const content = Fs.existsSync(path) ? Fs.readFileSync(path, "utf8") : undefined
          return { result, content, names: Fs.readdirSync(home), made: faulty.made }
        })
        const after = name === "remove" ? undefined : "new"
        const clean = yield* attempt()
        assert.isTrue(Exit.isSuccess(clean.result))
        assert.strictEqual(clean.content, after)
        for (let at = 0; at < clean.made.length; at++) {
          for (const [code, reason] of Object.entries(reasons)) {
            for (const when of ["before", "after"] as const) {
              const label = `${clean.made[at]} #${at} ${code} ${when}`
              const { content, names, result } = yield* attempt({ at, code, when })
              assert.deepStrictEqual(
                Exit.findErrorOption(result).pipe((error) => (error._tag === "Some" ? error.value.reason : undefined)),
                reason,
                label
              )
              assert.include([before, after], content, label)
              assert.deepStrictEqual(names, content === undefined ? [] : ["secret"], label)
            }
          }
        }
      })
    )
  }

  it.effect("writes everything when the system takes a byte at a time", () =>
    Effect.gen(function* () {
      const path = `${yield* TemporaryStore.directory}/secret`
      const short = over({
        ...FileCalls.node,
        write: (fd, content, offset) => FileCalls.node.write(fd, content, offset, 1),
        read: (fd, buffer, offset) => FileCalls.node.read(fd, buffer, offset, 1)
      })
      const files = yield* SecretFiles.SecretFiles.pipe(Effect.provide(short))
      yield* files.write(path, bytes("a content of some length"))
      assert.strictEqual(Fs.readFileSync(path, "utf8"), "a content of some length")
      const content = yield* files.read(path, 100)
      assert.deepStrictEqual(
        content._tag === "Some" && Buffer.from(content.value).toString(),
        "a content of some length"
      )
    })
  )

  it.effect("leaves no descriptor open, whichever call fails", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      const open = new Set<number>()
      const watched: FileCalls.FileCalls = {
        ...FileCalls.node,
        open: (...args) => {
          const fd = FileCalls.node.open(...args)
          open.add(fd)
          return fd
        },
        close: (fd) => {
          FileCalls.node.close(fd)
          open.delete(fd)
        }
      }
      for (let at = 0; at < 10; at++) {
        const faulty = FaultyFiles.inject(watched, changing, { at, code: "EIO", when: "before" })
        const files = yield* SecretFiles.SecretFiles.pipe(Effect.provide(over(faulty.calls)))
        yield* Effect.ignore(files.write(`${home}/secret`, bytes("x")))
        yield* Effect.ignore(files.create(`${home}/other`, bytes("x")))
        assert.deepStrictEqual([...open], [], `after a fault at ${at}`)
      }
    })
  )
})
