/** Small private JSON files of this user: read strictly, written whole and durably, 0600 (formats §8). */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as CompactJson from "@bailiwick/core/CompactJson"
import { SecretFiles } from "@bailiwick/core/ports/SecretFiles"
import { StoreError } from "@bailiwick/core/StoreError"
import * as StrictJson from "@bailiwick/core/StrictJson"
import * as Path from "node:path"

interface Codec<T> extends Schema.Codec<T, CompactJson.Value> {}

const maxBytes = 512 * 1024

/** Nothing where there is no file; `Damaged`, by name, where it holds something else. */
export const read = Effect.fnUntraced(function* <T>(path: string, schema: Codec<T>) {
  const files = yield* SecretFiles
  const bytes = yield* files.read(path, maxBytes)
  if (Option.isNone(bytes)) return Option.none<T>()
  const value = StrictJson.decode(schema, bytes.value, { maxBytes })
  if (Result.isFailure(value)) {
    return yield* new StoreError({
      reason: "Damaged",
      detail: `${path} does not hold what belongs there`,
      hint: "move it away and restore it from a backup; it is not used as it is"
    })
  }
  return Option.some(value.success)
})

export const write = Effect.fnUntraced(function* <T>(path: string, schema: Codec<T>, value: T) {
  const files = yield* SecretFiles
  yield* files.ensureDirectory(Path.dirname(path))
  yield* files.write(path, CompactJson.encodeBytes(Schema.encodeSync(schema)(value)))
})

/** False, and no change, if something is there already. */
export const create = Effect.fnUntraced(function* <T>(path: string, schema: Codec<T>, value: T) {
  const files = yield* SecretFiles
  yield* files.ensureDirectory(Path.dirname(path))
  return yield* files.create(path, CompactJson.encodeBytes(Schema.encodeSync(schema)(value)))
})
