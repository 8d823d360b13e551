/**
 * The complete list of AWS actions: what a pattern reaches, and what was probably meant by a name that does not exist.
 *
 * The table is more than half a megabyte and is loaded when a policy is first compiled. Denials are never held against it: a
 * denial of an action that AWS has added since is right, and stays.
 */
import * as Glob from "@bailiwick/core/policy/Glob"
import * as Name from "@bailiwick/core/policy/Name"
import * as Effect from "effect/Effect"
import * as ApiNames from "./ApiNames.ts"
import * as Near from "./Near.ts"

export type Level = "list" | "read" | "write" | "tagging" | "permissions"

export interface Action {
  readonly service: string
  readonly name: string
  /** `service:Name`, as AWS writes it. */
  readonly text: string
  /** The same without case, as AWS compares it. */
  readonly folded: string
  readonly level: Level
  /**
   * The ARNs that AWS compares it with, behind `arn:partition:`, with `*` for anything and `+` for the name of a bucket; if
   * there are none, only a resource `*` ever matches.
   */
  readonly takes: ReadonlyArray<string>
  /** Whether a request for it may carry `aws:ResourceTag`; otherwise a tag condition never holds. */
  readonly knowsTag: boolean
  /** Whether a request for it may carry `aws:TagKeys`, the keys of the tags that it sets or removes. */
  readonly knowsTagKeys: boolean
}

export interface Table {
  readonly services: ReadonlyArray<string>
  /** The actions of a service, by its prefix in any ASCII case; empty for an unknown one. */
  of(service: string): ReadonlyArray<Action>
  /** What patterns have been found to reach, where that is remembered. */
  readonly reached?: Map<string, ReadonlyArray<Action>>
}

/** The same table for the work on one policy, whose every part asks for the same patterns again. */
export const remembering = (table: Table): Table => ({ ...table, reached: new Map() })

const levels: Readonly<Record<string, Level>> = {
  L: "list",
  R: "read",
  W: "write",
  T: "tagging",
  P: "permissions"
}

/** Reads one service's line of the generated table. */
const read = (service: string, line: string): ReadonlyArray<Action> => {
  const [shapes = "", ...groups] = line.split("|")
  const arns = shapes.split(" ")
  return groups.flatMap((group) => {
    const [kind = "", ...names] = group.split(" ")
    const [traits = "", ...numbers] = kind.split(".")
    const level = levels[traits.slice(0, 1)] ?? "permissions"
    const takes = numbers.flatMap((number) => arns[parseInt(number, 36)] ?? [])
    return names.map((name) => ({
      service,
      name,
      text: `${service}:${name}`,
      folded: Name.fold(`${service}:${name}`),
      level,
      takes,
      knowsTag: traits.includes("t"),
      knowsTagKeys: traits.includes("k")
    }))
  })
}

const makeTable = (lines: Readonly<Record<string, string>>): Table => {
  const known = new Map<string, ReadonlyArray<Action>>()
  return {
    services: Object.keys(lines),
    of: (service) => {
      const key = Name.fold(service)
      const found = known.get(key)
      if (found !== undefined) return found
      const line = Object.hasOwn(lines, key) ? lines[key] : undefined
      if (line === undefined) return []
      const actions = read(key, line)
      known.set(key, actions)
      return actions
    }
  }
}

let table: Table | undefined

/** The table of this process, loaded once. */
export const load: Effect.Effect<Table> = Effect.suspend(() =>
  table === undefined
    ? Effect.map(
        Effect.promise(() => import("./generated/Actions.generated.ts")),
        ({ services }) => (table ??= makeTable(services))
      )
    : Effect.succeed(table)
)

/** The known actions that a pattern `*`, `*:*` or `service:glob` matches. */
export const matching = (table: Table, pattern: string): ReadonlyArray<Action> => {
  const known = table.reached?.get(pattern)
  if (known !== undefined) return known
  const found = reachedBy(table, pattern)
  table.reached?.set(pattern, found)
  return found
}

const reachedBy = (table: Table, pattern: string): ReadonlyArray<Action> => {
  if (/^(?:\*+|\*+:\*+)$/u.test(pattern)) return table.services.flatMap((service) => table.of(service))
  const colon = pattern.indexOf(":")
  const service = colon === -1 ? "*" : pattern.slice(0, colon)
  const services = /[*?]/u.test(service) ? table.services : [service]
  const matches = matcher(pattern)
  return services.flatMap((name) => table.of(name).filter(matches))
}

