/**
 * Brings a person's identity over from Joy, for a project that is yet to be founded with it.
 *
 * Only where it is asked for by name: Joy keeps the sealed seed in the project's repository, whose every reader, for
 * ever, may go on guessing its old passphrases. A project that is founded here has its members' keys in its own signed
 * records, which no file of Joy's changes.
 */
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as MemberId from "@bailiwick/core/MemberId"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import { Ed25519 } from "@bailiwick/tokens/Ed25519"
import * as Identity from "@bailiwick/tokens/Identity"
import * as JoyError from "@bailiwick/tokens/joy/JoyError"
import * as JoyKeys from "@bailiwick/tokens/joy/JoyKeys"
import type * as JoyProject from "@bailiwick/tokens/joy/JoyProject"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as RecoveryKey from "@bailiwick/tokens/RecoveryKey"
import * as AgentRun from "../../client/AgentRun.ts"
import * as IdentityFiles from "../../client/IdentityFiles.ts"
import * as NewIdentity from "../../client/NewIdentity.ts"
import * as ChosenPassphrase from "../../terminal/ChosenPassphrase.ts"
import * as Passphrase from "../../terminal/Passphrase.ts"
import { login, usage } from "../../ui/Failure.ts"
import * as Output from "../../ui/Output.ts"
import * as Progress from "../../ui/Progress.ts"
import * as Project from "../../wiring/Project.ts"
import { newFlags } from "../identity/passphrase.ts"

export const flags = {
  identity: Flag.String("identity").pipe(
    Flag.withMetavar("E-MAIL"),
    Flag.withDescription("Bring only this person's identity, for a project that is yet to be founded"),
    Flag.optional
  ),
  ...Passphrase.flags,
  ...newFlags,
  ...NewIdentity.flags
}

export interface Options extends Passphrase.Channel {
  readonly newPassphraseFd: Option.Option<number>
  readonly newPassphraseFile: Option.Option<string>
  readonly recoveryFile: Option.Option<string>
  readonly dryRun: boolean
}

export const bring = Effect.fnUntraced(function* (
  joy: JoyProject.JoyProject | undefined,
  named: string,
  options: Options
) {
  const project = yield* unfounded
  const person = yield* find(joy, named)
  const { id, member } = person
  if ((yield* IdentityFiles.members(project)).includes(id)) {
    return yield* usage("file-exists", `there is an identity of ${id} for ${project} already`, "it was not touched")
  }
  const answer = { project, member: id, source: "joy", dry_run: options.dryRun }
  if (options.dryRun) return yield* Output.answer(answer, () => `the identity of ${id} would be brought`)
  if (Passphrase.isTyped(options) && (yield* AgentRun.isWithin)) {
    return yield* login("within-agent", "an agent's run imports nothing", "do this in a terminal of your own")
  }
  const { passphrase: old } = yield* Passphrase.ask(options, {
    about: [`Bring the identity of ${id} over from Joy, for project ${project}.`, warning],
    prompt: `Joy's passphrase of ${id}`
  })
  const seed = yield* Progress.during("opening your identity", open(member, old)).pipe(
    Effect.mapError(({ hint, message }) => login("joy-identity", message, hint))
  )
  const channel = { passphraseFd: options.newPassphraseFd, passphraseFile: options.newPassphraseFile }
  const { passphrase } = yield* ChosenPassphrase.choose(channel, [id, project])
  const { file, recoveryKey } = yield* Progress.during(
    "making your identity",
    Identity.adopt({ member: id, project, passphrase, seed })
  )
  yield* NewIdentity.hand(RecoveryKey.toWords(recoveryKey), options.recoveryFile)
  yield* IdentityFiles.create(file)
  if (!Passphrase.isTyped(options)) yield* Output.warn(warning)
  yield* Output.answer(
    { ...answer, jwk: file.jwk },
    () => `brought the identity of ${id}; found the project with it: bailiwick init --project ${project} --member ${id}`
  )
})

const warning =
  "Whoever can read Joy's repository may go on guessing the old passphrase of this very key; a new identity has no such past."

/** The project that was named, if it has no store here. */
const unfounded = Effect.gen(function* () {
  const named = yield* Project.named
  if (Option.isNone(named)) {
    return yield* usage("no-project", "no project was named", "name the project that you will found: --project ID")
  }
  const project: ProjectId = named.value
  if (!(yield* Project.present).includes(project)) return project
  return yield* usage(
    "already-founded",
    `project ${project} is founded: its members' keys stand in its own records`,
    "an identity of Joy's is for a new project: --project ID"
  )
})

const find = Effect.fnUntraced(function* (joy: JoyProject.JoyProject | undefined, named: string) {
  const member = joy?.members.get(named)
  if (member === undefined) {
    return yield* usage(
      "unknown-member",
      `no project of Joy that was found has a member ${named}`,
      "name its directory with --dir"
    )
  }
  const id = Schema.decodeOption(MemberId.HumanId)(named)
  if (Option.isNone(id)) {
    return yield* usage(
      "bad-member",
      "a person here is a lower-case e-mail address",
      "found the project with a new identity"
    )
  }
  return { id: id.value, member }
})

/** The seed, whether it lies wrapped or, in projects from before the wraps, is the derived key itself. */
const open = Effect.fnUntraced(function* (member: JoyProject.Member, passphrase: Passphrase.Answer["passphrase"]) {
  const { kdf_nonce, passphraseWrap, verify_key } = member
  if (kdf_nonce === undefined || verify_key === undefined) {
    return yield* JoyError.malformed("identity", "this member never set one up")
  }
  const derived = yield* JoyKeys.derive({ passphrase, salt: kdf_nonce })
  const seed = passphraseWrap === undefined ? derived : yield* JoyKeys.unwrap({ wrap: passphraseWrap, key: derived })
  // A seed that gives another key would act as somebody else.
  const own = yield* (yield* Ed25519).publicKey(seed)
  if (!PublicKey.equals(own, yield* JoyKeys.publicKey(verify_key))) {
    return yield* new JoyError.JoyError({ reason: new JoyError.NotOpened() })
  }
  return seed
})
