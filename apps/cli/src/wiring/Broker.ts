/** One project's broker inside this process: its store, log, issuer and providers, wired once. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as SqlAuditLog from "@bailiwick/audit/SqlAuditLog"
import { AuthorityView } from "@bailiwick/broker/AuthorityView"
import { Installation } from "@bailiwick/broker/Installation"
import { Minted } from "@bailiwick/broker/Minted"
import { CredentialProviders } from "@bailiwick/core/CredentialProvider"
import type { CredentialSession } from "@bailiwick/core/CredentialSession"
import type { Kid } from "@bailiwick/core/Kid"
import { StoreTransaction } from "@bailiwick/core/ports/StoreTransaction"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { AwsProvider } from "@bailiwick/provider-aws/AwsProvider"
import * as AgentIssuer from "@bailiwick/provider-oidc/AgentIssuer"
import { OidcProvider } from "@bailiwick/provider-oidc/OidcProvider"
import * as Store from "@bailiwick/storage/Store"
import * as BrokerLogin from "./BrokerLogin.ts"

/** Embedded: the broker's keys and log lie in the caller's own account, and every record, plan and receipt says so. */
export const isolation = "same-user" as const

/** What the audit room keeps in the store's own database, so that a state change and its line share one transaction. */
export const rooms = [SqlAuditLog.room]

export interface Place {
  readonly project: ProjectId
  readonly directory: string
  /** Pinned by this user when the project was founded or joined. */
  readonly founder?: Kid
}

export const layer = ({ directory, founder, project }: Place) => {
  const installation = Installation.layer({ project, isolation, ...(founder === undefined ? {} : { founder }) })
  const store = SqlAuditLog.layer({ project, isolation }).pipe(
    Layer.provideMerge(Store.layer({ project, directory, rooms }))
  )
  return providers(project).pipe(
    Layer.provideMerge(Layer.merge(AuthorityView.layer, Minted.layer)),
    Layer.provideMerge(Layer.merge(installation, store))
  )
}

const providers = (project: ProjectId) =>
  Layer.effect(
    CredentialProviders,
    Effect.gen(function* () {
      const each = [yield* OidcProvider, yield* AwsProvider]
      return new Map(each.map((provider) => [provider.name, provider]))
    })
  ).pipe(Layer.provide(Layer.merge(OidcProvider.layer, aws)), Layer.provideMerge(issuer(project)))

// Of AWS's own packages nothing is loaded before a target of theirs is asked.
const aws = Layer.unwrap(
  Effect.gen(function* () {
    const transaction = yield* StoreTransaction
    const authority = yield* AuthorityView
    // As the record has the target now: where a session is revoked is an owner's word, like where it was issued.
    const target = Effect.fnUntraced(
      function* (session: CredentialSession) {
        const { registry } = yield* transaction.run(authority.current)
        const { targets } = registry.now(yield* UnixTime.now).project
        const definition = targets[session.target]
        return Option.filter(Option.fromUndefinedOr(definition), ({ principal }) => principal === session.role_arn)
      },
      Effect.catchTag("BrokerError", () => Effect.succeedNone)
    )
    // A record that changes meanwhile raises the generation, and what was planned by the old one is planned again.
    const profiles = Effect.gen(function* () {
      const { registry } = yield* transaction.run(authority.current)
      return registry.now(yield* UnixTime.now).project.profiles
    }).pipe(Effect.catchTag("BrokerError", () => Effect.succeed({})))
    return AwsProvider.layer({ target, profiles })
  })
).pipe(Layer.provide(BrokerLogin.layer))

// Asked at each use: an owner may change the project's issuer while this process runs.
const issuer = (project: ProjectId) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const transaction = yield* StoreTransaction
      const authority = yield* AuthorityView
      const named = Effect.gen(function* () {
        const { registry } = yield* transaction.run(authority.current)
        return registry.now(yield* UnixTime.now).project.issuer ?? AgentIssuer.defaultIssuer(project)
      })
      return AgentIssuer.AgentIssuer.layer({
        issuer: Effect.catchTag(named, "BrokerError", () => Effect.succeed(AgentIssuer.defaultIssuer(project)))
      })
    })
  )
