import * as Command from "effect/cli/Command"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Issue from "@bailiwick/broker/Issue"
import * as CredentialLease from "@bailiwick/delivery/CredentialLease"
import * as CredentialProcess from "@bailiwick/delivery/CredentialProcess"
import * as DeliveryError from "@bailiwick/delivery/DeliveryError"
import { SecretFiles } from "@bailiwick/core/ports/SecretFiles"
import { StateDirectory } from "@bailiwick/storage/StateDirectory"
import * as Path from "node:path"
import * as Calling from "../client/Calling.ts"
import * as RunFlags from "../client/RunFlags.ts"
import * as SharedMint from "../client/SharedMint.ts"
import * as Variables from "../settings/Variables.ts"
import { usage } from "../ui/Failure.ts"
import * as Output from "../ui/Output.ts"
import * as Lease from "../warm/Lease.ts"
import { inProject } from "../wiring/inProject.ts"
import * as Standing from "../wiring/Standing.ts"

export const credentialProcess = Command.make("credential-process", RunFlags.asking, (wanted) =>
  inProject((project) =>
    Effect.gen(function* () {
      yield* noLoop
      const standing = yield* Standing.read
      const calling = yield* Calling.require(project, Calling.nobodyLends)
      const request = yield* RunFlags.request(wanted, { ...calling, signed: false }, standing)
      const issued = yield* SharedMint.issue({ calling, project, request })
      const { credentials } = issued
      const document = CredentialProcess.document({ ...credentials, secret: Redacted.value(credentials.secret) })
      if (document === undefined) {
        return yield* new DeliveryError.DeliveryError({
          reason: new DeliveryError.NotDeliverable({ provider: credentials.provider })
        })
      }
      for (const note of credentials.notes ?? []) yield* Output.warn(note)
      // A file may hold another policy next time, under the very same words.
      if (Option.isNone(wanted.policyFile)) yield* noteFor(calling, issued)
      yield* Output.data(document.trimEnd())
    })
  )
).pipe(Command.withDescription("Print credentials for an SDK that asks a process; nothing else is on stdout"))

/**
 * Whose login is a profile that asks this command would start it without end; what it starts inherits the variable.
 */
const noLoop = Effect.gen(function* () {
  if (Option.isSome(yield* Effect.orDie(Config.option(Config.String(Variables.asking))))) {
    return yield* usage(
      "own-login",
      "the broker's own login is a profile that asks the broker",
      "let an owner name the login's profile in the target's settings.profile"
    )
  }
  declare()
})

const declare = (): void => {
  process.env[Variables.asking] = "1"
}

/**
 * Lets the next start with the same words find the sealed answer, and then it needs no broker; only for sessions of the
 * environment, whose key the next start has too. Never for a person's: it acts on its own terminal alone and idles out,
 * and only the broker looks at that. A note that cannot be written costs time and nothing else.
 */
const noteFor = Effect.fnUntraced(
  function* ({ caller, proof }: Calling.Calling, { credentials, session }: Issue.Issued) {
    if (caller.kind !== "agent" || Option.isNone(yield* Calling.fromEnvironment)) return
    const entry = (yield* StateDirectory).cacheEntry(session.project_id, proof.session, session.reuse)
    const place = { seed: Redacted.value(proof.seed), session: proof.session, words: process.argv.slice(3) }
    const renew = CredentialLease.renewalTime(SharedMint.obtained(session), credentials.expires)
    const note = Lease.seal(place, { reuse: session.reuse, renew })
    const files = yield* SecretFiles
    yield* files.write(Path.join(Path.dirname(entry), Lease.fileName(place)), new TextEncoder().encode(note))
  },
  Effect.catchTag("StoreError", (error) => Output.warn(`the answer is not noted: ${error.message}`))
)
