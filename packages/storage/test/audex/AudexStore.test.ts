import * as AudexCodec from "@bailiwick/storage/audex/AudexCodec"
import type { AudexError } from "@bailiwick/storage/audex/AudexError"
import * as AudexJson from "@bailiwick/storage/audex/AudexJson"
import type { AudexSession } from "@bailiwick/storage/audex/AudexSession"
import type { Stored } from "@bailiwick/storage/audex/AudexStore"
import * as DirectoryLock from "@bailiwick/storage/audex/DirectoryLock"
import * as SessionCalls from "@bailiwick/storage/audex/SessionCalls"
import type { StoreError } from "@bailiwick/core/StoreError"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as TestClock from "effect/testing/TestClock"
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as TemporaryStore from "../TemporaryStore.ts"
import * as Sample from "./Sample.ts"
import * as Seed from "./Seed.ts"

const { session } = Sample
const file = `${session.id}.json`

const reason = (error: AudexError | StoreError): string =>
  error._tag === "AudexError" ? error.reason._tag : error.reason

const failure = <A>(effect: Effect.Effect<A, AudexError | StoreError>) => Effect.map(Effect.flip(effect), reason)

const unknown = new AudexJson.Members([
  ["bailiwick_policy", AudexJson.fromJson({ statements: [], deny: [] })],
  ["future", new AudexJson.NumberText("12345678901234567890.5e400")]
])

const directory = Effect.map(TemporaryStore.directory, (home) => Path.join(home, "sessions"))

const text = (home: string) => Fs.readFileSync(Path.join(home, file), "utf8")

describe("AudexStore", () => {
  it.effect("saves, loads, updates and ends a session", () =>
    Effect.gen(function* () {
      const home = yield* directory
      const store = yield* Sample.store(home)
      const { evicted, exceeding, stored } = yield* store.save(session)
      assert.deepStrictEqual([evicted, exceeding], [[], 0])
      assert.deepStrictEqual((yield* store.load(session.id)).session, session)
      const changed = yield* store.update(stored, { ...session, access_key_id: "ASIAIOSFODNN7EXAMPLE" })
      assert.strictEqual(text(home), changed.text)
      const ended = yield* store.end(session.id, "completed")
      assert.deepStrictEqual(ended.session, { ...changed.session, status: "completed" })
      assert.deepStrictEqual((yield* store.load(session.id)).session, ended.session)
    })
  )

  it.effect("lists the newest first, to the nanosecond, and equal ones by name", () =>
    Effect.gen(function* () {
      const store = yield* Sample.store(yield* directory)
      const at = (nanos: number) => ({ created_at: { seconds: 5, nanos } })
      yield* Effect.forEach(
        [Sample.numbered(3, at(1)), Sample.numbered(1, at(2)), Sample.numbered(4, at(2)), Sample.numbered(2, at(3))],
        store.save
      )
      const { problems, sessions } = yield* store.list
      assert.deepStrictEqual(problems, [])
      assert.deepStrictEqual(
        sessions.map((stored) => stored.session.id),
        [2, 1, 4, 3].map((number) => Sample.numbered(number).id)
      )
    })
  )

  it.effect("lists what stands in the files each time, though it knows them from the last time", () =>
    Effect.gen(function* () {
      const home = yield* directory
      const store = yield* Sample.store(home)
      yield* store.save(session)
      const [first] = (yield* store.list).sessions
      const [again] = (yield* store.list).sessions
      assert.strictEqual(again, first)
      const { mtime } = Fs.statSync(Path.join(home, file))
      Seed.save(home, { ...session, role_arn: session.role_arn.replace("agent", "other") })
      Fs.utimesSync(Path.join(home, file), mtime, mtime)
      assert.strictEqual((yield* store.list).sessions[0]?.session.role_arn, "arn:aws:iam::123456789012:role/other")
      Fs.rmSync(Path.join(home, file))
      assert.deepStrictEqual((yield* store.list).sessions, [])
    })
  )

  it.effect("lists nothing where no directory is, makes none by looking, and knows nothing there", () =>
    Effect.gen(function* () {
      const home = yield* directory
      const store = yield* Sample.store(home)
      assert.deepStrictEqual(yield* store.list, { sessions: [], problems: [] })
      assert.strictEqual(yield* failure(store.load("x")), "NotFound")
      assert.strictEqual(yield* failure(store.end("x", "revoked")), "NotFound")
      assert.isFalse(Fs.existsSync(home))
    })
  )

  it.effect("never replaces a session by a new one of the same id", () =>
    Effect.gen(function* () {
      const home = yield* directory
      const store = yield* Sample.store(home)
      yield* store.save(session)
      const before = text(home)
      assert.strictEqual(yield* failure(store.save({ ...session, status: "failed" })), "Conflict")
      assert.strictEqual(text(home), before)
    })
  )

  it.effect("leaves no final status, by no way, and changes nothing by trying", () =>
    Effect.gen(function* () {
      const home = yield* directory
      const store = yield* Sample.store(home)
      yield* store.save(session)
      const ended = yield* store.end(session.id, "revoked")
      const before = text(home)
      assert.strictEqual(yield* failure(store.update(ended, session)), "AlreadyEnded")
      assert.strictEqual(yield* failure(store.update(ended, { ...session, status: "completed" })), "AlreadyEnded")
      assert.strictEqual(yield* failure(store.end(session.id, "completed")), "AlreadyEnded")
      assert.strictEqual(text(home), before)
      const inode = Fs.statSync(Path.join(home, file)).ino
      yield* store.end(session.id, "revoked")
      assert.strictEqual(Fs.statSync(Path.join(home, file)).ino, inode)
    })
  )

  it.effect("keeps unknown members, at every place, when it updates and ends", () =>
    Effect.gen(function* () {
      const home = yield* directory
      const policy = { ...session.policy, unknown: new AudexJson.Members([["version", new AudexJson.NumberText("2")]]) }
      const store = yield* Sample.store(home)
      const { stored } = yield* store.save({ ...session, policy, unknown })
      yield* store.update(stored, { ...stored.session, access_key_id: "x" })
      const { session: found } = yield* store.end(session.id, "expired")
      assert.deepStrictEqual([found.unknown, found.policy.unknown], [unknown, policy.unknown])
      assert.include(text(home), `"future": 12345678901234567890.5e400`)
    })
  )
})

