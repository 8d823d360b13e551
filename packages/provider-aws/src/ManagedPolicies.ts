/**
 * Managed policies that a session may be given beside its inline one, and what the project record says that each grants.
 *
 * AWS unites what session policies allow: an ARN only ever adds. So an ARN never stands alone, but for a named profile of
 * the same record: it is asked for as that profile, and passed on only where the granted policy holds all of it. What the
 * policy behind the ARN truly grants is the word of the owner who signed the record.
 */
import type * as Policy from "@bailiwick/core/Policy"
import * as Result from "effect/Result"
import * as Near from "./Near.ts"
import { quote, type Refusal } from "./Refusal.ts"

/** One entry of a target's `managed_policies`. */
export interface Named {
  /** The profile of the same record that says what the managed policy grants. */
  readonly profile: string
  readonly arn: string
}

export interface Managed extends Named {
  /** The profile's statements and denials for AWS. */
  readonly policy: Policy.Policy
}

/** AWS attaches at most so many managed policies to a session (AssumeRole, `PolicyArns`). */
const maximum = 10

/** The setting of a target that names them. */
const setting = "managed_policies"

const form = /^arn:([a-z0-9-]{1,32}):iam::(\d{12}|aws|):policy\/(?=.{1,256}$)(?:[\x21-\x7e]+\/)?[\w+=,.@-]{1,128}$/u

const refuse = (detail: string): Result.Result<never, Refusal> =>
  Result.fail({
    reason: "Misconfigured",
    detail,
    hint: `settings.${setting} holds PROFILE=ARN, parted by blanks, such as reader=arn:aws:iam::111122223333:policy/reader; an owner changes the target and signs it with project apply`
  })

/** Reads the setting; AWS takes managed policies of the role's own account, or its own. */
export const read = (
  text: string,
  role: { readonly partition: string; readonly account: string }
): Result.Result<ReadonlyArray<Named>, Refusal> =>
  Result.gen(function* () {
    const entries = text.split(" ").filter((entry) => entry !== "")
    if (entries.length > maximum) return yield* refuse(`a session takes ${maximum} managed policies`)
    const found: Array<Named> = []
    for (const entry of entries) {
      const [, profile = "", arn = ""] = /^([a-z0-9][a-z0-9-]{0,31})=(.*)$/u.exec(entry) ?? []
      const [, partition, account] = form.exec(arn) ?? []
      if (partition === undefined) return yield* refuse(`${quote(entry)} is no profile with a managed policy's ARN`)
      if (partition !== role.partition || (account !== "aws" && account !== role.account)) {
        return yield* refuse(`${quote(arn)} is a policy neither of the role's own account nor of AWS itself`)
      }
      if (found.some((other) => other.profile === profile || other.arn === arn)) {
        return yield* refuse(`${quote(entry)} names a profile or a policy a second time`)
      }
      found.push({ profile, arn })
    }
    return found
  })

/** The policies with what the record says of them; refused where it says nothing, or nothing about AWS. */
export const resolve = (
  named: ReadonlyArray<Named>,
  profiles: Readonly<Record<string, Policy.Policy>>
): Result.Result<ReadonlyArray<Managed>, Refusal> =>
  Result.all(
    named.map(({ arn, profile }) => {
      const { deny = [], statements = [] } = Object.hasOwn(profiles, profile) ? (profiles[profile] ?? {}) : {}
      const policy = { statements: statements.filter(isOfAws), deny: deny.filter(isOfAws) }
      return policy.statements.length === 0
        ? refuse(`${quote(arn)} stands for a profile ${quote(profile)}, which the project does not have for AWS`)
        : Result.succeed({ arn, profile, policy })
    })
  )

const isOfAws = ({ provider }: Policy.Statement): boolean => provider === "aws"

/** The policies that these ARNs name; refused is one that the target does not have, with what was probably meant. */
export const choose = (
  arns: ReadonlyArray<string>,
  managed: ReadonlyArray<Managed>
): Result.Result<ReadonlyArray<Managed>, Refusal> =>
  Result.all(
    [...new Set(arns)].map((arn) => {
      const found = managed.find((one) => one.arn === arn)
      if (found !== undefined) return Result.succeed(found)
      const names = new Map(managed.map((one) => [nameOf(one.arn), one.arn]))
      const near = Near.nearest(nameOf(arn), [...names.keys()]).flatMap((name) => names.get(name) ?? [])
      const meant = near.length > 0 ? `did you mean ${near.join(", ")}? Else an` : "an"
      return Result.fail<Refusal>({
        reason: "PolicyRefused",
        detail: `the target does not name the managed policy ${quote(arn)}`,
        hint: `${meant} owner adds it to settings.${setting} with the profile that says what it grants, and signs that with project apply`
      })
    })
  )

// Between two ARNs hardly anything differs but the name.
const nameOf = (arn: string): string => arn.slice(arn.indexOf("/") + 1)
