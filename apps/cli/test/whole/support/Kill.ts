/** Ends a command with SIGKILL at a random point: after some time, or right when it changes the store's directory. */
import * as Fs from "node:fs"
import type * as Bailiwick from "./Bailiwick.ts"
import type { World } from "./World.ts"

/** A number from 0 up to 1; the same sequence for the same seed (mulberry32). */
export const random = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export interface Point {
  /** Milliseconds after the start, or after the change. */
  readonly delay: number
  /** Counted changes of names and contents in the store's directory. */
  readonly change?: number
}

export interface Killable extends Bailiwick.Started {
  readonly pid: () => number | undefined
}

export interface Outcome extends Bailiwick.Ended {
  /** False where it was quicker than the killer. */
  readonly killed: boolean
}

export const at = async (world: World, start: () => Killable, point: Point): Promise<Outcome> => {
  let changes = 0
  let killed = false
  let over = false
  const timers: Array<NodeJS.Timeout> = []
  const kill = (started: Killable): void => {
    const pid = started.pid()
    if (over || pid === undefined) return
    try {
      process.kill(pid, "SIGKILL")
      killed = true
    } catch {
      // It has just ended by itself.
    }
  }
  const watcher = Fs.watch(world.store, () => {
    changes += 1
    if (changes === point.change) timers.push(setTimeout(() => kill(started), point.delay))
  })
  const started = start()
  if (point.change === undefined) timers.push(setTimeout(() => kill(started), point.delay))
  const ended = await started.ended
  over = true
  watcher.close()
  for (const timer of timers) clearTimeout(timer)
  return { ...ended, killed }
}