describe("AudexStore, where the original was weak", () => {
  it.effect(
    "makes files 0600 and directories 0700 from their first moment: no world-readable window before a chmod",
    () =>
      Effect.gen(function* () {
        const home = yield* directory
        const modes: Array<string> = []
        const mode = (path: string) => (Fs.statSync(path).mode & 0o777).toString(8)
        const watched: SessionCalls.SessionCalls = {
          ...SessionCalls.node,
          write: (fd, ...rest) => {
            modes.push((Fs.fstatSync(fd).mode & 0o777).toString(8))
            return SessionCalls.node.write(fd, ...rest)
          }
        }
        const umask = process.umask(0)
        const store = yield* Sample.store(home, watched)
        yield* Effect.ensuring(
          Effect.flatMap(store.save(session), ({ stored }) => store.update(stored, { ...session, access_key_id: "x" })),
          Effect.sync(() => process.umask(umask))
        )
        assert.deepStrictEqual(modes, ["600", "600"])
        assert.deepStrictEqual([home, Path.join(home, file), Path.join(home, DirectoryLock.fileName)].map(mode), [
          "700",
          "600",
          "600"
        ])
      })
  )

  it.effect("closes a file that an older version left open to others, and never refuses to read it", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      Fs.writeFileSync(Path.join(home, file), Seed.text(session))
      Fs.chmodSync(Path.join(home, file), 0o644)
      const store = yield* Sample.store(home)
      yield* store.end((yield* store.load(session.id)).session.id, "completed")
      assert.strictEqual(Fs.statSync(Path.join(home, file)).mode & 0o777, 0o600)
    })
  )

  it.effect("writes atomically: a reader sees the old or the new file whole, at every call", () =>
    Effect.gen(function* () {
      const home = yield* directory
      const seen = new Set<string>()
      const look = () => {
        if (Fs.existsSync(Path.join(home, file))) seen.add(text(home))
      }
      const calls: SessionCalls.SessionCalls = {
        ...SessionCalls.node,
        write: (...args) => {
          look()
          return SessionCalls.node.write(...args)
        },
        fsync: (fd) => {
          look()
          SessionCalls.node.fsync(fd)
        },
        close: (fd) => {
          look()
          SessionCalls.node.close(fd)
        }
      }
      const store = yield* Sample.store(home, calls)
      const { stored } = yield* store.save(session)
      const { text: after } = yield* store.update(stored, { ...session, access_key_id: "x" })
      assert.deepStrictEqual(seen, new Set([stored.text, after]))
    })
  )

  for (const id of ["../x", "a/b", "a\\b", "..", "", ".", "x".repeat(65), "a_b", "a.b", "é", "a\nb", "$(id)"]) {
    it.effect(
      `refuses the id ${JSON.stringify(id.slice(0, 12))} before it is joined to a path, and touches nothing`,
      () =>
        Effect.gen(function* () {
          const home = yield* directory
          const store = yield* Sample.store(home)
          const { stored } = yield* store.save(session)
          const outside = Fs.readdirSync(Path.dirname(home))
          const inside = Fs.readdirSync(home)
          const bad: AudexSession = { ...session, id }
          assert.strictEqual(yield* failure(store.save(bad)), "BadId")
          assert.strictEqual(yield* failure(store.load(id)), "BadId")
          assert.strictEqual(yield* failure(store.update({ ...stored, session: bad }, bad)), "BadId")
          assert.strictEqual(yield* failure(store.end(id, "revoked")), "BadId")
          assert.deepStrictEqual([Fs.readdirSync(Path.dirname(home)), Fs.readdirSync(home)], [outside, inside])
        })
    )
  }

  it.effect("does not let a path inside a file turn an update into a write elsewhere", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      Fs.writeFileSync(Path.join(home, "innocent.json"), Seed.text({ ...session, id: "../elsewhere" }))
      Fs.writeFileSync(Path.join(home, "other.json"), Seed.text({ ...session, id: "another" }))
      const store = yield* Sample.store(home)
      const innocent = yield* store.load("innocent")
      assert.strictEqual(innocent.session.id, "../elsewhere")
      assert.strictEqual(yield* failure(store.update(innocent, innocent.session)), "BadId")
      assert.strictEqual(yield* failure(store.end("innocent", "revoked")), "Unwritable")
      const other = yield* store.load("other")
      assert.strictEqual(yield* failure(store.update(other, other.session)), "Unwritable")
      assert.isFalse(Fs.existsSync(Path.join(home, "another.json")))
    })
  )

  it.effect("says every damaged or unreadable entry by name, and hides none of its neighbours", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      const put = (name: string, content: string | Uint8Array) => Fs.writeFileSync(Path.join(home, name), content)
      put(file, Seed.text(session))
      put("cut-off.json", Seed.text(session).slice(0, 200))
      put("empty.json", "")
      put("latin-1.json", Buffer.from(Seed.text({ ...session, role_arn: "é" }), "latin1"))
      put("huge.json", " ".repeat(AudexCodec.maximumBytes + 1))
      Fs.mkdirSync(Path.join(home, "directory.json"))
      Fs.symlinkSync("nowhere", Path.join(home, "dangling.json"))
      Fs.symlinkSync("loop.json", Path.join(home, "loop.json"))
      Fs.symlinkSync("/dev/zero", Path.join(home, "endless.json"))
      Fs.symlinkSync("directory.json", Path.join(home, "linked-directory.json"))
      execFileSync("mkfifo", [Path.join(home, "fifo.json")])
      Fs.writeFileSync(Buffer.concat([Buffer.from(`${home}/`), Buffer.from([0xff]), Buffer.from(".json")]), "{}")
      const { problems, sessions } = yield* (yield* Sample.store(home)).list
      assert.deepStrictEqual(
        sessions.map(({ name }) => name),
        [file]
      )
      assert.deepStrictEqual(Object.fromEntries(problems.map(({ kind, name }) => [name, kind])), {
        "cut-off.json": "damaged",
        "empty.json": "damaged",
        "latin-1.json": "damaged",
        "huge.json": "damaged",
        "directory.json": "directory",
        "dangling.json": "dangling-link",
        "loop.json": "dangling-link",
        "endless.json": "damaged",
        "linked-directory.json": "directory",
        "fifo.json": "special",
        "\uFFFD.json": "unreadable"
      })
    })
  )

  it.effect("lists the rest when one file cannot be opened", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      Fs.writeFileSync(Path.join(home, file), Seed.text(session))
      Fs.writeFileSync(Path.join(home, "closed.json"), Seed.text(session))
      const calls: SessionCalls.SessionCalls = {
        ...SessionCalls.node,
        open: (path, ...rest) => {
          if (path.endsWith("closed.json"))
            throw Object.assign(new Error("EACCES"), { code: "EACCES", syscall: "open" })
          return SessionCalls.node.open(path, ...rest)
        }
      }
      const { problems, sessions } = yield* (yield* Sample.store(home, calls)).list
      assert.deepStrictEqual(
        [sessions.length, problems],
        [1, [{ name: "closed.json", kind: "unreadable", message: "it cannot be read (EACCES)" }]]
      )
    })
  )

  it.effect("evicts one session for one new one, none for an update, and never an active one", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      for (let index = 0; index < 1000; index++) {
        const status = index < 2 ? "active" : "completed"
        const path = Path.join(home, `${Sample.numbered(index).id}.json`)
        Fs.writeFileSync(path, Seed.text(Sample.numbered(index, { status })))
        Fs.utimesSync(path, 1000 + index, 1000 + index)
      }
      const store = yield* Sample.store(home)
      const saved = yield* store.save(Sample.numbered(5000))
      assert.deepStrictEqual([saved.evicted, saved.exceeding], [[`${Sample.numbered(2).id}.json`], 0])
      yield* store.update(
        yield* store.load(Sample.numbered(7).id),
        Sample.numbered(7, { status: "completed", access_key_id: "x" })
      )
      assert.lengthOf((yield* store.list).sessions, 1000)
      assert.isTrue([0, 1, 3].every((number) => Fs.existsSync(Path.join(home, `${Sample.numbered(number).id}.json`))))
    })
  )

  it.effect("exceeds the cap and says so when every session is active", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      for (let index = 0; index < 1001; index++) Seed.save(home, Sample.numbered(index))
      const saved = yield* (yield* Sample.store(home)).save(Sample.numbered(5000))
      assert.deepStrictEqual([saved.evicted, saved.exceeding], [[], 2])
      assert.lengthOf(
        Fs.readdirSync(home).filter((name) => name.endsWith(".json")),
        1002
      )
    })
  )

  it.effect("evicts nothing for a session that could not be written", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      for (let index = 0; index < 1000; index++) Seed.save(home, Sample.numbered(index, { status: "completed" }))
      const calls: SessionCalls.SessionCalls = {
        ...SessionCalls.node,
        write: () => {
          throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC", syscall: "write" })
        }
      }
      assert.strictEqual(yield* failure((yield* Sample.store(home, calls)).save(Sample.numbered(5000))), "Full")
      assert.lengthOf(
        Fs.readdirSync(home).filter((name) => name.endsWith(".json")),
        1000
      )
    })
  )

  it.effect("has saved a session even where an old one cannot be removed, and says that the cap is exceeded", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      for (let index = 0; index < 1000; index++) Seed.save(home, Sample.numbered(index, { status: "completed" }))
      const calls: SessionCalls.SessionCalls = {
        ...SessionCalls.node,
        unlink: (path) => {
          if (path.endsWith(".json")) throw Object.assign(new Error("EPERM"), { code: "EPERM", syscall: "unlink" })
          SessionCalls.node.unlink(path)
        }
      }
      const { evicted, exceeding, stored } = yield* (yield* Sample.store(home, calls)).save(Sample.numbered(5000))
      assert.deepStrictEqual([evicted, exceeding], [[], 1])
      assert.strictEqual(Fs.readFileSync(Path.join(home, stored.name), "utf8"), stored.text)
    })
  )

  it.effect("removes what a killed process left behind, and nothing else that is hidden", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      const leftover = `.${file}.00112233445566778899aabb.tmp`
      for (const name of [leftover, ".notes.tmp", ".x.json.swp"]) Fs.writeFileSync(Path.join(home, name), "")
      yield* (yield* Sample.store(home)).save(session)
      assert.deepStrictEqual(
        Fs.readdirSync(home).toSorted(),
        [DirectoryLock.fileName, ".notes.tmp", ".x.json.swp", file].toSorted()
      )
    })
  )

  it.effect("writes nothing into a directory that others may change", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      Fs.chmodSync(home, 0o777)
      assert.strictEqual(yield* failure((yield* Sample.store(home)).save(session)), "Exposed")
      assert.deepStrictEqual(Fs.readdirSync(home), [])
    })
  )
})

