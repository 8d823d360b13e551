/**
 * Every disk that a power cut may leave behind, after every operation and with every choice of what was not yet durable.
 *
 * All choices up to twelve units that are not durable, beyond that a sample of them; the seed of the sample is said, so
 * that a failure can be run again. (A small ALICE: Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014.)
 */
import type { CrashDisk, Operation, Unit } from "./CrashDisk.ts"

export interface Crash {
  readonly disk: CrashDisk
  /** So many operations were done. */
  readonly operations: number
  readonly description: string
}

export interface Options {
  readonly seed: number
  /** Choices tried where there are too many for all. */
  readonly samples: number
}

export const exhaustiveUnits = 12

export const defaults: Options = { seed: 1, samples: 512 }

/** `before`: the disk when it was last settled. `live`: what was done to it since. */
export function* enumerate(before: CrashDisk, live: CrashDisk, options: Options = defaults): Generator<Crash> {
  const seen = new Set<string>()
  const numbers = new Map(live.log.flatMap(({ units }) => units).map((unit, index) => [unit, index]))
  for (let count = 0; count <= live.log.length; count++) {
    const done = live.log.slice(0, count)
    const last = done.at(-1)
    const units = done.flatMap((operation) => operation.units)
    const pending = units.filter((unit) => !isDurable(unit, done, live.dropped))
    for (const kept of choices(pending, options)) {
      const reached = units.filter((unit) => kept.has(unit) || !pending.includes(unit))
      const key = `${count === live.log.length}:${reached.map((unit) => numbers.get(unit)).join()}`
      if (seen.has(key)) continue
      seen.add(key)
      const disk = before.copy()
      for (const unit of reached) disk.apply(unit, live)
      yield {
        disk,
        operations: count,
        description: `after ${count} operations (last: ${last?.call ?? "none"}), ${kept.size} of ${pending.length} pending units on the disk`
      }
    }
  }
}

/** Whether some choice of this run was left out. */
export const isSampled = (live: CrashDisk): boolean =>
  live.log.some((_, index) => {
    const done = live.log.slice(0, index + 1)
    const pending = done.flatMap(({ units }) => units).filter((unit) => !isDurable(unit, done, live.dropped))
    return pending.length > exhaustiveUnits
  })

/** Names that change in two directories are durable once both are. */
const isDurable = (unit: Unit, done: ReadonlyArray<Operation>, dropped: ReadonlySet<Unit>): boolean => {
  if (dropped.has(unit)) return false
  const at = done.findIndex(({ units }) => units.includes(unit))
  const inodes = unit.kind === "names" ? unit.names.map(({ directory }) => directory) : [unit.inode]
  const synced = new Set(done.slice(at + 1).map((operation) => operation.synced))
  return inodes.every((inode) => synced.has(inode))
}

function* choices(units: ReadonlyArray<Unit>, { samples, seed }: Options): Generator<ReadonlySet<Unit>> {
  if (units.length <= exhaustiveUnits) {
    for (let bits = 0; bits < 2 ** units.length; bits++) {
      yield new Set(units.filter((_, index) => (bits & (1 << index)) !== 0))
    }
    return
  }
  yield new Set()
  yield new Set(units)
  const random = sequence(seed)
  for (let sample = 0; sample < samples; sample++) yield new Set(units.filter(() => random() < 0.5))
}

/** Mulberry32: a sequence that a seed gives again; nothing here is secret. */
const sequence = (seed: number) => {
  let state = seed
  return (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
