/**
 * Requests that come when they come, whether or not the earlier ones are done: who is late is late from the moment at
 * which the request was due, so a stall is counted for everybody who waited behind it.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Measure from "./Measure.ts"
import { performance } from "node:perf_hooks"

export interface Driven {
  /** Milliseconds from the moment at which a request was due to its answer. */
  readonly p50: number
  readonly p99: number
  readonly requests: number
  readonly errors: number
}

export const drive = Effect.fnUntraced(function* <E, R>(options: {
  readonly perSecond: number
  readonly seconds: number
  readonly request: (index: number) => Effect.Effect<unknown, E, R>
}) {
  const fork = Effect.runForkWith(yield* Effect.context<R>())
  const total = options.perSecond * options.seconds
  return yield* Effect.callback<Driven>((resume) => {
    const start = performance.now()
    const latencies: Array<number> = []
    let launched = 0
    let errors = 0
    const launch = (index: number) => {
      const due = start + (index * 1000) / options.perSecond
      fork(options.request(index)).addObserver((exit) => {
        latencies.push(performance.now() - due)
        if (Exit.isFailure(exit)) errors++
      })
    }
    // A turn of the event loop, not a timer: timers are a millisecond coarse, and this is a matter of two.
    const turn = () => {
      const due = Math.min(total, Math.floor(((performance.now() - start) * options.perSecond) / 1000) + 1)
      for (; launched < due; launched++) launch(launched)
      if (latencies.length < total) setImmediate(turn)
      else resume(Effect.succeed({ p50: Measure.p50(latencies), p99: Measure.p99(latencies), requests: total, errors }))
    }
    turn()
  })
})
