/**
 * The enforcement report: per restriction, who holds it, and how fast a revoke bites.
 *
 * A restriction that nobody holds is refused unless the signed chain accepts exactly that dimension.
 */
import * as Schema from "effect/Schema"
import type * as Authority from "./Authority.ts"
import * as Isolation from "./Isolation.ts"
import * as Text from "./Text.ts"

export const Holder = Schema.Literals([
  "session-policy",
  "boundary",
  "sas",
  "identity",
  "token",
  "none",
  /** The request did not restrict this; never a reason to refuse. */
  "not-asked"
])
export type Holder = typeof Holder.Type

export const Entry = Schema.Struct({ held: Holder, note: Text.Text })
export type Entry = typeof Entry.Type

export const Revocation = Schema.Struct({
  how: Text.Text,
  /** Seconds until the last issued credential is dead at the latest; the remaining life unless a bound is documented and tested. */
  worst: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
})

export const Report = Schema.Struct({
  actions: Entry,
  resources: Entry,
  expiry: Entry,
  network: Entry,
  revocation: Revocation,
  isolation: Isolation.Isolation
})
export type Report = typeof Report.Type

const dimensions = ["actions", "resources", "expiry", "network"] as const satisfies ReadonlyArray<Authority.Dimension>

/** The dimensions that nobody holds. */
export const unheld = (report: Report): ReadonlyArray<Authority.Dimension> =>
  dimensions.filter((dimension) => report[dimension].held === "none")

/** The dimensions that nobody holds and that the chain did not accept: a reason to refuse. */
export const unaccepted = (
  report: Report,
  accepted: ReadonlyArray<Authority.Dimension>
): ReadonlyArray<Authority.Dimension> => unheld(report).filter((dimension) => !accepted.includes(dimension))
