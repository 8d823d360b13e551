/**
 * A decision with its durable writes on SQLite, without a cloud: authenticated, decided, planned, intended, signed by
 * the project's own issuer, recorded; each request another one, so that none is answered from memory.
 */
import * as Authenticate from "@bailiwick/broker/Authenticate"
import * as Issue from "@bailiwick/broker/Issue"
import * as Effect from "effect/Effect"
import * as BareHandler from "./BareHandler.ts"
import * as OpenLoop from "./OpenLoop.ts"
import * as Measure from "./Measure.ts"
import * as Table from "./Table.ts"
import * as World from "./World.ts"

const load = { perSecond: 500, seconds: 2 }
const alone = 200

/** So many laps of so many requests. */
const laps = 8
const lap = 64
const concurrency = 32

export const measure = World.within(
  Effect.gen(function* () {
    const proof = yield* World.redeemed
    const bare = yield* BareHandler.make

    const decide = Effect.fnUntraced(function* (index: string) {
      const caller = yield* Authenticate.authenticate(proof)
      const request = { target: World.dev, policy: World.policy, tags: { request: index }, narrow: false }
      return yield* Issue.issue({ caller, request })
    })

    // Side by side, a lap of each at a time.
    let of = 0
    const sides = {
      decisions: () => {
        of++
        return Effect.forEach(Array.from({ length: lap }), (_, index) => decide(`${of}.${index}`), {
          concurrency,
          discard: true
        })
      },
      handlings: () =>
        Effect.sync(() => {
          for (let index = 0; index < lap; index++) {
            bare.check()
            bare.insert()
          }
        })
    }
    const most = yield* Measure.operations(sides, laps)
    const cost = yield* Measure.costs(sides, laps)
    const single = yield* Measure.operations({ decision: (round) => decide(`alone ${round}`) }, alone)
    const driven = yield* OpenLoop.drive({ ...load, request: (index) => decide(`open ${index}`) })

    const rows: ReadonlyArray<Table.Row> = [
      { what: "decision with durable write, one at a time", figure: Table.us(single.decision) },
      { what: `  at ${load.perSecond}/s, open loop: p50`, figure: Table.ms(driven.p50), mark: "2 ms" },
      { what: "  p99", figure: Table.ms(driven.p99), mark: "10 ms" },
      { what: "  errors", figure: `${driven.errors} of ${driven.requests}`, mark: "none" },
      {
        what: "  as many as it can",
        figure: Table.perSecond((lap * 1e6) / most.decisions),
        mark: "≥ 0.70 × bare",
        ratio: Table.ratio(most.handlings / most.decisions, "bare handler")
      },
      {
        what: "    CPU of each",
        figure: Table.us(cost.decisions / lap),
        ratio: Table.ratio(cost.decisions / cost.handlings, "bare handler")
      },
      {
        what: "bare handler: one check, one durable insert",
        figure: Table.perSecond((lap * 1e6) / most.handlings)
      }
    ]
    return rows
  })
)
