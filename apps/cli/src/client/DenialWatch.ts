/**
 * Listens while a command runs on a target of AWS, so that what AWS refused can be told once it has ended: at the
 * monitoring of its SDK, and at its standard error where no terminal shows that to a person.
 *
 * Loaded for such runs alone.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Scope } from "effect/Scope"
import type { SecureRandom } from "effect/crypto/SecureRandom"
import * as ErrorPipe from "@bailiwick/delivery/ErrorPipe"
import * as SdkMonitor from "@bailiwick/delivery/SdkMonitor"
import * as Actions from "@bailiwick/provider-aws/Actions"
import * as Denial from "@bailiwick/provider-aws/Denial"

export interface DenialWatch {
  /** The variables of the child. */
  readonly environment: Readonly<Record<string, string>>
  /** Where the child's streams go, unless they are ours. */
  readonly errors: Option.Option<ErrorPipe.ErrorPipe>
  /** What was refused to this session, once the child has ended. */
  readonly denials: (session: Denial.OwnSession) => Effect.Effect<ReadonlyArray<Denial.Denial>>
  /** What was told after them has been taken by its reader: a process that ends drops what is still on its way. */
  readonly told: Effect.Effect<void>
}

/** Listens until the scope closes; `directory` is a private one of this run. */
export const open = (directory: string): Effect.Effect<DenialWatch, never, Scope | SecureRandom> =>
  Effect.gen(function* () {
    const monitor = yield* SdkMonitor.listen
    const scanner = Denial.scanner()
    const errors = yield* ErrorPipe.open({
      directory,
      listen: scanner.push,
      output: process.stderr,
      descriptors: { out: 1, error: 2 }
    })
    const denials = Effect.fnUntraced(function* (session: Denial.OwnSession) {
      const calls = Option.isSome(monitor) ? yield* monitor.value.failed : []
      const sentences = scanner.end()
      // The list of actions is half a megabyte, and most commands are refused nothing.
      if (calls.length === 0 && sentences.length === 0) return []
      return Denial.collect({ table: yield* Actions.load, session, sentences, calls })
    })
    return {
      environment: Option.match(monitor, { onNone: () => ({}), onSome: ({ environment }) => environment }),
      errors,
      denials,
      told: Effect.callback<void>((resume) => void process.stderr.write("", () => resume(Effect.void)))
    }
  })
