/**
 * Third-party and original test vectors that are too large to keep in the repository.
 *
 * They lie in `BAILIWICK_VECTORS`, or in `../shared/vectors` beside the project. Where they are missing, the suites that
 * need them fail when `CI` is set; elsewhere they are skipped, and one line on stderr says so.
 */
import { assert, describe, it } from "@effect/vitest"
import { existsSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"

export type Set = "ed25519" | "joy" | "audex"

export interface Reader {
  /** The absolute path of the set. */
  readonly directory: string
  readonly text: (file: string) => string
  readonly json: (file: string) => unknown
}

const beside = join(import.meta.dirname, "..", "..", "..", "..", "shared", "vectors")

let told = false

/** A suite over one set; it runs while tests are collected, so it may make one test per file or vector. */
export const suite = (name: string, set: Set, body: (vectors: Reader) => void): void => {
  const { BAILIWICK_VECTORS, CI } = process.env
  const directory = resolve(BAILIWICK_VECTORS ?? beside, set)
  const missing = !existsSync(directory)
  if (!missing) {
    const text = (file: string) => readFileSync(join(directory, file), "utf8")
    describe(name, () => body({ directory, text, json: (file) => JSON.parse(text(file)) }))
    return
  }
  if (!told) {
    told = true
    process.stderr.write(`NOT TESTED: no vectors in ${directory}; set BAILIWICK_VECTORS to their directory\n`)
  }
  describe(name, () => {
    it.skipIf(CI === undefined || CI === "")(`finds the ${set} vectors`, () => {
      assert.fail(`no vectors in ${directory}: CI must not pass without them; set BAILIWICK_VECTORS`)
    })
  })
}
