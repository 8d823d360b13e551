/** How clouds ended what was revoked, as people read it, and the refusal where one did not. */
import * as Effect from "effect/Effect"
import type { CloudEnd } from "@bailiwick/broker/Revoke"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { ExitCode } from "../ui/ExitCode.ts"
import { make } from "../ui/Failure.ts"

/** Until when the credentials may work; a cloud that ends them names no bound of its own for that. */
const bites = ({ ended, until }: Pick<CloudEnd, "ended" | "until">) =>
  ended ? `expected to be dead by ${UnixTime.toText(until)}` : `good until ${UnixTime.toText(until)}`

const shown = 8

/** What clouds did not do stands first and whole; of many that went as they should, the last are counted. */
export const lines = (ends: ReadonlyArray<CloudEnd>): ReadonlyArray<string> => {
  const failed = ends.filter(({ hint }) => hint !== undefined)
  const others = ends.filter(({ hint }) => hint === undefined)
  const room = Math.max(0, shown - failed.length)
  const rest = others.slice(room)
  const [last] = rest.toSorted((left, right) => right.until - left.until)
  const counted = last && { ended: rest.every(({ ended }) => ended), until: last.until }
  return [
    ...[...failed, ...others.slice(0, room)].map((end) => `${end.id}  ${sentence(end)}`),
    ...(counted === undefined ? [] : [`and ${rest.length} more (${bites(counted)})`])
  ]
}

export const sentence = (end: Pick<CloudEnd, "ended" | "how" | "until">): string => `${end.how} (${bites(end)})`

/** Fails if a cloud was asked and did not end it: everything else is done, and `again` is what tries that once more. */
export const check = Effect.fnUntraced(function* (
  ends: ReadonlyArray<Pick<CloudEnd, "hint" | "how">>,
  again = "revoke the same again"
) {
  const failed = ends.filter(({ hint }) => hint !== undefined)
  const [first, ...more] = failed
  if (first === undefined) return
  const others = more.length === 0 ? "" : ` (and ${more.length} more)`
  return yield* make(
    ExitCode.cloud,
    "not-ended",
    `revoked here and renewed no more, but not ended at the cloud: ${first.how}${others}`,
    `${first.hint}; then ${again}`
  )
})
