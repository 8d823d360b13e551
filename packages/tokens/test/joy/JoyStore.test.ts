import { StoreError } from "@bailiwick/core/StoreError"
import * as JoySession from "@bailiwick/tokens/joy/JoySession"
import * as JoyStore from "@bailiwick/tokens/joy/JoyStore"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { identity, now, publicKey, refusal, services, session as sessionSeed } from "./Fixture.ts"

const place: JoyStore.Place = { directory: "/state", platform: "posix" }
const whose = { project: "TST", member: "test@example.com" }
const at = (file: string) => `/state/joy/sessions/${file}`

/** Files in memory; every call that changes something is noted. */
const memory = (held: ReadonlyArray<readonly [string, string | StoreError]> = []) => {
  const files = new Map<string, Uint8Array | StoreError>(
    held.map(([path, content]) => [path, typeof content === "string" ? new TextEncoder().encode(content) : content])
  )
  const changes: Array<string> = []
  const port: JoyStore.Reader & JoyStore.Writer = {
    read: (path) => {
      const content = files.get(path)
      if (content === undefined) return Effect.succeedNone
      return content instanceof StoreError ? Effect.fail(content) : Effect.succeedSome(content)
    },
    list: (directory) =>
      Effect.succeed(
        [...files.keys()]
          .filter((path) => path.startsWith(`${directory}/`))
          .map((path) => path.slice(directory.length + 1))
      ),
    write: (path, content) =>
      Effect.sync(() => {
        changes.push(`write ${path}`)
        files.set(path, content)
      }),
    remove: (path) =>
      Effect.sync(() => {
        changes.push(`remove ${path}`)
        files.delete(path)
      }),
    ensureDirectory: (path) => Effect.sync(() => void changes.push(`ensure ${path}`))
  }
  return { port, changes, files }
}

const create = JoySession.createHuman({ identity, ...whose, now })

