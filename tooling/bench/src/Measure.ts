/** Medians of interleaved rounds: what is compared runs side by side, so that the machine's mood cancels out. */
import * as Effect from "effect/Effect"
import { spawnSync } from "node:child_process"
import { performance } from "node:perf_hooks"

const quantile = (values: ReadonlyArray<number>, at: number): number => {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? Number.NaN
}

export const p50 = (values: ReadonlyArray<number>): number => quantile(values, 0.5)
export const p99 = (values: ReadonlyArray<number>): number => quantile(values, 0.99)

export interface Program {
  readonly command: string
  readonly args: ReadonlyArray<string>
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
}

/** Runs a program to its end; one that fails is an error, never a fast figure. */
export const run = ({ command, args, env, cwd }: Program, input = ""): string => {
  const { status, stderr, stdout, error } = spawnSync(command, args, { cwd, env: { ...env }, input, encoding: "utf8" })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}: ${stderr}`)
  return stdout
}

/** Median times of whole processes, in milliseconds, after two rounds that warm the caches of the machine. */
export const processes = <Name extends string>(
  programs: Readonly<Record<Name, Program>>,
  rounds: number
): Record<Name, number> => {
  const times = samples(programs)
  for (let round = -2; round < rounds; round++) {
    for (const name of names(programs)) {
      const start = performance.now()
      run(programs[name])
      if (round >= 0) times[name].push(performance.now() - start)
    }
  }
  return medians(times)
}

type Operations<Name extends string, E, R> = Readonly<Record<Name, (round: number) => Effect.Effect<unknown, E, R>>>

/** Median times of single operations, in microseconds, after a warm-up; each is given the number of its round. */
export const operations = <Name extends string, E, R>(
  all: Operations<Name, E, R>,
  rounds: number,
  warmUp = Math.ceil(rounds / 2)
) => measured(() => performance.now() * 1000, all, rounds, warmUp)

/** The same of the CPU's time, in which others of the machine count for less. */
export const costs = <Name extends string, E, R>(all: Operations<Name, E, R>, rounds: number) =>
  measured(spent, all, rounds, Math.ceil(rounds / 2))

const spent = () => {
  const { system, user } = process.cpuUsage()
  return system + user
}

const measured = Effect.fnUntraced(function* <Name extends string, E, R>(
  clock: () => number,
  all: Operations<Name, E, R>,
  rounds: number,
  warmUp: number
) {
  const times = samples(all)
  for (let round = -warmUp; round < rounds; round++) {
    for (const name of names(all)) {
      const start = clock()
      yield* all[name](round)
      if (round >= 0) times[name].push(clock() - start)
    }
  }
  return medians(times)
})

// The keys of an object literal are all that it has, which the types of `Object` cannot know.
const names = <All extends object>(all: All) => Object.keys(all) as Array<Extract<keyof All, string>>

const samples = <Name extends string>(all: Readonly<Record<Name, unknown>>) =>
  Object.fromEntries(names(all).map((name) => [name, new Array<number>()])) as Record<Name, Array<number>>

const medians = <Name extends string>(times: Readonly<Record<Name, ReadonlyArray<number>>>) =>
  Object.fromEntries(names(times).map((name) => [name, p50(times[name])])) as Record<Name, number>
