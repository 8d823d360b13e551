import type { AgentId, HumanId } from "@bailiwick/core/MemberId"
import * as MemberId from "@bailiwick/core/MemberId"
import { ProjectId } from "@bailiwick/core/ProjectId"
import type { StorageId } from "@bailiwick/core/StorageId"
import { StateDirectory } from "@bailiwick/storage/StateDirectory"
import * as Samples from "@bailiwick/testkit/conformance/Samples"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const on = (platform: string, environment: Record<string, string>) =>
  Layer.provide(StateDirectory.layerPlatform(platform), ConfigProvider.layer(ConfigProvider.fromUnknown(environment)))

const acme = ProjectId.make("acme")
const places = (platform: string, environment: Record<string, string>) =>
  StateDirectory.use((places) => Effect.succeed([places.project(acme), places.pin(acme)])).pipe(
    Effect.provide(on(platform, environment))
  )

describe("StateDirectory", () => {
  const expected: ReadonlyArray<readonly [string, Record<string, string>, string, string]> = [
    [
      "linux",
      { HOME: "/home/you" },
      "/home/you/.local/state/bailiwick/acme",
      "/home/you/.config/bailiwick/projects/acme.json"
    ],
    [
      "linux",
      { HOME: "/home/you", XDG_STATE_HOME: "/s", XDG_CONFIG_HOME: "/c" },
      "/s/bailiwick/acme",
      "/c/bailiwick/projects/acme.json"
    ],
    // A relative path in an XDG variable is to be ignored (XDG Base Directory Specification).
    [
      "linux",
      { HOME: "/home/you", XDG_STATE_HOME: "s" },
      "/home/you/.local/state/bailiwick/acme",
      "/home/you/.config/bailiwick/projects/acme.json"
    ],
    [
      "linux",
      { HOME: "/home/you", BAILIWICK_STATE_DIR: "/other/place/" },
      "/other/place/acme",
      "/home/you/.config/bailiwick/projects/acme.json"
    ],
    // An empty variable counts as unset, as everywhere in `Config`.
    [
      "linux",
      { HOME: "/home/you", BAILIWICK_STATE_DIR: "" },
      "/home/you/.local/state/bailiwick/acme",
      "/home/you/.config/bailiwick/projects/acme.json"
    ],
    [
      "darwin",
      { HOME: "/Users/you" },
      "/Users/you/Library/Application Support/bailiwick/state/acme",
      "/Users/you/Library/Application Support/bailiwick/projects/acme.json"
    ],
    [
      "win32",
      {
        USERPROFILE: "C:\\Users\\you",
        LOCALAPPDATA: "C:\\Users\\you\\AppData\\Local",
        APPDATA: "C:\\Users\\you\\AppData\\Roaming"
      },
      "C:\\Users\\you\\AppData\\Local\\bailiwick\\acme",
      "C:\\Users\\you\\AppData\\Roaming\\bailiwick\\projects\\acme.json"
    ]
  ]
  for (const [platform, environment, project, pin] of expected) {
    it.effect(`on ${platform} with ${Object.keys(environment).join(", ")} is ${project}`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* places(platform, environment), [project, pin])
      })
    )
  }

  for (const named of ["relative", "./x", "~/state"]) {
    it.effect(`refuses BAILIWICK_STATE_DIR=${JSON.stringify(named)}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(places("linux", { HOME: "/home/you", BAILIWICK_STATE_DIR: named }))
        assert.strictEqual(error.reason, "Unavailable")
        assert.isDefined(error.hint)
      })
    )
  }

  it.effect("says what to set when there is no home", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(places("linux", {}))
      assert.include(error.hint, "HOME")
    })
  )

  it.effect("names every file of a person, an agent and a session", () =>
    Effect.gen(function* () {
      const places = yield* StateDirectory
      const sub = MemberId.AgentId.make("ai:claude@acme")
      assert.deepStrictEqual(
        [
          places.identity(acme, Samples.human),
          places.agent(acme, sub),
          places.session(acme, Samples.storageId(1)),
          places.cacheEntry(acme, Samples.storageId(1), Samples.sha256(1))
        ],
        [
          "/home/you/.config/bailiwick/identities/acme/you@example.com.json",
          "/home/you/.config/bailiwick/agents/acme/claude.json",
          "/home/you/.local/state/bailiwick/acme/sessions/000000000000000000000001.json",
          `/home/you/.local/state/bailiwick/acme/cache/000000000000000000000001-${Samples.sha256(1)}.json`
        ]
      )
    }).pipe(Effect.provide(on("linux", { HOME: "/home/you" })))
  )

  it.effect("joins no id that is none, wherever it came from", () =>
    Effect.gen(function* () {
      const places = yield* StateDirectory
      const planted = "../../etc"
      // What a caller without types, or a cast, could hand in.
      assert.throws(() => places.project(planted as ProjectId))
      assert.throws(() => places.pin(planted as ProjectId))
      assert.throws(() => places.identity(acme, planted as HumanId))
      assert.throws(() => places.agent(acme, planted as AgentId))
      assert.throws(() => places.session(acme, planted as StorageId))
      assert.throws(() => places.cacheEntry(planted as ProjectId, Samples.storageId(1), Samples.sha256(1)))
    }).pipe(Effect.provide(on("linux", { HOME: "/home/you" })))
  )
})
