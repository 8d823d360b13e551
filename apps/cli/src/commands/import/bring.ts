/** Takes over what was found, and says of every single thing what became of it. */
import * as Effect from "effect/Effect"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import * as Import from "@bailiwick/broker/Import"
import * as BrokerError from "@bailiwick/broker/BrokerError"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import * as AgentRun from "../../client/AgentRun.ts"
import * as Calling from "../../client/Calling.ts"
import { login } from "../../ui/Failure.ts"
import * as Output from "../../ui/Output.ts"
import * as Table from "../../ui/Table.ts"
import type * as Remains from "./Remains.ts"

export const flags = {
  dir: Flag.String("dir").pipe(
    Flag.withMetavar("DIR"),
    Flag.withDescription("Where it lies (else where its program keeps it for this user); it is never written to"),
    Flag.optional
  ),
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withDescription("Only say what would be taken"),
    Flag.withDefault(false),
    Flag.withoutNegation
  )
}

export interface Item {
  readonly kind: string
  readonly name: string
  /** Taken now, known from an earlier import, or skipped. */
  readonly outcome: "taken" | "known" | "skipped"
  /** Of a file of lines: how many are new. */
  readonly lines?: number
  readonly note?: string
}

/** Everything here is done as an owner, or as whoever operates the store. */
export const permit = Effect.fnUntraced(function* (project: ProjectId) {
  const calling = yield* Calling.find(project)
  if (Option.isSome(calling)) {
    const { caller } = calling.value
    if (caller.standing === "owner") return Option.some(caller)
    return yield* BrokerError.make(
      new BrokerError.NotPermitted({ detail: "only an owner's session imports", hint: "ask an owner" })
    )
  }
  if (yield* AgentRun.isWithin) {
    return yield* login("within-agent", "an agent's run imports nothing", "do this in a terminal of your own")
  }
  return Option.none()
})

export const bring = Effect.fnUntraced(function* (project: ProjectId, remains: Remains.Remains, dryRun: boolean) {
  const { found, places, skipped, source } = remains
  const by = yield* permit(project)
  const parts = found.map(({ part }) => part)
  const outcomes = dryRun ? yield* Import.look(parts) : yield* Import.take(by, parts)
  const items: ReadonlyArray<Item> = [
    ...found.map((one, index) => itemOf(one, outcomes[index])),
    ...skipped.map(({ kind, name, why }): Item => ({ kind, name, outcome: "skipped", note: why }))
  ]
  const count = (outcome: Item["outcome"]) => items.filter((item) => item.outcome === outcome).length
  const counts = { taken: count("taken"), known: count("known"), skipped: count("skipped") }
  yield* Output.answer({ project, source, places, dry_run: dryRun, ...counts, items }, ({ dim }) =>
    Table.render(
      ["WHAT", "NAME", "OUTCOME", "NOTE"],
      items.map(({ kind, lines, name, note, outcome }) => [
        kind,
        name,
        outcome,
        [...(lines === undefined ? [] : [`${lines} new lines`]), ...(note === undefined ? [] : [note])].join("; ")
      ]),
      dim
    )
  )
  yield* Output.say(
    `${counts.taken} taken, ${counts.known} known, ${counts.skipped} skipped${dryRun ? "; this was a dry run: nothing was changed" : "; all of it is history, none of it authority"}`
  )
})

const itemOf = ({ note, part }: Remains.Found, outcome: Import.Outcome | undefined): Item => {
  const { kind, name } = part
  const taken = outcome?.taken ?? 0
  const lines = kind === "event" ? { lines: taken } : {}
  if (taken === 0 && outcome !== undefined && outcome.ended > 0) {
    return { kind, name, outcome: "skipped", note: "it had ended when it was taken, and that is final" }
  }
  return { kind, name, outcome: taken > 0 ? "taken" : "known", ...lines, ...(note === undefined ? {} : { note }) }
}
