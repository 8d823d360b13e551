/**
 * Prints this machine's figures beside the marks, never a verdict. `npm run bench` measures all, `npm run bench NAME …`
 * what is named.
 */
import * as Machine from "bailiwick/src/wiring/Machine.ts"
import * as Effect from "effect/Effect"
import { cpus, loadavg } from "node:os"
import * as Audex from "./Audex.ts"
import * as Decide from "./Decide.ts"
import * as Reuse from "./Reuse.ts"
import * as Run from "./Run.ts"
import * as Startup from "./Startup.ts"
import * as Table from "./Table.ts"
import * as Verify from "./Verify.ts"

const all = {
  startup: Startup.measure,
  run: Run.measure,
  verify: Verify.measure,
  decide: Decide.measure,
  reuse: Reuse.measure,
  audex: Audex.measure
}

const asked = process.argv.slice(2)
const strange = asked.filter((name) => !Object.hasOwn(all, name))
if (strange.length > 0) {
  console.error(`bench: nothing is named ${strange.join(", ")}\nhint: ${Object.keys(all).join(", ")}`)
  process.exit(2)
}

const program = Effect.gen(function* () {
  const rows: Array<Table.Row> = []
  for (const [name, measure] of Object.entries(all)) {
    if (asked.length > 0 && !asked.includes(name)) continue
    console.error(`bench: ${name}`)
    rows.push(...(yield* measure))
  }
  return rows
})

const rows = await Effect.runPromise(Effect.provide(program, Machine.layer))
const [first, ...more] = cpus()
const machine = [
  first?.model ?? "an unknown CPU",
  `${more.length + 1} cores`,
  `load ${loadavg()[0]?.toFixed(1)}`,
  `node ${process.versions.node}`
]
console.log(`${Table.render(rows)}\n${machine.join(", ")}`)
