/** Whole processes of the bundled command, beside Node that does nothing, and what each holds in memory at most. */
import * as Effect from "effect/Effect"
import { spawnSync } from "node:child_process"
import * as Installed from "./Installed.ts"
import * as Measure from "./Measure.ts"
import * as Table from "./Table.ts"

const rounds = 15

const programs = ({ node, bailiwick, policy }: Installed.Installed) => ({
  node: node("-e", "0"),
  version: bailiwick("--version"),
  warm: bailiwick("credential-process", "--on", "dev"),
  policy: bailiwick(
    "policy",
    "test",
    "--policy",
    policy,
    "--on",
    "oidc",
    "--action",
    "orders:read",
    "--resource",
    "urn:acme:api"
  ),
  status: bailiwick("status")
})

export const measure = Effect.gen(function* () {
  const installed = yield* Installed.make
  const all = programs(installed)
  yield* Effect.sync(() => requireWarm(all.warm))

  const times = Measure.processes(all, rounds)
  const toNode = (name: keyof typeof all) => Table.ratio(times[name] / times.node, "node")
  const release = "40 ms (release binary)"
  const rows: ReadonlyArray<Table.Row> = [
    { what: "node -e 0", figure: Table.ms(times.node) },
    { what: "bailiwick --version", figure: Table.ms(times.version), ratio: toNode("version") },
    { what: "credential-process, warm", figure: Table.ms(times.warm), mark: "1.50 × node", ratio: toNode("warm") },
    { what: "policy test", figure: Table.ms(times.policy), mark: release, ratio: toNode("policy") },
    { what: "status", figure: Table.ms(times.status), mark: release, ratio: toNode("status") },
    ...(["node", "warm", "status"] as const).map((name) => ({
      what: `memory of ${name === "node" ? "node -e 0" : all[name].args.slice(1, 2)[0]}`,
      figure: Table.mib(memory(all[name]))
    }))
  ]
  return rows
}).pipe(Effect.scoped)

/** Two processes that asked the broker would print two tokens. */
const requireWarm = (program: Measure.Program): void => {
  const answers = [1, 2].map(() => Measure.run(program))
  if (answers[0] !== answers[1]) throw new Error("credential-process did not answer from its cache")
}

/** The most that the process ever held, in bytes; it tells so itself, as its last act. */
const memory = ({ command, args, cwd, env }: Measure.Program): number => {
  const last = `process.on("exit",()=>process.getBuiltinModule("fs").writeSync(3,String(process.resourceUsage().maxRSS)))`
  const hook = `data:text/javascript,${encodeURIComponent(last)}`
  const { output } = spawnSync(command, ["--import", hook, ...args], {
    cwd,
    env: { ...env },
    encoding: "utf8",
    stdio: ["ignore", "ignore", "ignore", "pipe"]
  })
  return Number(output[3]) * 1024
}
