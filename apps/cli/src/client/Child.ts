/** What surrounds a child: an environment scrubbed, pointed at nothing, and given what this run delivers. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Authenticate from "@bailiwick/broker/Authenticate"
import { CredentialProviders } from "@bailiwick/core/CredentialProvider"
import type { Credentials } from "@bailiwick/core/Credentials"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import * as ChildEnvironment from "@bailiwick/delivery/ChildEnvironment"
import type { CredentialLease } from "@bailiwick/delivery/CredentialLease"
import * as DeliveryError from "@bailiwick/delivery/DeliveryError"
import type { Documents } from "@bailiwick/delivery/LoopbackEndpoint"
import * as SecretDirectory from "@bailiwick/delivery/SecretDirectory"
import * as TokenFile from "@bailiwick/delivery/TokenFile"
import * as Variables from "@bailiwick/delivery/Variables"
import { AgentIssuer } from "@bailiwick/provider-oidc/AgentIssuer"
import { StateDirectory } from "@bailiwick/storage/StateDirectory"
import * as Path from "node:path"
import * as Certificates from "../wiring/Certificates.ts"
import * as AgentRun from "./AgentRun.ts"
import * as Calling from "./Calling.ts"

export type Way = "endpoint" | "file" | "env"

export interface Options {
  readonly project: ProjectId
  readonly leased: Option.Option<{ readonly lease: CredentialLease; readonly credentials: Credentials }>
  readonly ways: ReadonlyArray<Way>
  /** The child's own session, if it becomes an agent by this run. */
  readonly session: Option.Option<Authenticate.LocalProof>
  /** Whether an agent acts: then nothing beneath this run uses the terminal's own session. */
  readonly isAgent: boolean
  readonly keep: ReadonlyArray<string>
}

/**
 * Lasts as long as the scope: the endpoint answers, the file is kept fresh, the private directory exists, and on a target
 * of AWS somebody listens for what is refused.
 */
export const prepare = Effect.fnUntraced(function* (options: Options) {
  const directory = yield* SecretDirectory.open(yield* AgentRun.places)
  if (options.isAgent) yield* AgentRun.declare
  const isAws = Option.exists(options.leased, ({ credentials }) => credentials.provider === "aws")
  const watch = isAws ? Option.some(yield* listen(directory.path)) : Option.none()
  const delivered = Option.isSome(options.leased)
    ? yield* deliver(options.leased.value, options.ways, directory.path)
    : {}
  const session = Option.isSome(options.session) ? yield* ownSession(options.session.value, options.project) : {}
  const env = ChildEnvironment.build({
    parent: Certificates.environment(),
    configuration: directory.configuration,
    delivered: { ...delivered, ...session, ...(Option.isSome(watch) ? watch.value.environment : {}) },
    keep: options.keep,
    platform: process.platform
  })
  return { env, watch }
})

// Only here: nobody else listens for anything.
const listen = (directory: string) =>
  Effect.flatMap(
    Effect.promise(() => import("./DenialWatch.ts")),
    (DenialWatch) => DenialWatch.open(directory)
  )

const deliver = Effect.fnUntraced(function* (
  { credentials, lease }: Option.Option.Value<Options["leased"]>,
  ways: ReadonlyArray<Way>,
  directory: string
) {
  const path = Path.join(directory, "token")
  if (ways.includes("file")) yield* TokenFile.keep({ path, lease })
  return {
    ...(ways.includes("env") ? yield* once(credentials) : {}),
    ...(ways.includes("file") ? { [Variables.tokenFile]: path } : {}),
    ...(ways.includes("endpoint") ? yield* endpoint(lease, credentials) : {})
  }
})

const once = (credentials: Credentials) =>
  Effect.map(CredentialProviders, (providers) => providers.get(credentials.provider)?.environment(credentials) ?? {})

const endpoint = Effect.fnUntraced(function* (lease: CredentialLease, credentials: Credentials) {
  // Only here: `node:http` alone is a third of the start of every other command.
  const LoopbackEndpoint = yield* Effect.promise(() => import("@bailiwick/delivery/LoopbackEndpoint"))
  const issuer = yield* AgentIssuer
  const documents = (baseUrl: string): Documents =>
    Object.fromEntries(
      Object.entries(issuer.documents(baseUrl)).map(([path, text]) => [
        path,
        Effect.mapError(text, DeliveryError.fromStore)
      ])
    )
  const { environment } = yield* LoopbackEndpoint.serve({ lease, documents, provider: credentials.provider })
  // An endpoint says who, never where.
  const place = Object.entries(yield* once(credentials)).filter(([name]) => Variables.awsPlace.includes(name))
  return { ...environment, ...Object.fromEntries(place) }
})

/** What the child needs to find its own session's store again, and nothing of the terminal's. */
const ownSession = Effect.fnUntraced(function* (proof: Authenticate.LocalProof, project: ProjectId) {
  return {
    [Calling.variable]: Redacted.value(Calling.valueOf(proof)),
    BAILIWICK_PROJECT: project,
    BAILIWICK_STATE_DIR: (yield* StateDirectory).state
  }
})

export const loginShell = Config.String("SHELL").pipe(Config.withDefault("/bin/sh"), Effect.orDie)
