import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Chain from "@bailiwick/tokens/Chain"
import * as TokenText from "@bailiwick/tokens/TokenText"
import * as Ask from "../client/Ask.ts"
import * as Calling from "../client/Calling.ts"
import * as Handover from "../client/Handover.ts"
import * as LogWatch from "../client/LogWatch.ts"
import * as Unlock from "../client/Unlock.ts"
import { usage } from "../ui/Failure.ts"
import * as Output from "../ui/Output.ts"
import { inProject } from "../wiring/inProject.ts"
import * as Standing from "../wiring/Standing.ts"

const flags = {
  to: Argument.String("agent").pipe(
    Argument.withDescription("Who receives it: an enrolled agent, or a sub-agent NAME/LABEL")
  ),
  ...Ask.flags,
  ...Ask.signingFlags,
  key: Flag.String("to").pipe(
    Flag.withMetavar("KEY"),
    Flag.withDescription("Bind it to this public key: a JWK, its x, or a file (else the agent's enrolled key)"),
    Flag.optional
  ),
  bearer: Flag.Boolean("bearer").pipe(
    Flag.withDescription("Let whoever holds the text redeem it, once, within 15 minutes"),
    Flag.withDefault(false),
    Flag.withoutNegation
  ),
  ...Unlock.flags
}

export const delegate = Command.make("delegate", flags, ({ bearer, key, to, ...wish }) =>
  inProject(() =>
    Effect.gen(function* () {
      if (bearer && Option.isSome(key)) return yield* usage("bad-usage", "--to and --bearer exclude each other")
      const standing = yield* Standing.read
      const environment = yield* Calling.fromEnvironment
      const request = { to, key, bearer, wish, standing }
      const { chain, holder } = Option.isSome(environment)
        ? yield* Handover.onward(request, yield* Calling.authenticated(environment.value))
        : yield* Effect.andThen(LogWatch.check(standing), Handover.begin(request))
      const text = Redacted.value(yield* TokenText.encode({ chain, holder }))
      const links = yield* Chain.read(chain)
      const leaf = links.at(-1) ?? links[0]
      const { agent, exp, human, jti } = leaf.token
      const redeemBy = "redeem_by" in leaf.token ? leaf.token.redeem_by : exp
      yield* Output.say(
        `a delegation token for ${agent}${bearer ? ", good for whoever holds it" : ""}: redeem it once before ${UnixTime.toText(redeemBy)}`
      )
      yield* Output.answer({ token: text, agent, human, jti, bearer, redeem_by: redeemBy, expires: exp }, () => text)
    })
  )
).pipe(
  Command.withDescription("Lend an agent a part of your authority; prints the delegation token"),
  Command.withExamples([
    { command: "bailiwick delegate claude --on dev --allow orders:read --ttl 1h" },
    {
      command: "bailiwick delegate claude/tests --allow orders:read",
      description: "inside an agent's session: pass a part of it on"
    }
  ])
)
