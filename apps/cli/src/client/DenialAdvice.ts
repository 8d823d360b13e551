/** What to tell of a refusal by AWS: whether the run had been given it, and if not, what would have given it. */
import * as Result from "effect/Result"
import * as Policy from "@bailiwick/core/Policy"
import type * as Actions from "@bailiwick/provider-aws/Actions"
import * as Denial from "@bailiwick/provider-aws/Denial"
import * as Shown from "../ui/Shown.ts"
import * as ShellText from "./ShellText.ts"

export interface Run {
  /** What was granted to the run. */
  readonly policy: Policy.Policy
  /** What holds it from above, where more flags alone would not help: the authority it runs on. */
  readonly authority?: Policy.Policy
  /** The project's ceiling with the project's denials. */
  readonly ceiling: Policy.Policy
  /** Whether actions are asked for by flags, and not by the name or the file of a policy. */
  readonly byFlags: boolean
}

const shown = 8

/** One line for each refusal, and a last one that says where they come from; none for none. */
export const lines = (denials: ReadonlyArray<Denial.Denial>, run: Run): ReadonlyArray<string> => {
  if (denials.length === 0) return []
  const told = denials.slice(0, shown).map((denial) => `AWS refused ${what(denial)}: ${why(denial, run)}`)
  const more = denials.length > shown ? [`AWS refused ${denials.length - shown} more`] : []
  // The command may say what it likes.
  return [...told, ...more, "this is what the command itself reported: look before you allow more"].map(Shown.line)
}

const what = ({ action, resource }: Denial.Denial): string =>
  resource === undefined ? action.text : `${action.text} on ${resource}`

const why = (denial: Denial.Denial, run: Run): string => {
  const verdict = Denial.judge(denial, run.policy)
  switch (verdict._tag) {
    case "NotGiven":
      return `this run was not given it${only(verdict.elsewhere)}; ${remedy(denial, run)}${also(denial)}`
    case "Conditional":
      // A condition that did not hold allows nothing; what denies is something else.
      if (denial.by === "session policy" && denial.explicit) return `this run was given it, ${beside(denial, run)}`
      return "this run was given it under conditions, which did not hold"
    case "Withheld":
      return "this run's own denials keep it out"
    case "Unplaced":
      return `this run was given it on ${list(verdict.elsewhere)}${ifConditional(verdict.elsewhere, run)}, and AWS does not say where it was refused`
    case "Given":
      return `this run was given it, ${beside(denial, run)}`
  }
}

const only = (elsewhere: ReadonlyArray<string>): string =>
  elsewhere.length === 0 ? "" : ` there, only on ${list(elsewhere)}`

const ifConditional = (resources: ReadonlyArray<string>, { policy }: Run): string =>
  policy.statements.some((one) => one.conditions !== undefined && one.resources.some((arn) => resources.includes(arn)))
    ? " under conditions, which may not have held"
    : ""

const list = (resources: ReadonlyArray<string>): string =>
  `${resources.slice(0, 3).join(", ")}${resources.length > 3 ? ` and ${resources.length - 3} more` : ""}`

const remedy = (denial: Denial.Denial, run: Run): string => {
  if (denial.guarded) return guard
  if (!Denial.isWithin(denial, run.ceiling)) {
    return "the project's ceiling does not allow it either: an owner changes that with bailiwick project apply"
  }
  const asked = flags(denial)
  if (run.authority !== undefined && !Denial.isWithin(denial, run.authority)) {
    return `the authority that it runs on does not hold it either${asked === undefined ? "" : `: it would be delegated with ${asked}`}`
  }
  if (!run.byFlags) return "to allow it, the policy that was named has to hold it"
  return asked === undefined ? "to allow it, name it in a --policy-file" : `to allow it: ${asked}${narrower(denial)}`
}

/** A listing is asked of the bucket, and is more than most commands need. */
const narrower = ({ action, resource = "" }: Denial.Denial): string =>
  listings.has(action.text) && /^arn:[^:]+:s3:::[^/]+$/u.test(resource)
    ? `, or under one prefix alone: --resource ${ShellText.word(`${resource}/PREFIX/*`)}`
    : ""

const listings = new Set(["s3:ListBucket", "s3:ListBucketVersions"])

const mayTag = ({ knowsTagKeys, level }: Actions.Action): boolean =>
  level === "tagging" || (knowsTagKeys && level === "write")

/** The tags that tell a session apart and narrow it stay as they are, whatever else a call asks for. */
const lock = ({ policy }: Run): string => {
  const held = policy.statements.flatMap(({ conditions }) => Object.keys(conditions?.resource_tag ?? {}))
  const names = [...new Set(held), "bailiwick-*"].join(", ")
  return `but it may not set or remove the tags that hold it (${names}): leave them out of the call`
}

const guard =
  "it can change who may do what or lead beyond the session: an owner permits it by the target's guarded_actions"

/** As a person types it; undefined for a name that flags cannot hold. */
const flags = ({ action, resource = action.takes.length > 0 ? undefined : "*" }: Denial.Denial): string | undefined => {
  if (resource === undefined) return `--allow ${action.text} --resource ARN`
  const readsBack = Result.isSuccess(Policy.parse("aws", { allow: action.text, resource }))
  // What is shown escaped would be another name once it is typed.
  if (!readsBack || resource.includes(",") || Shown.line(resource) !== resource) return undefined
  return `--allow ${action.text} --resource ${ShellText.word(resource)}`
}

/** AWS names one reason of several: another one than the session's own would stay. */
const also = (denial: Denial.Denial): string =>
  denial.by === undefined || denial.by === "session policy"
    ? ""
    : `; AWS also found ${reason(denial.by, denial.explicit)}`

const reason = (by: string, explicit: boolean): string =>
  explicit ? `a denial of the kind "${by}"` : `no ${by} that allows it`

const beside = ({ action, by, explicit, guarded }: Denial.Denial, run: Run): string => {
  if (by === "session policy") {
    if (!explicit) return "but not any more or not from there: its time was over, or a condition did not hold"
    if (guarded) return `but no wildcard reaches it: ${guard}`
    return mayTag(action) ? lock(run) : "but a denial in its session policy stands before it, such as that of its end"
  }
  const narrows = "a session only narrows what the role itself may do"
  if (by === undefined) return `and the role itself or another policy of the account refuses it: ${narrows}`
  return explicit
    ? `and AWS found ${reason(by, explicit)}, as a revoke sets one on the role`
    : `and AWS found ${reason(by, explicit)}: ${narrows}`
}
