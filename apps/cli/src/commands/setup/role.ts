import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { ProviderError } from "@bailiwick/core/CredentialProvider"
import * as AwsFailure from "@bailiwick/provider-aws/AwsFailure"
import * as AwsTarget from "@bailiwick/provider-aws/AwsTarget"
import * as CallerIdentity from "@bailiwick/provider-aws/CallerIdentity"
import type * as Refusal from "@bailiwick/provider-aws/Refusal"
import * as RoleSetup from "@bailiwick/provider-aws/RoleSetup"
import { SourceCredentials } from "@bailiwick/provider-aws/SourceCredentials"
import * as Ask from "../../client/Ask.ts"
import { usage } from "../../ui/Failure.ts"
import * as Output from "../../ui/Output.ts"
import * as Shown from "../../ui/Shown.ts"
import * as BrokerLogin from "../../wiring/BrokerLogin.ts"
import { inProject } from "../../wiring/inProject.ts"
import * as Standing from "../../wiring/Standing.ts"

const flags = {
  on: Flag.String("on").pipe(Flag.withMetavar("TARGET"), Flag.withDescription("A target of AWS")),
  login: Flag.String("login").pipe(
    Flag.withMetavar("ARN"),
    Flag.withDescription("The broker's own login; without it AWS is asked who that is"),
    Flag.optional
  ),
  only: Flag.Literals("only", ["trust", "broker"]).pipe(
    Flag.withDescription("One document alone, for another program to read"),
    Flag.optional
  )
}

export const role = Command.make("role", flags, ({ login, on, only }) =>
  inProject((project) =>
    Effect.gen(function* () {
      const { view } = yield* Standing.read
      const target = yield* targetOf(on, view.project)
      const arn = Option.isSome(login) ? login.value : yield* ownLogin(target)
      const { broker, trust } = yield* refused(RoleSetup.documents(target, arn))
      if (Option.isSome(only)) return yield* Output.data(pretty(only.value === "trust" ? trust : broker))
      const { name } = target.role
      yield* Output.answer({ project, target: on, role: target.role.arn, login: arn, trust, broker }, ({ bold }) =>
        [
          bold(Shown.line(`trust policy of the role ${name}:`)),
          pretty(trust),
          "",
          bold(Shown.line(`policy for the broker's own login, ${arn}:`)),
          pretty(broker)
        ].join("\n")
      )
      yield* Output.say(
        "nothing was changed; an administrator writes them. A trust policy is replaced whole: add what the role trusts " +
          "already. Such as: " +
          `aws iam update-assume-role-policy --role-name ${name} --policy-document "$(bailiwick setup role --on ${on} --only trust)"`
      )
    })
  )
).pipe(
  Command.withDescription("Show what an AWS account must allow so that a target works; changes nothing"),
  Command.withExamples([
    { command: "bailiwick setup role --on cloud" },
    {
      command: "bailiwick setup role --on cloud --login arn:aws:iam::111122223333:user/broker --only trust",
      description: "without asking AWS, one document alone"
    }
  ])
)

const targetOf = Effect.fnUntraced(function* (
  name: string,
  project: Effect.Success<typeof Standing.read>["view"]["project"]
) {
  const [entry] = yield* Ask.targets({ on: [name] }, project)
  const definition = entry === undefined ? undefined : project.targets[entry.alias]
  if (definition?.provider !== "aws") {
    return yield* usage("bad-value", `${JSON.stringify(name)} is no target of AWS`, "name one with --on")
  }
  return yield* refused(AwsTarget.read(definition))
})

/** An administrator on another machine has no such login, and needs none to read what it must be allowed. */
const orNamed = ({ detail, hint, provider, reason }: ProviderError): ProviderError =>
  new ProviderError({
    provider,
    reason,
    detail,
    hint: `${hint}; or name the login with --login ARN, and AWS is not asked`
  })

const ownLogin = Effect.fnUntraced(
  function* (target: AwsTarget.AwsTarget) {
    const source = yield* SourceCredentials
    const identity = yield* Effect.mapError(source.identity(target), (failure) =>
      AwsFailure.toLoginError(target, failure)
    )
    return yield* CallerIdentity.arn(target, identity)
  },
  Effect.provide(BrokerLogin.layer),
  Effect.mapError(orNamed)
)

const refused = <A>(result: Result.Result<A, Refusal.Refusal>) =>
  Effect.fromResult(Result.mapError(result, ({ detail, hint }) => usage("bad-value", detail, hint)))

const pretty = (document: RoleSetup.Document): string => JSON.stringify(document, undefined, 2)
