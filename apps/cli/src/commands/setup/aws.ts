import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as AwsTarget from "@bailiwick/provider-aws/AwsTarget"
import * as Path from "node:path"
import * as Ask from "../../client/Ask.ts"
import * as AwsFiles from "../../client/AwsFiles.ts"
import * as AwsProfile from "../../client/AwsProfile.ts"
import { usage } from "../../ui/Failure.ts"
import * as Output from "../../ui/Output.ts"
import { inProject } from "../../wiring/inProject.ts"
import * as Standing from "../../wiring/Standing.ts"

const flags = {
  profile: Flag.String("profile").pipe(
    Flag.withMetavar("NAME"),
    Flag.withDescription("The profile of the AWS configuration file that is written")
  ),
  remove: Flag.Boolean("remove").pipe(
    Flag.withDescription("Take the profile away again"),
    Flag.withDefault(false),
    Flag.withoutNegation
  ),
  ...Ask.flags
}

export const aws = Command.make("aws", flags, ({ profile, remove, ...wanted }) =>
  Effect.gen(function* () {
    yield* named(profile)
    const path = yield* AwsFiles.config
    const before = yield* AwsFiles.read(path)
    const state = AwsProfile.state(before, profile)
    if (state === "foreign") {
      return yield* usage(
        "foreign-profile",
        `profile ${profile} in ${path} is not ours, or holds more than we wrote`,
        "choose another --profile; nothing was changed"
      )
    }
    const lines = remove ? [] : yield* section(profile, wanted)
    const after = AwsProfile.replace(before, profile, lines)
    const changed = after !== before
    if (changed) yield* AwsFiles.write(path, after)
    const done = remove ? (changed ? "removed" : "not there") : changed ? "written" : "as it should be"
    yield* Output.answer({ profile, path, changed }, () => `profile ${profile} in ${path}: ${done}`)
    if (!remove) {
      yield* Output.say(
        `AWS tools use it with AWS_PROFILE=${profile}, as long as BAILIWICK_SESSION is set or this terminal is logged in (bailiwick login --on … --allow …)`
      )
      if (Option.exists(yield* key, (text) => text !== "")) {
        yield* Output.warn(
          `AWS_ACCESS_KEY_ID is set here, and the AWS CLI and boto3 take that key before AWS_PROFILE=${profile}, with all that it may do: unset it for them, or name the profile with --profile`
        )
      }
    }
  })
).pipe(
  Command.withDescription("Write a profile whose credentials come from here; AWS tools use it by AWS_PROFILE"),
  Command.withExamples([
    {
      command: "bailiwick setup aws --profile dev-logs --on dev --allow s3:GetObject --resource 's3://logs/*'",
      description: "then: AWS_PROFILE=dev-logs aws s3 cp s3://logs/today -"
    },
    { command: "bailiwick setup aws --profile dev-logs --remove" }
  ])
)

const key = Effect.orDie(Config.option(Config.String("AWS_ACCESS_KEY_ID")))

const named = Effect.fnUntraced(function* (profile: string) {
  if (!/^[\w.@+-]{1,64}$/u.test(profile)) {
    return yield* usage("bad-value", "--profile is no name", "letters, digits and _.@+-, at most 64")
  }
  // The broker's own login is looked for there: it would ask itself.
  if (profile === "default") {
    return yield* usage("bad-value", "the profile default stays the broker's own login", "give the profile a name")
  }
})

const section = (profile: string, asked: Ask.Asked) =>
  inProject((project) =>
    Effect.gen(function* () {
      const { view } = yield* Standing.read
      if (Option.contains(asked.policyFile, "-")) {
        return yield* usage("bad-value", "--policy-file: a profile has no stdin to read", "name a file")
      }
      const targets = yield* Ask.targets(asked, view.project)
      const [target] = targets
      if (target === undefined || targets.length > 1) {
        return yield* usage("missing-flag", "--on is missing, or names several targets", "name one target of AWS")
      }
      yield* Ask.lasting(asked, targets, view.project)
      yield* Ask.seconds(asked.ttl)
      const definition = view.project.targets[target.alias]
      const read = definition?.provider === "aws" ? AwsTarget.read(definition) : undefined
      if (read === undefined || Result.isFailure(read)) {
        return yield* usage("bad-value", `${target.alias} is no target of AWS`, "name one with --on")
      }
      // Where the profile stands in both files, the keys of the credentials file go before ours.
      const credentials = yield* AwsFiles.credentials
      if (AwsProfile.state(yield* AwsFiles.read(credentials), profile) !== "none") {
        return yield* usage(
          "foreign-profile",
          `profile ${profile} stands in ${credentials} too, and would go before`,
          "choose another --profile; nothing was changed"
        )
      }
      const { namesRegion, region, serviceEndpoint } = read.success
      const repeated = (flag: string, values: ReadonlyArray<string>) => values.flatMap((value) => [flag, value])
      const lines = AwsProfile.write({
        name: profile,
        words: [
          ...(yield* program),
          "credential-process",
          ...repeated("--project", [project]),
          ...repeated("--on", [target.alias]),
          ...repeated("--allow", asked.allow),
          ...repeated("--resource", asked.resource),
          ...repeated("--deny", asked.deny),
          ...repeated("--policy", Option.toArray(asked.policy)),
          // Whoever asks for credentials need not stand in this directory.
          ...repeated(
            "--policy-file",
            Option.toArray(asked.policyFile).map((file) => Path.resolve(file))
          ),
          ...repeated("--policy-arns", asked.policyArns),
          ...repeated("--ttl", Option.toArray(asked.ttl))
        ],
        ...(namesRegion ? { region } : {}),
        ...(serviceEndpoint === undefined ? {} : { endpoint: serviceEndpoint })
      })
      if (lines !== undefined) return lines
      return yield* usage(
        "bad-value",
        "a value or the path of this program holds a character that the profile could not hand on",
        "leave out quotes, $, backslashes, and # or ; behind a blank"
      )
    })
  )

/** This very program by absolute paths: whoever asks for credentials need not have our PATH, and nothing is fetched. */
const program = Effect.suspend(() => {
  const [runtime = "", entry = ""] = process.argv
  return /[\\/]_npx[\\/]/u.test(entry)
    ? usage(
        "not-installed",
        "this program runs from the cache of npx, which may be gone tomorrow",
        "install it: npm install --global bailiwick"
      )
    : Effect.succeed([runtime, entry])
})
