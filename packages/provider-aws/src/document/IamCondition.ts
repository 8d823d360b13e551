/**
 * The conditions of a statement as an IAM condition block.
 *
 * In a grant an absent key makes a condition false; in a denial `…IfExists` makes it true. Either way what AWS does not
 * know never widens, as in `Policy.covers`.
 */
import type * as Policy from "@bailiwick/core/Policy"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Result from "effect/Result"
import type { Refusal } from "../Refusal.ts"
import type { ConditionBlock } from "./IamStatement.ts"
import * as IamText from "./IamText.ts"

type Block = Record<string, Record<string, ReadonlyArray<string>>>

export const write = (
  conditions: Policy.Conditions | undefined,
  effect: "Allow" | "Deny"
): Result.Result<ConditionBlock, Refusal> =>
  Result.gen(function* () {
    const block: Block = {}
    const add = (operator: string, key: string, values: ReadonlyArray<string>) => {
      const name = effect === "Deny" ? `${operator}IfExists` : operator
      block[name] = { ...block[name], [key]: values }
    }
    const { source_ip, vpc, vpc_endpoint, not_after, resource_tag } = conditions ?? {}
    if (source_ip !== undefined) add("IpAddress", "aws:SourceIp", source_ip)
    if (vpc !== undefined) add("StringEquals", "aws:SourceVpc", yield* IamText.all(vpc, IamText.plain))
    if (vpc_endpoint !== undefined) {
      add("StringEquals", "aws:SourceVpce", yield* IamText.all(vpc_endpoint, IamText.plain))
    }
    if (not_after !== undefined) add("DateLessThan", "aws:CurrentTime", [UnixTime.toText(not_after)])
    for (const [key, values] of Object.entries(resource_tag ?? {})) {
      add("StringEquals", yield* IamText.resourceTag(key), yield* IamText.all(values, IamText.plain))
    }
    return block
  })
