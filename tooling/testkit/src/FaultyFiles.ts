/**
 * Puts a fault in the way of one system call out of many, to see what a crash of the plan leaves behind.
 *
 * Works on any record of synchronous calls: run once without a fault to learn the calls, then once for each of them.
 */

export interface Fault {
  /** Which call fails, counted from 0. */
  readonly at: number
  /** The code of the error that it fails with, e.g. `ENOSPC`. */
  readonly code: string
  /** `after`: the call does its work and then reports a failure, as `rename` over a failing disk may. */
  readonly when: "before" | "after"
}

export interface Faulty<Calls> {
  readonly calls: Calls
  /** The names of the calls that were made. */
  readonly made: Array<string>
}

type AnyCall = (...args: ReadonlyArray<never>) => unknown

/** Only changes are counted and failed: `names` says which calls those are. */
export const inject = <Calls extends { readonly [Name in keyof Calls]: AnyCall }>(
  calls: Calls,
  names: ReadonlyArray<keyof Calls & string>,
  fault?: Fault
): Faulty<Calls> => {
  const made: Array<string> = []
  const wrapped: Partial<Record<keyof Calls, AnyCall>> = {}
  for (const name of names) {
    const call: AnyCall = calls[name]
    wrapped[name] = (...args) => {
      made.push(name)
      if (fault === undefined || made.length - 1 !== fault.at) return call(...args)
      // Linux has closed the descriptor even when close(2) fails; no call that failed has opened one.
      if (name !== "open" && (name === "close" || fault.when === "after")) call(...args)
      throw Object.assign(new Error(`${fault.code}: injected, ${name}`), { code: fault.code, syscall: name })
    }
  }
  return { calls: { ...calls, ...wrapped }, made }
}
