import * as Argument from "effect/cli/Argument"
import * as CliError from "effect/cli/CliError"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Decide from "@bailiwick/broker/Decide"
import * as Sweep from "@bailiwick/broker/Sweep"
import type * as Policy from "@bailiwick/core/Policy"
import type * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import * as ChildRun from "@bailiwick/delivery/ChildRun"
import * as DeliveryError from "@bailiwick/delivery/DeliveryError"
import * as Acting from "../client/Acting.ts"
import * as Child from "../client/Child.ts"
import type * as DenialWatch from "../client/DenialWatch.ts"
import * as Executable from "../client/Executable.ts"
import * as Leasing from "../client/Leasing.ts"
import type * as Roots from "../client/Roots.ts"
import * as RunFlags from "../client/RunFlags.ts"
import { Ended, usage } from "../ui/Failure.ts"
import * as Output from "../ui/Output.ts"
import { inProject } from "../wiring/inProject.ts"
import * as Standing from "../wiring/Standing.ts"

const Ways = Schema.Literals(["endpoint", "file", "env"])

const waysOf = (text: string) =>
  Effect.forEach(text.split(","), (way) =>
    Effect.mapError(
      Schema.decodeUnknownEffect(Ways)(way),
      () =>
        new CliError.InvalidValue({ option: "deliver", value: way, expected: "endpoint, file or env", kind: "flag" })
    )
  )

const flags = {
  ...RunFlags.acting,
  deliver: Flag.String("deliver").pipe(
    Flag.withMetavar("WAYS"),
    Flag.withDescription(
      "endpoint (default: refreshes by itself), file (kept fresh), env (one shot); several by comma"
    ),
    Flag.withDefault("endpoint"),
    Flag.mapEffect(waysOf)
  ),
  keep: Flag.String("keep").pipe(
    Flag.withMetavar("NAME"),
    Flag.withDescription("A single variable that would be removed from the child's environment, kept"),
    Flag.filter(
      (name) => name !== "" && !name.includes("="),
      () => "the name of a variable alone"
    ),
    Flag.atLeast(0)
  )
}

const command = Argument.String("command").pipe(
  Argument.withDescription("Behind --: the command and its arguments, untouched"),
  Argument.variadic()
)

export const run = Command.make("run", { ...flags, command }, ({ command, ...options }) =>
  Effect.gen(function* () {
    const [program, ...args] = command
    if (program === undefined) {
      return yield* usage(
        "missing-argument",
        "there is no command to run",
        "bailiwick run --on dev --allow orders:read -- my-command"
      )
    }
    return yield* execute(program, args, options)
  })
).pipe(
  Command.withAlias("exec"),
  Command.withDescription("Run a command with credentials that are narrowed to what was asked"),
  Command.withExamples([
    {
      command: "bailiwick run --on dev --allow orders:read -- my-script",
      description: "as yourself, for this run alone"
    },
    {
      command:
        "bailiwick run --on cloud --allow s3:GetObject --resource 's3://logs/2026/*' -- aws s3 cp s3://logs/2026/11.txt -",
      description: "on a target of AWS, whose actions are of these resources alone"
    },
    {
      command: "bailiwick run --as claude --on dev --allow orders:read -- claude",
      description: "as an agent with a session of its own"
    }
  ])
)

export const shell = Command.make("shell", flags, (options) =>
  Effect.flatMap(Child.loginShell, (program) => execute(program, [], options))
).pipe(Command.withDescription("Open a shell with narrowed credentials; they end with it"))

interface Options extends RunFlags.Wanted, Roots.Wish {
  readonly as: Option.Option<string>
  readonly deliver: ReadonlyArray<Child.Way>
  readonly keep: ReadonlyArray<string>
}

