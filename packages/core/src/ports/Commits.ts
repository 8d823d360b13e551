/**
 * The commit that running transactions share.
 *
 * A store may make several transactions durable at once. Each is still undone alone when it fails, and none is answered
 * before the commit of all is durable; if that fails, all have failed.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { StoreError } from "../StoreError.ts"

/** One commit to come; the same object for everything that it will make durable. */
export interface Commit {
  /**
   * Has `step` run once, under the write lock, as the last thing before the commit, whichever of its transactions were
   * undone meanwhile. If it fails, nothing of what shares the commit is kept.
   */
  before(step: Effect.Effect<void, StoreError>): void
  /** Lets no transaction share it that has not begun yet. */
  seal(): void
}

export class Commits extends Context.Service<
  Commits,
  {
    /** The commit of the running transaction; none outside of one. */
    readonly current: Effect.Effect<Option.Option<Commit>>
  }
>()("@bailiwick/core/ports/Commits") {}