/** Another program acts just before this file is replaced. */
const justBefore = (act: () => void): SessionCalls.SessionCalls => {
  let done = false
  return {
    ...SessionCalls.node,
    rename: (from, to) => {
      if (!done) act()
      done = true
      SessionCalls.node.rename(from, to)
    }
  }
}

describe("AudexStore beside a program without locks", () => {
  it.effect("loses no session when both add different ones", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      const store = yield* Sample.store(home)
      for (let index = 0; index < 20; index++) {
        if (index % 2 === 0) yield* store.save(Sample.numbered(index))
        else Seed.save(home, Sample.numbered(index))
      }
      assert.lengthOf((yield* store.list).sessions, 20)
    })
  )

  it.live("loses no session to another process that writes at the same time", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      const script = `
        const [home, text, id] = process.argv.slice(1)
        for (let index = 0; index < 200; index++) {
          const name = "theirs-" + index
          require("node:fs").writeFileSync(home + "/" + name + ".json", text.replace(id, name))
        }`
      const other = spawn(process.execPath, ["-e", script, home, Seed.text(session), session.id])
      const closed = once(other, "close")
      const store = yield* Sample.store(home)
      for (let index = 0; index < 100; index++) {
        yield* store.save(Sample.numbered(index))
        yield* store.end(Sample.numbered(index).id, "completed")
        yield* Effect.sleep("1 millis")
      }
      yield* Effect.promise(() => closed)
      const { problems, sessions } = yield* store.list
      assert.deepStrictEqual([sessions.length, problems], [300, []])
      assert.lengthOf(
        sessions.filter((found) => found.session.status === "completed"),
        100
      )
    })
  )

  it.effect("loses no update of its own: what the other program wrote since is a conflict, and stays", () =>
    Effect.gen(function* () {
      const home = yield* directory
      const store = yield* Sample.store(home)
      const { stored } = yield* store.save({ ...session, unknown })
      Seed.save(home, { ...Seed.load(home, session.id), access_key_id: "theirs" })
      const error = yield* Effect.flip(store.update(stored, { ...stored.session, access_key_id: "ours" }))
      assert.strictEqual(error.message, `session ${session.id}: another program has changed it since it was read`)
      assert.strictEqual(Seed.load(home, session.id).access_key_id, "theirs")
    })
  )

  for (const [what, theirs] of [
    ["a change", { access_key_id: "theirs" }],
    ["an end", { status: "revoked" }]
  ] as const) {
    it.live(
      `puts back ${what} that was written in the very moment of an update, keeps unknown members, and says it`,
      () =>
        Effect.gen(function* () {
          const home = yield* directory
          const { stored } = yield* (yield* Sample.store(home)).save({ ...session, unknown })
          const calls = justBefore(() => Seed.save(home, { ...Seed.load(home, session.id), ...theirs }))
          const store = yield* Sample.store(home, calls)
          assert.strictEqual(
            yield* failure(store.update(stored, { ...stored.session, access_key_id: "ours" })),
            "Conflict"
          )
          assert.deepStrictEqual((yield* store.load(session.id)).session, { ...session, ...theirs, unknown })
        })
    )
  }

  it.live("ends a session all the same when the other program writes it in the very moment", () =>
    Effect.gen(function* () {
      const home = yield* directory
      yield* (yield* Sample.store(home)).save({ ...session, unknown })
      const calls = justBefore(() => Seed.save(home, { ...Seed.load(home, session.id), access_key_id: "theirs" }))
      const store = yield* Sample.store(home, calls)
      const ended = yield* store.end(session.id, "revoked")
      assert.deepStrictEqual(ended.session, { ...session, status: "revoked", access_key_id: "theirs", unknown })
      assert.strictEqual(text(home), ended.text)
    })
  )

  it.live("says a conflict, and keeps its own write, when the other program dies half-way through its own", () =>
    Effect.gen(function* () {
      const home = yield* directory
      const { stored } = yield* (yield* Sample.store(home)).save(session)
      const store = yield* Sample.store(
        home,
        justBefore(() => Fs.truncateSync(Path.join(home, file), 0))
      )
      assert.strictEqual(yield* failure(store.update(stored, { ...session, access_key_id: "ours" })), "Conflict")
      assert.strictEqual((yield* store.load(session.id)).session.access_key_id, "ours")
    })
  )

  it.effect("never reopens what the other program has ended", () =>
    Effect.gen(function* () {
      const home = yield* directory
      const store = yield* Sample.store(home)
      const { stored } = yield* store.save(session)
      Seed.save(home, { ...session, status: "completed" })
      assert.strictEqual(yield* failure(store.update(stored, { ...session, access_key_id: "x" })), "Conflict")
      assert.strictEqual(yield* failure(store.end(session.id, "revoked")), "AlreadyEnded")
      assert.strictEqual(Seed.load(home, session.id).status, "completed")
    })
  )

  it.effect("keeps a session ended that the other program writes back as active, and says so", () =>
    Effect.gen(function* () {
      const home = yield* directory
      const store = yield* Sample.store(home)
      yield* store.save(session)
      const stale = Seed.load(home, session.id)
      yield* store.end(session.id, "revoked")
      Seed.save(home, stale)
      assert.strictEqual((yield* store.load(session.id)).session.status, "revoked")
      const { problems, sessions } = yield* store.list
      assert.deepStrictEqual(
        [sessions.map((found) => found.session.status), problems.map(({ kind, name }) => [kind, name])],
        [["revoked"], [["reopened", file]]]
      )
      assert.strictEqual(yield* failure(store.end(session.id, "completed")), "AlreadyEnded")
      yield* store.end(session.id, "revoked")
      assert.strictEqual(Seed.load(home, session.id).status, "revoked")
    })
  )

  it.effect("writes what the other program reads", () =>
    Effect.gen(function* () {
      const home = yield* directory
      yield* (yield* Sample.store(home)).save({ ...session, unknown })
      assert.deepStrictEqual(Seed.load(home, session.id), { ...session, unknown })
    })
  )
})

