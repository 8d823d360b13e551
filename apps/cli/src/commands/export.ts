import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { CredentialProviders } from "@bailiwick/core/CredentialProvider"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Calling from "../client/Calling.ts"
import * as RunFlags from "../client/RunFlags.ts"
import * as SharedMint from "../client/SharedMint.ts"
import * as ShellText from "../client/ShellText.ts"
import * as Output from "../ui/Output.ts"
import { inProject } from "../wiring/inProject.ts"
import * as Standing from "../wiring/Standing.ts"

const flags = {
  ...RunFlags.asking,
  shell: Flag.Literals("shell", ShellText.shells).pipe(
    Flag.withDescription("In whose words the variables are assigned"),
    Flag.optional
  )
}

export const exports = Command.make("export", flags, ({ shell, ...wanted }) =>
  inProject((project) =>
    Effect.gen(function* () {
      const standing = yield* Standing.read
      const calling = yield* Calling.require(project, Calling.nobodyLends)
      const request = yield* RunFlags.request(wanted, { ...calling, signed: false }, standing)
      const { credentials, session } = yield* SharedMint.issue({ calling, project, request })
      const provider = (yield* CredentialProviders).get(credentials.provider)
      const variables = provider?.environment(credentials) ?? {}
      const wantsJson = yield* Output.isJson
      for (const note of credentials.notes ?? []) yield* Output.warn(note)
      yield* Output.say(
        `credential session ${session.id}, until ${UnixTime.toText(credentials.expires)}; these are not refreshed`
      )
      yield* Output.data(
        ShellText.assign(
          Option.getOrElse(shell, () => (wantsJson ? "json" : "sh")),
          variables
        )
      )
    })
  )
).pipe(
  Command.withDescription("Print credentials as shell assignments, for this session's authority"),
  Command.withExamples([{ command: 'eval "$(bailiwick export --on dev --allow orders:read)"' }])
)
