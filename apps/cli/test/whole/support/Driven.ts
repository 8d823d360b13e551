/** A run whose child does one step after another, as the test says: so what came before what is known, and never timed. */
import { spawn } from "node:child_process"
import * as Path from "node:path"
import { createInterface } from "node:readline"
import type * as Forge from "./Forge.ts"
import type { World } from "./World.ts"

export interface Driven {
  /** One step, and what the child answered to it. */
  step(line: string): Promise<Forge.Json>
  /** Ends the child by the end of its input; gives back the run's exit code and everything that it said. */
  end(): Promise<{ readonly code: number | null; readonly stderr: string }>
}

const program = Path.join(import.meta.dirname, "DrivenChild.cjs")

export const run = (world: World, flags: ReadonlyArray<string>, env: Readonly<Record<string, string>>): Driven => {
  const child = spawn(process.execPath, [world.entry, "run", ...flags, "--", process.execPath, program], {
    cwd: world.home,
    env: { ...world.env, ...env },
    detached: true
  })
  let stderr = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text
  })
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve))
  return {
    step: async (line) => {
      child.stdin.write(`${line}\n`)
      const { done, value } = await answers.next()
      if (done === true) throw new Error(`the run ended at ${line}: ${stderr}`)
      return JSON.parse(value)
    },
    end: async () => {
      child.stdin.end()
      return { code: await ended, stderr }
    }
  }
}
