/** What is looked at inside one project's store. A check that fails is a finding, never the doctor's own failure. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as LogVerify from "@bailiwick/audit/LogVerify"
import { ClockMark, tolerance } from "@bailiwick/core/ports/ClockMark"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { StateDirectory } from "@bailiwick/storage/StateDirectory"
import * as IdentityFiles from "../client/IdentityFiles.ts"
import * as LogReader from "../client/LogReader.ts"
import * as Pin from "../client/Pin.ts"
import * as TargetSettings from "../client/TargetSettings.ts"
import { Failure } from "../ui/Failure.ts"
import * as Report from "../ui/Report.ts"
import { inBroker } from "../wiring/inProject.ts"
import * as Standing from "../wiring/Standing.ts"
import * as AwsLogins from "./AwsLogins.ts"
import { advice, type Finding, good, problem } from "./Finding.ts"

export const all = Effect.fnUntraced(function* (project: ProjectId) {
  const outside = [yield* guarded("identity", identities(project)), yield* guarded("pin", pinned(project))]
  const inside = yield* guardedAll("store", inBroker(project, inStore))
  return [...outside, ...inside]
})

const inStore = (project: ProjectId) =>
  Effect.gen(function* () {
    return [
      good("store", `the store of ${project} opens`),
      yield* guarded("records", records),
      yield* guarded("targets", targets),
      ...(yield* guardedAll("login", logins)),
      yield* guarded("clock", clock),
      yield* guarded("log", log(project))
    ]
  })

const records = Effect.map(Standing.read, ({ registry, view }): Finding =>
  view.owners.length === 1
    ? advice(
        "records",
        `${registry.records.length} records verify; one person owns the project`,
        "enrol a second owner, or keep the recovery words safe"
      )
    : good("records", `${registry.records.length} records verify`)
)

const targets = Effect.gen(function* () {
  const { project } = (yield* Standing.read).view
  yield* TargetSettings.check("the record in force", project)
  return good("targets", "every target is one that its provider can use")
})

const logins = Effect.flatMap(Standing.read, ({ view }) => AwsLogins.all(view.project))

const clock = Effect.gen(function* () {
  const mark = yield* (yield* ClockMark).read
  const now = yield* UnixTime.now
  return now + tolerance < mark
    ? problem(
        "clock",
        `the clock is behind ${UnixTime.toText(mark)}, which this store has seen`,
        "set the clock right; if the store saw a wrong time: bailiwick store clock-reset"
      )
    : good("clock", "the clock is not behind what this store has seen")
})

const log = Effect.fnUntraced(function* (project: ProjectId) {
  const verdict = yield* LogVerify.verifyStore({
    project,
    keys: yield* LogReader.keys,
    heads: yield* LogReader.heads(project)
  })
  return verdict.ok
    ? good("log", `the log verifies: ${verdict.size} lines`)
    : problem(
        "log",
        `the log does not verify${verdict.firstBad === undefined ? "" : `: line ${verdict.firstBad.line}`}`,
        "see: bailiwick audit verify"
      )
})

const identities = Effect.fnUntraced(function* (project: ProjectId) {
  const members = yield* IdentityFiles.members(project)
  yield* Effect.forEach(members, (member) => IdentityFiles.read(project, member))
  return members.length === 0
    ? advice("identity", `no identity for ${project} lies here`, "only agents can act on this machine")
    : good("identity", `identities: ${members.join(", ")}`)
})

const pinned = Effect.fnUntraced(function* (project: ProjectId) {
  const { pin } = yield* StateDirectory
  const found = yield* Pin.read(project)
  return Option.isSome(found)
    ? good("pin", `the founder of ${project} is pinned`)
    : problem(
        "pin",
        `the founder of ${project} is not pinned: another store could take its place`,
        `put ${pin(project)} back from a backup`
      )
})

const guarded = <E, R>(check: string, effect: Effect.Effect<Finding, E, R>) =>
  Effect.catch(effect, (error) => Effect.succeed(failed(check, error)))

const guardedAll = <E, R>(check: string, effect: Effect.Effect<ReadonlyArray<Finding>, E, R>) =>
  Effect.catch(effect, (error) => Effect.succeed<ReadonlyArray<Finding>>([failed(check, error)]))

const failed = (check: string, error: unknown): Finding => {
  const failure = Report.explain(error)
  if (failure instanceof Failure) return problem(check, failure.message, failure.hint ?? "see docs/errors.md")
  return problem(check, "it cannot be looked at", "run it alone to see why")
}