/** Whether a pattern matches one action. */
export const matcher = (pattern: string): ((action: Action) => boolean) => {
  const folded = Name.fold(pattern)
  if (!/[*?]/u.test(pattern)) return (action) => action.folded === folded
  const glob = Glob.compile(folded)
  // A hostile policy has thousands of patterns, and the table as many actions: nearly all are of other services.
  const [lead = ""] = /^[^*?]*/u.exec(folded) ?? []
  return (action) => action.folded.startsWith(lead) && Glob.includes(glob, Glob.literal(action.folded))
}

const shown = 3

/**
 * What was probably meant by a name that AWS does not have, at most three, all of which it has: what IAM calls an API, the
 * same reading under another verb, a name that is near or begins alike, or the same name in another service.
 */
export const suggest = (table: Table, pattern: string): ReadonlyArray<string> => {
  const [typed = "", name = ""] = pattern.split(/[:.]/u)
  const service = serviceOf(typed)
  const actions = table.of(service)
  const found = actions.length > 0 ? within(actions, service, name) : elsewhere(table, service, name)
  const known = found.length > 0 ? found : owners(table, name)
  return [...new Set(known)].slice(0, shown)
}

const apis: ReadonlyMap<string, ReadonlyArray<string>> = new Map([
  ...[...ApiNames.renamed].map(([api, action]) => [Name.fold(api), [action]] as const),
  ...[...ApiNames.meant].map(([api, actions]) => [Name.fold(api), actions] as const)
])

const plain = (text: string): string => Name.fold(text).replaceAll(/[^a-z0-9]/gu, "")

const prefixes: ReadonlyMap<string, string> = new Map(
  [...ApiNames.prefixes, ...ApiNames.aliases].map(([id, prefix]) => [plain(id), prefix])
)

/** IAM's prefix of a service by any of its names; the name itself where no other is known. */
const serviceOf = (typed: string): string => prefixes.get(plain(typed)) ?? Name.fold(typed)

const within = (actions: ReadonlyArray<Action>, service: string, name: string): ReadonlyArray<string> => {
  const folded = Name.fold(name)
  const names = actions.map((action) => action.name)
  const certain = [
    ...names.filter((other) => Name.fold(other) === folded).map((other) => `${service}:${other}`),
    ...(apis.get(`${service}:${folded}`) ?? [])
  ]
  const verbs = otherVerbs(names, folded)
  const isSure = certain.length + verbs.length > 0
  const near = Near.nearest(name, names, isSure ? 1 : Infinity)
  const begun =
    certain.length > 0 || folded.length < 3 ? [] : names.filter((other) => Name.fold(other).startsWith(folded))
  const shortest = begun.toSorted((one, other) => one.length - other.length)
  return [...certain, ...[...verbs, ...near, ...shortest].map((other) => `${service}:${other}`)]
}

const reading = /^(?:describe|fetch|get|list|read|show|view)(?=.)/u

/** What reads the same thing by the verb that its service uses. */
const otherVerbs = (names: ReadonlyArray<string>, folded: string): ReadonlyArray<string> => {
  if (!reading.test(folded)) return []
  const thing = folded.replace(reading, "")
  return names.filter((other) => ["describe", "get", "list"].some((verb) => Name.fold(other) === verb + thing))
}

const elsewhere = (table: Table, service: string, name: string): ReadonlyArray<string> => {
  const having = table.services.filter((other) => table.of(other).some((action) => equal(action.name, name)))
  return Near.nearest(service, having.length > 0 ? having : table.services).flatMap((near) => {
    if (name === "" || matching(table, `${near}:${name}`).length > 0) return [`${near}:${name || "*"}`]
    return within(table.of(near), near, name).slice(0, 1)
  })
}

/** The few actions of this name in whatever service; a short one, or one that many have, tells nothing. */
const owners = (table: Table, name: string): ReadonlyArray<string> => {
  if (name.length < 6) return []
  const found = table.services.flatMap((service) => table.of(service).filter((action) => equal(action.name, name)))
  return found.length > shown ? [] : found.map(({ text }) => text)
}

const equal = (left: string, right: string): boolean => Name.fold(left) === Name.fold(right)
