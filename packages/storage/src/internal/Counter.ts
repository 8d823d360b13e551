/** The generation in the store's row and in the file beside it, raised together. */
import type * as ProjectId from "@bailiwick/core/ProjectId"
import * as SecretFiles from "@bailiwick/core/ports/SecretFiles"
import * as Commits from "@bailiwick/core/ports/Commits"
import type { StoreError } from "@bailiwick/core/StoreError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as GenerationFile from "../GenerationFile.ts"
import { RunningTransaction } from "../SqlStoreTransaction.ts"
import * as Seal from "./Seal.ts"

export interface Place {
  readonly project: ProjectId.ProjectId
  /** The store's own directory. */
  readonly directory: string
}

export const make = Effect.fnUntraced(function* ({ directory, project }: Place) {
  const files = yield* SecretFiles.SecretFiles
  const running = yield* RunningTransaction
  const commits = yield* Commits.Commits
  const seal = yield* Seal.make(project)

  const current: Effect.Effect<number, StoreError> = Effect.map(seal.read, (sealed) => sealed.generation)

  /** Writes the file last of all, so that a transaction which is undone before its end never touches it. */
  const mirror = Effect.flatMap(current, (generation) => GenerationFile.raise(directory, generation)).pipe(
    Effect.provideService(SecretFiles.SecretFiles, files)
  )

  /**
   * Raises it once per transaction, to one more than what was committed before and than `floor`.
   *
   * Once, because the file may be ahead of the database by one at most: more is the mark of a restored database. For the
   * same reason the transaction is the last of its commit, and so that nobody reads, and keeps in mind, under a new
   * generation what may still be undone.
   */
  const raise = Effect.fnUntraced(function* (floor: number) {
    const notes = yield* running.notes
    const commit = yield* commits.current
    if (Option.isSome(commit)) commit.value.seal()
    const sealed = yield* seal.read
    notes.generationBefore = Math.max(notes.generationBefore ?? sealed.generation, floor)
    notes.beforeCommit.set("generation", mirror)
    const generation = notes.generationBefore + 1
    if (generation !== sealed.generation) yield* seal.write({ ...sealed, generation })
    return generation
  })

  return { current, raise, seal }
})
