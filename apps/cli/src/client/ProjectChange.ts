/** The project record as it stands, as `bailiwick.toml` would have it, and the difference between the two. */
import * as Effect from "effect/Effect"
import * as CompactJson from "@bailiwick/core/CompactJson"
import type * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import * as Flag from "effect/cli/Flag"
import * as ProjectFile from "../settings/ProjectFile.ts"
import * as Output from "../ui/Output.ts"
import * as TargetSettings from "./TargetSettings.ts"
import * as UnknownActions from "./UnknownActions.ts"

export const flags = {
  file: Flag.String("file").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("The source of the record (else bailiwick.toml here)"),
    Flag.withDefault(ProjectFile.name)
  )
}

/** What limits, in the order in which it is signed. */
export const limitsOf = (record: ProjectRecord.ProjectRecord): ProjectRecord.Limits => {
  const { ceiling, deny, issuer, name, profiles, require_terminal, targets, ttl } = record
  return { name, targets, profiles, ceiling, deny, ttl, require_terminal, ...(issuer === undefined ? {} : { issuer }) }
}

export interface Change {
  /** Where in the record, such as `targets.dev.principal`. */
  readonly at: string
  readonly from?: string
  readonly to?: string
}

/** Every place whose value differs, as compact JSON; lists are compared whole, for their order means nothing. */
export const between = (from: ProjectRecord.Limits, to: ProjectRecord.Limits): ReadonlyArray<Change> => {
  const before = places("", from)
  const after = places("", to)
  return Array.from(new Set([...before.keys(), ...after.keys()]))
    .sort()
    .filter((at) => before.get(at) !== after.get(at))
    .map((at) => ({ at, ...given("from", before.get(at)), ...given("to", after.get(at)) }))
}

const given = <K extends string>(key: K, value: string | undefined): { readonly [name in K]?: string } => {
  const entry: { [name in K]?: string } = {}
  if (value !== undefined) entry[key] = value
  return entry
}

const places = (at: string, value: CompactJson.Value): ReadonlyMap<string, string> => {
  if (value === null || typeof value !== "object" || isList(value)) {
    const plain =
      value !== null && typeof value === "object"
        ? value
            .map((one) => CompactJson.encode(one))
            .sort()
            .join(", ") || "[]"
        : CompactJson.encode(value)
    return new Map([[at, plain]])
  }
  return new Map(
    Object.entries(value).flatMap(([key, member]) =>
      member === undefined ? [] : [...places(at === "" ? key : `${at}.${key}`, member)]
    )
  )
}

const isList = (value: object): value is ReadonlyArray<CompactJson.Value> => Array.isArray(value)

export const lines = (changes: ReadonlyArray<Change>): ReadonlyArray<string> =>
  changes.flatMap(({ at, from, to }) => [
    ...(from === undefined ? [] : [`- ${at} = ${from}`]),
    ...(to === undefined ? [] : [`+ ${at} = ${to}`])
  ])

/** The file's limits beside those in force; refused where a provider could make nothing of a target. */
export const read = Effect.fnUntraced(function* (file: string, record: ProjectRecord.ProjectRecord) {
  const to = yield* ProjectFile.read(file)
  yield* TargetSettings.check(file, to)
  for (const text of yield* UnknownActions.of(to)) yield* Output.warn(`${file}: ${text}`)
  return { to, changes: between(limitsOf(record), to) }
})
