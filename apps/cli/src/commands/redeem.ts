import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Redeem from "@bailiwick/broker/Redeem"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Chain from "@bailiwick/tokens/Chain"
import * as SessionEnv from "@bailiwick/tokens/SessionEnv"
import * as TokenText from "@bailiwick/tokens/TokenText"
import * as Redeeming from "../client/Redeeming.ts"
import * as SessionFile from "../client/SessionFile.ts"
import * as Descriptor from "../input/Descriptor.ts"
import { usage } from "../ui/Failure.ts"
import * as Output from "../ui/Output.ts"
import { inProjectOf } from "../wiring/inProject.ts"
import * as Standing from "../wiring/Standing.ts"

const flags = {
  tokenFd: Flag.Int("token-fd").pipe(
    Flag.withMetavar("N"),
    Flag.withDescription("Read the token from this open descriptor (else from standard input)"),
    Flag.withDefault(0)
  )
}

/** The largest text: base64url of a chain of 256 KiB, and a prefix and a line end. */
const maximum = 360 * 1024

export const redeem = Command.make("redeem", flags, ({ tokenFd }) =>
  Effect.gen(function* () {
    if (tokenFd === 0 && process.stdin.isTTY === true) {
      return yield* usage("no-input", "the token comes on standard input", "bailiwick redeem < FILE")
    }
    const bytes = yield* Descriptor.readAll(tokenFd, maximum)
    const text = Redacted.make(Descriptor.withoutLineEnd(new TextDecoder().decode(bytes)), {
      label: "delegation token"
    })
    const token = yield* TokenText.decode(text)
    const links = yield* Chain.read(token.chain)
    yield* inProjectOf(links[0].token.project, (project) =>
      Effect.gen(function* () {
        const { view } = yield* Standing.read
        const holder = yield* Redeeming.holderOf(token, project)
        const { chain, id, seed } = yield* Redeeming.prepareDurably({
          chain: token.chain,
          holder,
          project: view.project
        })
        // A refusal is final: nothing is left to repeat. A store that failed may be asked again with the same session.
        const redeemed = yield* Effect.tapErrorTag(Redeem.redeem({ chain }), "BrokerError", () =>
          SessionFile.remove(project, id)
        )
        const value = Redacted.value(SessionEnv.encode({ id, seed }))
        yield* Output.say(
          `${redeemed.agent} acts for ${redeemed.human} until ${UnixTime.toText(redeemed.expires)}; put the value into BAILIWICK_SESSION`
        )
        yield* Output.answer({ value, ...redeemed, project }, () => value)
        // Said, hence the holder's to keep: the key has no more business on this disk, and a second redeem is refused.
        yield* SessionFile.remove(project, id)
        // The value is out: from here on a repeat is somebody else's, and the seed need not lie on a disk.
        yield* SessionFile.remove(project, id)
      })
    )
  })
).pipe(
  Command.withDescription("Turn a delegation token (on stdin) into a session; prints the value for BAILIWICK_SESSION"),
  Command.withExamples([{ command: "export BAILIWICK_SESSION=$(bailiwick redeem < token)" }])
)
