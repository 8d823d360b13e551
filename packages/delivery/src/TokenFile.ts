/**
 * A file that always holds the newest token, for programs that read a token from a file: 0600, without a line end,
 * replaced atomically before the old token dies, and removed as soon as the broker refuses.
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { SecretFiles } from "@bailiwick/core/ports/SecretFiles"
import type { CredentialLease } from "./CredentialLease.ts"
import { DeliveryError, fromStore, NotDeliverable } from "./DeliveryError.ts"

/** How often the lease is looked at, which costs one read of the generation: so soon a revoke empties the place. */
export const interval = "5 seconds"

/** Writes the file and keeps it until the scope closes, which removes it. The directory must be private already. */
export const keep = Effect.fn("TokenFile.keep")(function* (options: {
  readonly path: string
  readonly lease: CredentialLease
}): Effect.fn.Return<void, DeliveryError, Scope.Scope | SecretFiles> {
  const files = yield* SecretFiles
  const written = yield* Ref.make("")
  const remove = Effect.ignore(files.remove(options.path))

  const write = Effect.gen(function* () {
    const { provider, secret } = yield* options.lease.current
    const { token } = Redacted.value(secret)
    if (token === undefined) return yield* new DeliveryError({ reason: new NotDeliverable({ provider }) })
    if (token === (yield* Ref.get(written))) return
    yield* Effect.mapError(files.write(options.path, new TextEncoder().encode(token)), fromStore)
    yield* Ref.set(written, token)
  })

  yield* Effect.addFinalizer(() => remove)
  yield* write
  yield* Effect.sleep(interval).pipe(
    Effect.andThen(write),
    // A broker that cannot be asked just now, or a full disk, may be better at the next look; a refusal is for good.
    Effect.retry({ schedule: Schedule.forever, while: (error) => error.reason._tag !== "Refused" }),
    Effect.forever,
    Effect.catch(() => remove),
    Effect.forkScoped
  )
})
