import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Calling from "../client/Calling.ts"
import * as Shape from "../client/Shape.ts"
import * as Output from "../ui/Output.ts"
import * as Table from "../ui/Table.ts"
import { inProject } from "../wiring/inProject.ts"
import * as Broker from "../wiring/Broker.ts"

export const whoami = Command.make("whoami", {}, () =>
  inProject((project) =>
    Effect.gen(function* () {
      const { caller } = yield* Calling.require(project)
      const { agent, chain, expires, human, kind, session, standing } = caller
      const answer = {
        project,
        kind,
        human,
        ...(agent === undefined ? {} : { agent }),
        standing,
        session,
        expires,
        isolation: Broker.isolation,
        ...(chain === undefined ? {} : { grant: { ...chain.grant, depth: chain.leaf.depth, expires: chain.exp } })
      }
      yield* Output.answer(answer, () => {
        const facts = Table.pairs([
          ["project", project],
          ["human", human],
          ["agent", agent],
          ["standing", standing],
          ["session", session],
          ["until", UnixTime.toText(expires)]
        ])
        return chain === undefined ? facts : [facts, ...Shape.grant(chain.grant)].join("\n")
      })
    })
  )
).pipe(Command.withDescription("Show who this terminal or session acts as, and what it may"))
