import * as AudexDirectory from "@bailiwick/storage/audex/AudexDirectory"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"

type Case = readonly [string, AudexDirectory.Environment, string | undefined]

const cases: ReadonlyArray<Case> = [
  [
    "XDG_DATA_HOME first",
    { platform: "linux", variables: { XDG_DATA_HOME: "/data", HOME: "/home/you" } },
    "/data/audex/sessions"
  ],
  ["HOME else", { platform: "linux", variables: { HOME: "/home/you" } }, "/home/you/.local/share/audex/sessions"],
  [
    "a relative XDG_DATA_HOME counts as none",
    { platform: "linux", variables: { XDG_DATA_HOME: "data", HOME: "/home/you" } },
    "/home/you/.local/share/audex/sessions"
  ],
  [
    "an empty XDG_DATA_HOME counts as none",
    { platform: "freebsd", variables: { XDG_DATA_HOME: "", HOME: "/home/you" } },
    "/home/you/.local/share/audex/sessions"
  ],
  [
    "the account's home where HOME is not set",
    { platform: "linux", variables: {}, home: "/home/you" },
    "/home/you/.local/share/audex/sessions"
  ],
  [
    "HOME before the account's home",
    { platform: "linux", variables: { HOME: "/h" }, home: "/home/you" },
    "/h/.local/share/audex/sessions"
  ],
  ["a relative HOME is no place", { platform: "linux", variables: { HOME: "you" } }, undefined],
  ["no variable at all", { platform: "linux", variables: {} }, undefined],
  [
    "macOS, whatever XDG_DATA_HOME says",
    { platform: "darwin", variables: { XDG_DATA_HOME: "/data", HOME: "/Users/you" } },
    "/Users/you/Library/Application Support/audex/sessions"
  ],
  ["macOS without a home", { platform: "darwin", variables: { XDG_DATA_HOME: "/data" } }, undefined],
  [
    "Windows, LOCALAPPDATA first",
    { platform: "win32", variables: { LOCALAPPDATA: "C:\\Local", USERPROFILE: "C:\\Users\\you" } },
    "C:\\Local\\audex\\sessions"
  ],
  [
    "Windows, USERPROFILE else",
    { platform: "win32", variables: { USERPROFILE: "C:\\Users\\you", XDG_DATA_HOME: "/data" } },
    "C:\\Users\\you\\AppData\\Local\\audex\\sessions"
  ],
  ["Windows without either", { platform: "win32", variables: { HOME: "/home/you" } }, undefined]
]

describe("AudexDirectory", () => {
  for (const [name, environment, expected] of cases) {
    it(name, () => {
      const found = AudexDirectory.sessions(environment)
      if (expected !== undefined) assert.strictEqual(Result.getOrThrow(found), expected)
      else assert.strictEqual(Result.isFailure(found) && found.failure.reason._tag, "NoDirectory")
    })
  }

  it("says which variables to set", () => {
    const hint = (platform: string) => {
      const found = AudexDirectory.sessions({ platform, variables: {} })
      return Result.isFailure(found) ? found.failure.hint : assert.fail("a directory was found")
    }
    assert.deepStrictEqual(["linux", "darwin", "win32"].map(hint), [
      "set XDG_DATA_HOME or HOME",
      "set HOME",
      "set LOCALAPPDATA or USERPROFILE"
    ])
  })

  it.effect("reads the environment through Config", () =>
    Effect.gen(function* () {
      const found = yield* AudexDirectory.fromConfig("linux")
      assert.strictEqual(found, "/data/audex/sessions")
    }).pipe(
      Effect.provideService(
        ConfigProvider.ConfigProvider,
        ConfigProvider.fromEnv({ env: { XDG_DATA_HOME: "/data", HOME: "/home/you" } })
      )
    )
  )
})
