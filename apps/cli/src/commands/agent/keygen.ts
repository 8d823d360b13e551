import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as MemberId from "@bailiwick/core/MemberId"
import { Ed25519 } from "@bailiwick/tokens/Ed25519"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as AgentKey from "../../client/AgentKey.ts"
import * as Names from "../../client/Names.ts"
import { usage } from "../../ui/Failure.ts"
import * as Output from "../../ui/Output.ts"
import * as Project from "../../wiring/Project.ts"

const name = Argument.String("agent").pipe(Argument.withDescription("The agent's name, or ai:NAME@PROJECT"))

export const keygen = Command.make("keygen", { name }, ({ name }) =>
  Effect.gen(function* () {
    const project = yield* Project.identity
    const agent = MemberId.enrolled(yield* Names.agent(name, project))
    const ed25519 = yield* Ed25519
    const seed = yield* ed25519.generate
    const jwk = PublicKey.toJwk(yield* ed25519.publicKey(seed))
    if (!(yield* AgentKey.create({ v: 1, project, agent, jwk, seed }))) {
      return yield* usage(
        "key-exists",
        `${agent} has a key on this machine already`,
        `enrol it: bailiwick agent add ${name}`
      )
    }
    yield* Output.answer({ project, agent, jwk }, () => JSON.stringify(jwk))
    yield* Output.say(
      `the key of ${agent} stays here; its public half is what an owner enrols: bailiwick agent add ${name}`
    )
  })
).pipe(Command.withDescription("Make an agent's own key on this machine; prints the public half"))
