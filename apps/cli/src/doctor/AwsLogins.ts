/** Whether the broker finds a login of its own for the project's targets of AWS; whether AWS takes it, only AWS can say. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import * as AwsFailure from "@bailiwick/provider-aws/AwsFailure"
import * as AwsTarget from "@bailiwick/provider-aws/AwsTarget"
import { SourceCredentials } from "@bailiwick/provider-aws/SourceCredentials"
import * as BrokerLogin from "../wiring/BrokerLogin.ts"
import { advice, good } from "./Finding.ts"

interface Asked {
  readonly target: AwsTarget.AwsTarget
  readonly aliases: Array<string>
}

/** One finding for each login that the targets name, at most. */
export const all = Effect.fnUntraced(function* ({ targets }: Pick<ProjectRecord.Limits, "targets">) {
  const source = yield* SourceCredentials
  const byLogin = new Map<string, Asked>()
  for (const [alias, definition] of Object.entries(targets)) {
    const read = definition.provider === "aws" ? AwsTarget.read(definition) : undefined
    if (read === undefined || Result.isFailure(read)) continue
    const { profile = "", region, sts } = read.success
    const key = [profile, sts, region].join("\n")
    const known = byLogin.get(key)
    if (known === undefined) byLogin.set(key, { target: read.success, aliases: [alias] })
    else known.aliases.push(alias)
  }
  const look = ({ aliases, target }: Asked) => {
    const names = aliases.join(", ")
    return Effect.match(source.identity(target), {
      onSuccess: () => good("login", `the broker has an AWS login for ${names}`),
      onFailure: (failure) => {
        const { hint, message } = AwsFailure.toLoginError(target, failure)
        return advice("login", `${names}: ${message}`, hint)
      }
    })
  }
  // A login that hangs is waited for a minute, and the others need not wait for it.
  return yield* Effect.forEach(byLogin.values(), look, { concurrency: 8 })
}, Effect.provide(BrokerLogin.layer))
