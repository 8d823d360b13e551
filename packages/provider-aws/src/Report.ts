/** What a plan for AWS promises: who holds which restriction, and how fast a revoke bites. */
import type { CredentialRequest } from "@bailiwick/core/CredentialRequest"
import type * as Enforcement from "@bailiwick/core/Enforcement"
import type { AwsTarget } from "./AwsTarget.ts"
import type { Compiled } from "./PolicyDocument.ts"
import { enumerate } from "./Refusal.ts"
import * as SessionDocument from "./SessionDocument.ts"

/** AWS says that a changed policy takes "a few minutes" to be applied everywhere, and names no bound, in seconds. */
export const spread = 300

/** How a scoped session is recorded: by this text it is known when it is revoked. */
export const scoped =
  "no new credentials are issued; those that are out live until they expire, for a denial would end the broker's own session too"

const unrevocable = "no new credentials are issued; those that are out live until they expire"

const deniable =
  "no new credentials are issued, and the role denies the session; AWS takes some minutes to apply that everywhere"

export interface Facts {
  readonly request: CredentialRequest
  readonly target: AwsTarget
  readonly compiled: Compiled
  /** Seconds that the credentials live at most. */
  readonly life: number
  /** Whether the end stands in the session policy, because STS gives nothing as short. */
  readonly endsInPolicy: boolean
  /** Whether this broker has written a denial on the role lately. */
  readonly mayDeny: boolean
}

export const of = ({ request, target, compiled, life, endsInPolicy, mayDeny }: Facts): Enforcement.Report => {
  const lifted = compiled.managed.map(({ arn, profile }) => `the profile ${profile} by ${arn}`)
  const beside =
    lifted.length === 0 ? "" : `; managed policies hold ${enumerate(lifted, 3)}, as the project record says of them`
  const restriction = (note: string): Enforcement.Entry => ({ held: "session-policy", note: `${note}${beside}` })
  const renewed =
    target.method === "scoped"
      ? `, those of a scoped session after ${SessionDocument.longestScoped / 60} minutes at most`
      : ""
  const isDeniable = target.method === "assume-role" && target.revoke === "role-policy"
  return {
    actions: restriction("the session policy allows these actions alone"),
    resources: restriction("the session policy names these resources alone"),
    expiry: endsInPolicy
      ? { held: "session-policy", note: "the session policy denies everything from the end on" }
      : { held: "token", note: `STS ends the credentials${renewed}` },
    network: compiled.network
      ? restriction(
          "the session policy names the networks; AWS services that call others on one's behalf use their own"
        )
      : { held: "not-asked", note: "the request names no networks" },
    revocation: {
      how: target.method === "scoped" ? scoped : isDeniable ? deniable : unrevocable,
      worst: isDeniable && mayDeny ? Math.min(life, spread) : life
    },
    isolation: request.isolation
  }
}
