/**
 * Runs a change of files on a disk in memory, cuts the power at every point, and asks what is found then.
 *
 * `check` cuts the power (level 1); `checkFaults` lets every single call fail first, with errors and short writes
 * (level 2), and cuts the power after that too.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as FaultyFiles from "../FaultyFiles.ts"
import { CrashDisk } from "./CrashDisk.ts"
import * as CrashStates from "./CrashStates.ts"

export type Calls = CrashDisk["calls"]

export interface Scenario<Found, R> {
  /** What is there, and durable, before the change. */
  readonly before: (calls: Calls) => Effect.Effect<unknown, unknown, R>
  readonly change: (calls: Calls) => Effect.Effect<unknown, unknown, R>
  readonly recover: (calls: Calls) => Effect.Effect<Found, unknown, R>
  /** `finished`: the change had reported success, so the old state alone is not enough any more. */
  readonly isAllowed: (found: Found, finished: boolean) => boolean
  readonly options?: CrashStates.Options
}

export interface Report {
  /** Disks that were looked at. */
  readonly states: number
  /** Calls that changed the disk or made it durable. */
  readonly operations: number
  /** The seed, where not every choice was tried. */
  readonly sampledWith?: number
}

export class CrashFound extends Schema.TaggedError<CrashFound>()("CrashFound", {
  description: Schema.String,
  found: Schema.String,
  seed: Schema.Int
}) {
  override get message() {
    return `${this.description}: found ${this.found} (seed ${this.seed})`
  }
}

export const check = <Found, R>(scenario: Scenario<Found, R>): Effect.Effect<Report, CrashFound, R> =>
  Effect.gen(function* () {
    const { before, live } = yield* prepare(scenario)
    const exit = yield* Effect.exit(scenario.change(live.calls))
    if (Exit.isFailure(exit)) return yield* found(scenario, "without any fault", "a failure")
    const states = yield* cut(scenario, before, live, true, "", new Set())
    return {
      states,
      operations: live.log.length,
      ...(CrashStates.isSampled(live) && { sampledWith: optionsOf(scenario).seed })
    }
  })

/** Calls that change something, or can run out of something. */
export const failing = [
  "open",
  "write",
  "fsync",
  "close",
  "rename",
  "link",
  "unlink",
  "mkdir"
] as const satisfies ReadonlyArray<keyof Calls>

export const codes = ["ENOSPC", "EIO", "EMFILE"] as const

export const checkFaults = <Found, R>(scenario: Scenario<Found, R>): Effect.Effect<Report, CrashFound, R> =>
  Effect.gen(function* () {
    const clean = yield* prepare(scenario)
    const traced = FaultyFiles.inject(clean.live.calls, failing)
    yield* Effect.exit(scenario.change(traced.calls))
    const accepted = new Set<string>()
    let states = 0
    for (const [at, call] of traced.made.entries()) {
      for (const code of codes) {
        for (const when of ["before", "after"] as const) {
          const { before, live } = yield* prepare(scenario)
          const faulty = FaultyFiles.inject(live.calls, failing, { at, code, when })
          states += yield* judge(
            scenario,
            before,
            live,
            faulty.calls,
            `${call} #${at} fails ${when} with ${code}; `,
            accepted
          )
        }
      }
    }
    const syncs = traced.made.filter((call) => call === "fsync").length
    for (let sync = 0; sync < syncs; sync++) {
      const { before, live } = yield* prepare(scenario)
      live.failSync(sync)
      states += yield* judge(
        scenario,
        before,
        live,
        live.calls,
        `fsync #${sync} fails and drops what it had; `,
        accepted
      )
    }
    const { before, live } = yield* prepare(scenario)
    states += yield* judge(scenario, before, live, shortWrites(live.calls), "every write is short; ", accepted)
    return { states, operations: traced.made.length }
  })

/** A system that takes a part of what it is given, as POSIX allows. */
export const shortWrites = (calls: Calls): Calls => ({
  ...calls,
  write: (fd, content, offset, length) => calls.write(fd, content, offset, Math.min(length, Math.ceil(length / 3)))
})

const optionsOf = <Found, R>({ options }: Scenario<Found, R>) => options ?? CrashStates.defaults

const prepare = <Found, R>(scenario: Scenario<Found, R>) =>
  Effect.gen(function* () {
    const live = new CrashDisk()
    yield* Effect.orDie(scenario.before(live.calls))
    live.settle()
    return { before: live.copy(), live }
  })

const judge = Effect.fnUntraced(function* <Found, R>(
  scenario: Scenario<Found, R>,
  before: CrashDisk,
  live: CrashDisk,
  calls: Calls,
  label: string,
  accepted: Set<string>
) {
  const exit = yield* Effect.exit(scenario.change(calls))
  if (live.openFiles > 0) return yield* found(scenario, label, "descriptors left open")
  // Without a power cut, too: what the program itself sees next.
  const now = yield* Effect.exit(scenario.recover(live.calls))
  if (Exit.isFailure(now) || !scenario.isAllowed(now.value, Exit.isSuccess(exit))) {
    return yield* found(scenario, `${label}right after it`, now)
  }
  return yield* cut(scenario, before, live, Exit.isSuccess(exit), label, accepted)
})

const cut = Effect.fnUntraced(function* <Found, R>(
  scenario: Scenario<Found, R>,
  before: CrashDisk,
  live: CrashDisk,
  succeeded: boolean,
  label: string,
  accepted: Set<string>
) {
  let states = 0
  // The same calls leave the same disks behind, whichever error the program was told.
  const history = `${succeeded}:${live.history}`
  if (accepted.has(history)) return states
  accepted.add(history)
  // What the recovery does is not part of what is cut.
  const operations = live.log.length
  for (const crash of CrashStates.enumerate(before, live, optionsOf(scenario))) {
    states++
    const finished = succeeded && crash.operations === operations
    // The same disk is left behind in many ways; what a recovery finds depends on nothing else.
    const key = `${finished}:${crash.disk.content}`
    if (accepted.has(key)) continue
    accepted.add(key)
    const exit = yield* Effect.exit(scenario.recover(crash.disk.calls))
    if (Exit.isFailure(exit) || !scenario.isAllowed(exit.value, finished)) {
      return yield* found(scenario, `${label}${crash.description}`, exit)
    }
  }
  return states
})

const found = <Found, R>(scenario: Scenario<Found, R>, description: string, what: unknown) =>
  Effect.fail(new CrashFound({ description, found: JSON.stringify(what), seed: optionsOf(scenario).seed }))
