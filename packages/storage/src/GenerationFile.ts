/**
 * The file that mirrors a store's generation: decimal digits and a line end.
 *
 * It is written and fsynced before the commit that raises the generation, under the store's write lock, and never
 * lowered. So it is never below what was committed, and a reader that compares it with a cached answer, without opening
 * the database, may throw away a good answer but never uses a stale one.
 */
import * as SecretFiles from "@bailiwick/core/ports/SecretFiles"
import { StoreError } from "@bailiwick/core/StoreError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Path from "node:path"

export const path = (directory: string): string => Path.join(directory, "generation")

/** The largest safe integer has 16 digits. */
export const maximumLength = 17

/** The number in the file; undefined for anything that was not written by `write`. */
export const parse = (text: string): number | undefined =>
  /^[1-9][0-9]{0,15}\n$/u.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined

/** None where there is no file. */
export const read = Effect.fnUntraced(function* (directory: string) {
  const files = yield* SecretFiles.SecretFiles
  const content = yield* files.read(path(directory), maximumLength)
  if (Option.isNone(content)) return Option.none<number>()
  const generation = parse(new TextDecoder().decode(content.value))
  if (generation === undefined) {
    return yield* new StoreError({
      reason: "Damaged",
      detail: `${path(directory)} holds no generation`,
      hint: "remove it: the store makes it anew when it is opened"
    })
  }
  return Option.some(generation)
})

/** Writes it unless the file is that far already. */
export const raise = Effect.fnUntraced(function* (directory: string, generation: number) {
  const files = yield* SecretFiles.SecretFiles
  const standing = yield* read(directory)
  if (Option.isSome(standing) && standing.value >= generation) return
  yield* files.write(path(directory), new TextEncoder().encode(`${generation}\n`))
})
