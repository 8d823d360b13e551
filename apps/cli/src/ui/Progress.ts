/** One line about work that takes longer than a second, on a terminal's stderr alone, gone when the work is done. */
import * as Effect from "effect/Effect"
import * as Globals from "./Globals.ts"

const clearLine = "\r\u001b[K"

export const during = <A, E, R>(what: string, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    if (process.stderr.isTTY !== true || (yield* Globals.Quiet)) return yield* effect
    const show = Effect.sync(() => void process.stderr.write(`${clearLine}bailiwick: ${what} …`))
    const hide = Effect.sync(() => void process.stderr.write(clearLine))
    const shown = Effect.andThen(show, Effect.never).pipe(Effect.onInterrupt(() => hide))
    const late = Effect.andThen(Effect.sleep("1 second"), shown)
    return yield* Effect.scoped(Effect.andThen(Effect.forkScoped(late), effect))
  })
