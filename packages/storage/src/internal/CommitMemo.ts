/**
 * What a transaction has read, kept for the rest of its commit.
 *
 * Under the write lock nobody else changes a row, so what was read once need not be read again. A change of one's own ends
 * that for the rest of the commit: a savepoint may still undo it.
 */
import type * as Commits from "@bailiwick/core/ports/Commits"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

export interface CommitMemo<A> {
  /** `read`, or what it gave before in this commit; outside of a transaction always `read`. */
  get<E, R>(commits: Commits.Commits["Service"], read: Effect.Effect<A, E, R>): Effect.Effect<A, E, R>
  /** What is known at this point of the commit, if anything. */
  peek(commits: Commits.Commits["Service"]): Effect.Effect<A | undefined>
  /** To be called before every change. */
  forget(commits: Commits.Commits["Service"]): Effect.Effect<void>
}

/** One for each kind of row; commits are told apart by their objects, so stores need not be. */
export const make = <A>(): CommitMemo<A> => {
  const known = new WeakMap<Commits.Commit, { readonly value: A | undefined }>()
  return {
    get: (commits, read) =>
      Effect.flatMap(commits.current, (commit) => {
        if (Option.isNone(commit)) return read
        const entry = known.get(commit.value)
        if (entry !== undefined) return entry.value === undefined ? read : Effect.succeed(entry.value)
        return Effect.tap(read, (value) => Effect.sync(() => known.set(commit.value, { value })))
      }),
    peek: (commits) =>
      Effect.map(commits.current, (commit) => (Option.isSome(commit) ? known.get(commit.value)?.value : undefined)),
    forget: (commits) =>
      Effect.map(commits.current, (commit) => {
        if (Option.isSome(commit)) known.set(commit.value, { value: undefined })
      })
  }
}