describe("AudexStore beside another of its kind", () => {
  it.live("ends a session in one way only, whoever comes first", () =>
    Effect.gen(function* () {
      const home = yield* directory
      const stores = yield* Effect.all([Sample.store(home), Sample.store(home)])
      yield* stores[0].save(session)
      const results = yield* Effect.forEach(
        (["completed", "revoked", "failed", "expired"] as const).flatMap((status) =>
          stores.map((store) => store.end(session.id, status))
        ),
        Effect.result,
        { concurrency: "unbounded" }
      )
      const ended = results.filter(Result.isSuccess)
      assert.lengthOf(ended, 2)
      assert.strictEqual(
        new Set(ended.map(({ success }: { readonly success: Stored }) => success.session.status)).size,
        1
      )
    })
  )

  it.live("lets one of two updates through, and tells the other", () =>
    Effect.gen(function* () {
      const home = yield* directory
      const stores = yield* Effect.all([Sample.store(home), Sample.store(home)])
      const { stored } = yield* stores[0].save(session)
      const results = yield* Effect.forEach(
        stores,
        (store, index) => Effect.result(store.update(stored, { ...session, access_key_id: `writer ${index}` })),
        { concurrency: "unbounded" }
      )
      const first = results.find(Result.isSuccess)
      assert.lengthOf(results.filter(Result.isFailure), 1)
      assert.strictEqual(first?.success.text, text(home))
    })
  )

  it.effect("waits for another process's change, and gives up as busy after two seconds", () =>
    Effect.gen(function* () {
      const home = yield* directory
      const store = yield* Sample.store(home)
      yield* store.save(session)
      const other = new DatabaseSync(Path.join(home, DirectoryLock.fileName))
      other.exec("BEGIN IMMEDIATE")
      const busy = yield* Effect.forkChild(failure(store.end(session.id, "revoked")))
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(yield* Fiber.join(busy), "Busy")
      const waiting = yield* Effect.forkChild(store.end(session.id, "revoked"))
      yield* TestClock.adjust("1 second")
      other.close()
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(waiting)).session.status, "revoked")
    })
  )
})
