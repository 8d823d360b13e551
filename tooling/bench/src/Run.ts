/** What `run` costs around a child that does nothing, beside a command that only looks, from the same store. */
import * as Effect from "effect/Effect"
import * as Installed from "./Installed.ts"
import * as Measure from "./Measure.ts"
import * as Table from "./Table.ts"

const rounds = 10

export const measure = Effect.gen(function* () {
  const { bailiwick, node } = yield* Installed.make
  const times = Measure.processes(
    { node: node("-e", "0"), status: bailiwick("status"), run: bailiwick("run", "--on", "dev", "--", "true") },
    rounds
  )
  const rows: ReadonlyArray<Table.Row> = [
    { what: "run -- true", figure: Table.ms(times.run), ratio: Table.ratio(times.run / times.node, "node") },
    { what: "  more than status", figure: Table.ms(times.run - times.status) }
  ]
  return rows
}).pipe(Effect.scoped)
