/**
 * The records of a project, verified whole: who was entitled to sign each is judged at the place and time at which the
 * log accepted it, so nobody signs into the past (formats §2).
 *
 * @example
 * ```ts
 * import { Registry } from "@bailiwick/tokens"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function*() {
 *   const registry = yield* Registry.build(acceptedRecords, { founder: pinnedKid })
 *   return registry.now(time).isOwner(human)
 * })
 * ```
 */
import type * as Kid from "@bailiwick/core/Kid"
import type * as RecordRegistry from "@bailiwick/core/ports/RecordRegistry"
import type * as ProjectId from "@bailiwick/core/ProjectId"
import type * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import type { Ed25519 } from "./Ed25519.ts"
import * as Record from "./Record.ts"
import * as Judgement from "./registry/Judgement.ts"
import * as View from "./registry/View.ts"
import type * as TokenError from "./TokenError.ts"

export type { Moment, View } from "./registry/View.ts"

export interface Registry {
  readonly project: ProjectId.ProjectId
  /** The key that signed record 0: what every client pins. */
  readonly founder: Kid.Kid
  /** What was judged, by place. */
  readonly records: ReadonlyArray<RecordRegistry.AcceptedRecord>
  /** What stood at a place of the log, with that time for who was in force. */
  readonly at: (moment: View.Moment) => View.View
  /** What stands now. */
  readonly now: (time: UnixTime.UnixTime) => View.View
}

/** Verifies every record at its place; a project begins with its record 0 and the founder's member record. */
export const build: (
  accepted: ReadonlyArray<RecordRegistry.AcceptedRecord>,
  options?: { readonly founder?: Kid.Kid }
) => Effect.Effect<Registry, TokenError.TokenError, Ed25519> = Effect.fn("Registry.build")(
  function* (accepted, options) {
    const [project, founder, ...rest] = accepted
    const bench = yield* Judgement.found(project, founder, options?.founder)
    for (const record of rest) yield* Judgement.admit(bench, record)
    const chains = bench.chains
    const at = (moment: View.Moment) => View.make(chains, moment)
    return {
      project: bench.project,
      founder: bench.founder,
      records: accepted,
      at,
      now: (time) => at(View.everything(time))
    }
  }
)

/** A record that is about to be accepted: its bytes, and the place and time that the log will give it. */
export interface Candidate {
  readonly kind: Record.Kind
  readonly jws: string
  readonly place: number
  readonly time: UnixTime.UnixTime
}

/** Judges one more record as `build` would; gives back the registry with it, and the row to append. */
export const admit: (
  registry: Registry,
  candidate: Candidate
) => Effect.Effect<
  { readonly registry: Registry; readonly accepted: RecordRegistry.AcceptedRecord; readonly record: Record.Record },
  TokenError.TokenError,
  Ed25519
> = Effect.fn("Registry.admit")(function* (registry, candidate) {
  const accepted = yield* row(candidate)
  // Judged whole again: records are rare, their signatures are remembered, and one path has one meaning.
  const next = yield* build([...registry.records, accepted], { founder: registry.founder })
  return { registry: next, accepted, record: yield* Effect.fromResult(Record.decode(candidate.kind, candidate.jws)) }
})

/** The row of a record as its own bytes describe it; nothing is verified. */
export const row = ({
  kind,
  jws,
  place,
  time
}: Candidate): Effect.Effect<RecordRegistry.AcceptedRecord, TokenError.TokenError> =>
  Effect.map(Effect.fromResult(Record.decode(kind, jws)), (record) => ({
    kind,
    chain: Record.chain(record),
    seq: record.payload.seq,
    hash: Record.hash(jws),
    jws,
    place,
    time
  }))