const execute = (program: string, args: ReadonlyArray<string>, options: Options) =>
  inProject((project) =>
    Effect.gen(function* () {
      yield* Executable.check(program)
      // What time has ended says so from now on; a clock set back is told by what follows.
      yield* Effect.ignore(Sweep.run())
      const standing = yield* Standing.read
      const acting = yield* Acting.acting({ as: options.as, wish: options, standing })
      const isAgent = acting.caller.kind === "agent"
      const targets = acting.caller.chain?.grant.targets ?? []
      // An agent of several targets asks for itself, with a session of its own: credentials for one would be a guess.
      const leased =
        Option.isSome(options.as) && targets.length > 1
          ? Option.none()
          : Option.some(
              yield* Leasing.open({
                calling: acting,
                request: yield* deliverable(options, yield* RunFlags.request(options, acting, standing), standing),
                command: [program, ...args]
              })
            )
      if (Option.isSome(leased)) yield* tell(leased.value.first)
      const { env, watch } = yield* Child.prepare({
        project,
        leased: Option.map(leased, ({ first, lease }) => ({ lease, credentials: first.credentials })),
        ways: options.deliver,
        session: Option.isSome(options.as) ? Option.some(acting.proof) : Option.none(),
        isAgent,
        keep: options.keep
      })
      const errors = Option.flatMap(watch, ({ errors }) => errors)
      const exit = yield* ChildRun.run({
        command: program,
        args,
        env,
        ...(Option.isSome(errors) ? { errors: errors.value } : {})
      })
      if (Option.isSome(leased) && Option.isSome(watch)) {
        yield* advise(watch.value, leased.value.first, {
          ...(acting.signed ? {} : { authority: acting.caller.chain?.grant.policy }),
          project: standing.view.project,
          byFlags: options.allow.length > 0
        })
      }
      return exit
    })
  ).pipe(Effect.flatMap((exit) => (exit === 0 ? Effect.void : new Ended({ exit }))))

/** Refused before it is issued: what would be issued to nobody. */
const deliverable = (
  { deliver }: Pick<Options, "deliver">,
  request: Decide.Request,
  { view }: Standing.Standing
): Effect.Effect<Decide.Request, DeliveryError.DeliveryError> => {
  const provider = view.project.targets[request.target]?.provider
  if (provider === undefined || provider === "oidc" || !deliver.includes("file")) return Effect.succeed(request)
  const reason = new DeliveryError.NotDeliverable({ provider })
  return Effect.fail(new DeliveryError.DeliveryError({ reason }))
}

/** What the caller should know before the child's own words: what was cut off, what nobody holds, what is useless. */
const tell = Effect.fnUntraced(function* ({
  credentials,
  narrowed,
  plan
}: Effect.Success<ReturnType<typeof Leasing.open>>["first"]) {
  for (const { ceiling, what } of narrowed) yield* Output.say(`cut off by ${ceiling}: ${what}`)
  for (const note of plan.notes) yield* Output.say(`note: ${note}`)
  for (const note of credentials.notes ?? []) yield* Output.warn(note)
  for (const dimension of ["actions", "resources", "expiry", "network"] as const) {
    const { held, note } = plan.report[dimension]
    if (held === "none") yield* Output.warn(`nobody holds the restriction on ${dimension}: ${note}`)
  }
})

/** Behind the child's own words: what AWS refused it, and which flags would have allowed it. Never more than a hint. */
const advise = Effect.fnUntraced(function* (
  watch: DenialWatch.DenialWatch,
  { session }: Effect.Success<ReturnType<typeof Leasing.open>>["first"],
  {
    authority,
    byFlags,
    project
  }: {
    readonly authority?: Policy.Policy | undefined
    readonly byFlags: boolean
    readonly project: ProjectRecord.ProjectRecord
  }
) {
  // A scoped session bears the name of the login that it was taken from; every other one, its own.
  const isScoped = project.targets[session.target]?.settings?.method === "scoped"
  const denials = yield* watch.denials({ role: session.role_arn, ...(isScoped ? {} : { id: session.id }) })
  if (denials.length === 0) return
  const DenialAdvice = yield* Effect.promise(() => import("../client/DenialAdvice.ts"))
  const ceiling = { statements: project.ceiling.statements, deny: [...project.ceiling.deny, ...project.deny] }
  const run = { policy: session.policy, ceiling, byFlags, ...(authority === undefined ? {} : { authority }) }
  for (const line of DenialAdvice.lines(denials, run)) yield* Output.say(`bailiwick: ${line}`)
  yield* watch.told
})