layer(services)("JoyStore", (it) => {
  it.effect("save_load_roundtrip: what was saved is loaded and valid, and gone once it is removed", () =>
    Effect.gen(function* () {
      const { port } = memory()
      yield* JoyStore.save(port, place, yield* create)
      const loaded = Option.getOrThrow(yield* JoyStore.load(port, place, whose))
      const key = yield* publicKey(identity)
      const claims = yield* JoySession.validate({ session: loaded, key, project: "TST", at: now })
      assert.strictEqual(claims.member, "test@example.com")
      yield* JoyStore.remove(port, place, whose)
      assert.deepStrictEqual(yield* JoyStore.load(port, place, whose), Option.none())
      yield* JoyStore.remove(port, place, whose)
    })
  )

  it.effect("saves the seed's bytes under the seed's name, through the port that writes whole and private files", () =>
    Effect.gen(function* () {
      const { port, changes, files } = memory()
      const session = yield* create
      yield* JoyStore.save(port, place, session)
      const path = at("cb76ab9ea38e0390d9280388.json")
      assert.deepStrictEqual(changes, ["ensure /state/joy/sessions", `write ${path}`])
      assert.deepStrictEqual(files.get(path), new TextEncoder().encode(JoySession.encode(session)))
    })
  )

  it.effect("loads and removes by an id, and never lets another text into a path", () =>
    Effect.gen(function* () {
      const { port, changes } = memory([
        ["/secret.json", "{}"],
        [at("x.json"), "{}"]
      ])
      yield* JoyStore.save(port, place, yield* create)
      const id = JoySession.id("TST", "test@example.com")
      assert.isTrue(Option.isSome(yield* JoyStore.loadById(port, place, id)))
      changes.length = 0
      const texts = ["../../../secret", "x", "", `${id}/`, `${id}\0`, id.toUpperCase(), `../sessions/${id}`, `${id}\n`]
      for (const text of texts) {
        assert.strictEqual(yield* reasonOf(JoyStore.loadById(port, place, text)), "BadId", text)
        assert.strictEqual(yield* reasonOf(JoyStore.removeById(port, place, text)), "BadId", text)
      }
      assert.deepStrictEqual(changes, [])
      yield* JoyStore.removeById(port, place, id)
      assert.deepStrictEqual(yield* JoyStore.loadById(port, place, id), Option.none())
    })
  )

  it.effect("a project id made of path segments stays inside the directory", () =>
    Effect.gen(function* () {
      const { port, changes } = memory()
      yield* JoyStore.save(
        port,
        place,
        yield* JoySession.createHuman({ identity, project: "../../etc", member: "/", now })
      )
      assert.match(changes[1] ?? "", /^write \/state\/joy\/sessions\/[0-9a-f]{24}\.json$/u)
    })
  )

  it.effect("lists every session, tells damaged files by name, and writes nothing", () =>
    Effect.gen(function* () {
      const human = yield* create
      const agent = yield* JoySession.createAgent({
        session: sessionSeed,
        member: "ai:claude@joy",
        project: "TST",
        now,
        delegationKey: "aa"
      })
      const { port, changes } = memory([
        [at("a.json"), JoySession.encode(human)],
        [at("b.json"), "{"],
        [at("c.json"), ""],
        [at("d.json"), new StoreError({ reason: "Exposed", detail: "others may read it" })],
        [at("e.json"), JoySession.encode(agent)],
        [at("readme.txt"), "no session"]
      ])
      const { sessions, damaged } = yield* JoyStore.list(port, place)
      assert.deepStrictEqual(sessions, [
        { file: "a.json", session: human },
        { file: "e.json", session: agent }
      ])
      assert.deepStrictEqual(
        damaged.map(({ file }) => file),
        ["b.json", "c.json", "d.json"]
      )
      assert.strictEqual(damaged[2]?.reason, "others may read it")
      assert.deepStrictEqual(changes, [])
      assert.deepStrictEqual(yield* JoyStore.list(memory().port, place), { sessions: [], damaged: [] })
    })
  )

  it.effect("a damaged file is an error where it was asked for by name", () =>
    Effect.gen(function* () {
      const id = JoySession.id("TST", "test@example.com")
      const { port } = memory([[at(`${id}.json`), "{"]])
      assert.strictEqual(yield* reasonOf(JoyStore.load(port, place, whose)), "Malformed")
      const notText = memory()
      notText.files.set(at(`${id}.json`), Uint8Array.of(0xff))
      assert.strictEqual(yield* reasonOf(JoyStore.load(notText.port, place, whose)), "Malformed")
    })
  )

  it.effect("finds the state directory by Joy's rules on every system", () =>
    Effect.sync(() => {
      const all = { XDG_STATE_HOME: "/xdg", LOCALAPPDATA: "C:\\L", USERPROFILE: "C:\\U", HOME: "/home/you" }
      const none = { XDG_STATE_HOME: "", LOCALAPPDATA: "", USERPROFILE: "" }
      const windows = (environment: JoyStore.Environment) =>
        Result.getOrUndefined(JoyStore.stateDirectory(environment, "windows"))
      const posix = (environment: JoyStore.Environment) =>
        Result.getOrUndefined(JoyStore.stateDirectory(environment, "posix"))
      assert.strictEqual(windows(all), "/xdg")
      assert.strictEqual(posix(all), "/xdg")
      assert.strictEqual(windows({ ...all, XDG_STATE_HOME: "" }), "C:\\L")
      assert.strictEqual(posix({ ...all, XDG_STATE_HOME: "" }), "/home/you/.local/state")
      assert.strictEqual(windows({ ...none, USERPROFILE: "C:\\U" }), "C:\\U\\AppData\\Local")
      assert.strictEqual(windows({ ...none, HOME: "C:\\H\\" }), "C:\\H\\AppData\\Local")
      assert.strictEqual(posix({ HOME: "/home/you/" }), "/home/you/.local/state")
      for (const platform of ["windows", "posix"] as const) {
        const refused = JoyStore.stateDirectory({ ...none, HOME: "" }, platform)
        assert.strictEqual(Result.getOrThrow(Result.flip(refused)).reason._tag, "NoStateDirectory")
      }
      assert.isUndefined(posix({ LOCALAPPDATA: "C:\\L", USERPROFILE: "C:\\U" }))
      assert.strictEqual(
        JoyStore.sessionsDirectory({ directory: "C:\\L", platform: "windows" }),
        "C:\\L\\joy\\sessions"
      )
      assert.strictEqual(JoyStore.sessionsDirectory({ directory: "/xdg/", platform: "posix" }), "/xdg/joy/sessions")
    })
  )
})

const reasonOf = <A, R>(
  effect: Effect.Effect<A, StoreError | { readonly reason: { readonly _tag: string } }, R>
): Effect.Effect<string | undefined, never, R> =>
  refusal(
    Effect.mapError(effect, (error) => (error instanceof StoreError ? { reason: { _tag: error.reason } } : error))
  )
