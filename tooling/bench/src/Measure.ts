/** Medians of interleaved rounds: what is compared runs side by side, so that the machine's mood cancels out. */
import { spawnSync } from "node:child_process"

export interface Figure {
  readonly name: string
  readonly median: number
  readonly worst: number
  readonly unit: "ms" | "µs"
}

const quantile = (values: ReadonlyArray<number>, at: number): number => {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? Number.NaN
}

export const p50 = (values: ReadonlyArray<number>): number => quantile(values, 0.5)
export const p99 = (values: ReadonlyArray<number>): number => quantile(values, 0.99)

export interface Program {
  readonly name: string
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
}

/** Whole processes, in milliseconds. A program that fails is an error, never a fast figure. */
export const processes = (programs: ReadonlyArray<Program>, rounds: number): ReadonlyArray<Figure> => {
  const times = new Map(programs.map((program) => [program.name, new Array<number>()]))
  for (let round = -2; round < rounds; round++) {
    for (const program of programs) {
      const started = process.hrtime.bigint()
      const { status, stderr } = spawnSync(program.command, program.args, { env: { ...process.env, ...program.env } })
      const elapsed = Number(process.hrtime.bigint() - started) / 1e6
      if (status !== 0) throw new Error(`${program.name} ended with ${status}: ${stderr}`)
      if (round >= 0) times.get(program.name)?.push(elapsed)
    }
  }
  return programs.map(({ name }) => figure(name, times.get(name) ?? [], "ms"))
}

export interface Operation {
  readonly name: string
  /** One unit of work; rejected work is an error. */
  run(): Promise<void>
}

/** Single operations, in microseconds, after a warm-up. */
export const operations = async (all: ReadonlyArray<Operation>, rounds: number): Promise<ReadonlyArray<Figure>> => {
  const times = new Map(all.map((operation) => [operation.name, new Array<number>()]))
  for (let round = -Math.ceil(rounds / 5); round < rounds; round++) {
    for (const operation of all) {
      const started = process.hrtime.bigint()
      await operation.run()
      const elapsed = Number(process.hrtime.bigint() - started) / 1e3
      if (round >= 0) times.get(operation.name)?.push(elapsed)
    }
  }
  return all.map(({ name }) => figure(name, times.get(name) ?? [], "µs"))
}

const figure = (name: string, values: ReadonlyArray<number>, unit: Figure["unit"]): Figure => ({
  name,
  median: p50(values),
  worst: p99(values),
  unit
})
