/**
 * The two calls that make a session: AssumeRole through the official client, and GetScopedCredentials, which no reachable
 * client has yet, as a signed query call.
 */
import * as UnixTime from "@bailiwick/core/UnixTime"
import type { STSClient } from "@aws-sdk/client-sts"
import type { Agent } from "node:http"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as AnswerLimit from "./AnswerLimit.ts"
import * as AwsFailure from "./AwsFailure.ts"
import type { AwsTarget } from "./AwsTarget.ts"
import * as QueryCall from "./QueryCall.ts"
import * as QueryXml from "./QueryXml.ts"
import * as SdkSettings from "./SdkSettings.ts"
import type { SessionIdentity } from "./SessionIdentity.ts"
import * as SessionPolicy from "./SessionPolicy.ts"
import * as SourceCredentials from "./SourceCredentials.ts"

export interface Session {
  readonly accessKeyId: string
  readonly secretAccessKey: Redacted.Redacted
  readonly sessionToken: Redacted.Redacted
  /** As STS names it. */
  readonly expiration: UnixTime.UnixTime
  /** The role's session in the account, `arn:aws:sts::ACCOUNT:assumed-role/ROLE/NAME`. */
  readonly arn: string
  /** Seconds by which AWS is ahead of this machine. */
  readonly ahead: number
  /** How much of the packed form of policies and tags is taken, in percent (`PackedPolicySize`); STS need not say. */
  readonly packed?: number
}

interface Asked {
  readonly target: AwsTarget
  readonly identity: SourceCredentials.Identity
  readonly policy: SessionPolicy.SessionPolicy
}

export interface Sts {
  assumeRole(
    asked: Asked & {
      /** Seconds. */
      readonly duration: number
      readonly session: SessionIdentity
      /** ARNs of managed session policies beside the inline one. */
      readonly managed: ReadonlyArray<string>
    }
  ): Effect.Effect<Session, AwsFailure.Failure>
  /** The same identity as the broker's own, narrowed. Fails with {@link unsupported} where STS does not know the call. */
  getScopedCredentials(
    asked: Asked & {
      /** Seconds; undefined for as long as the broker's own session. */
      readonly duration: number | undefined
    }
  ): Effect.Effect<Session, AwsFailure.Failure>
}

/** The codes with which servers answer a call that they do not have. */
const unknownCall = new Set(["InvalidAction", "UnknownOperationException", "NotImplemented", "MethodNotAllowed"])

export const isUnsupported = ({ code }: AwsFailure.Failure): boolean => unknownCall.has(code)

const timeout = "30 seconds"
const maximumClients = 8

interface Open {
  readonly client: STSClient
  /** For endpoints of plain http, which are tests and gateways on loopback. */
  readonly httpAgent: Agent
}

// Not the client, which would destroy Node's own agent of https too, and the calls of everybody else in this process.
const close = ({ httpAgent }: Open): void => httpAgent.destroy()

/** Connections are kept open between calls, a few identities and endpoints at a time, until the scope closes. */
export const make: Effect.Effect<Sts, never, Scope.Scope> = Effect.gen(function* () {
  const clients = yield* Effect.acquireRelease(
    Effect.sync(() => new Map<string, Open>()),
    (open) => Effect.sync(() => open.forEach(close))
  )
  const clientOf = async ({ target, identity }: Asked): Promise<STSClient> => {
    const credentials = SourceCredentials.toPlain(identity)
    const key = [target.sts, target.region, ...Object.values(credentials)].join("\n")
    const known = clients.get(key)
    if (known !== undefined) return known.client
    const [{ STSClient }, { Agent }, common] = await Promise.all([
      import("@aws-sdk/client-sts"),
      import("node:http"),
      SdkSettings.common()
    ])
    const httpAgent = new Agent({ keepAlive: true, maxSockets: 50 })
    const client = new STSClient({
      ...common,
      ...SdkSettings.at(target),
      credentials,
      requestHandler: { ...common.requestHandler, httpAgent }
    })
    clients.set(key, { client, httpAgent })
    for (const [oldest, unused] of clients) {
      if (clients.size <= maximumClients) break
      clients.delete(oldest)
      close(unused)
    }
    return client
  }

  const assumeRole: Sts["assumeRole"] = Effect.fn("Sts.assumeRole")(function* (asked) {
    const { target, session, managed, policy, duration } = yield* restricted(asked)
    const answer = yield* Effect.tryPromise({
      try: async (abortSignal) => {
        const { AssumeRoleCommand } = await import("@aws-sdk/client-sts")
        const command = new AssumeRoleCommand({
          RoleArn: target.role.arn,
          RoleSessionName: session.name,
          DurationSeconds: duration,
          Policy: policy,
          ...(managed.length > 0 && { PolicyArns: managed.map((arn) => ({ arn })) }),
          ...(target.externalId !== undefined && { ExternalId: target.externalId }),
          ...(session.sourceIdentity !== undefined && { SourceIdentity: session.sourceIdentity }),
          ...(session.tags.length > 0 && {
            Tags: [...session.tags],
            TransitiveTagKeys: session.tags.map(({ Key }) => Key)
          })
        })
        let date: unknown
        command.middlewareStack.add(
          (next) => async (input) => {
            const result = await next(input)
            date = Object(Object(result.response).headers).date
            return result
          },
          { step: "deserialize", name: "bailiwickServerDate" }
        )
        command.middlewareStack.addRelativeTo(limited, {
          relation: "after",
          toMiddleware: "deserializerMiddleware",
          name: "bailiwickAnswerLimit"
        })
        const output = await (await clientOf(asked)).send(command, { abortSignal })
        return { output, date }
      },
      catch: AwsFailure.fromUnknown
    }).pipe(Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail(AwsFailure.timedOut) }))
    const { Credentials: given, AssumedRoleUser: user, PackedPolicySize: packed } = answer.output
    return yield* read({
      accessKeyId: given?.AccessKeyId,
      secretAccessKey: given?.SecretAccessKey,
      sessionToken: given?.SessionToken,
      expiration: given?.Expiration?.getTime(),
      arn: user?.Arn,
      packed,
      ahead: yield* aheadOf(typeof answer.date === "string" ? Date.parse(answer.date) : undefined)
    })
  })

  const getScopedCredentials: Sts["getScopedCredentials"] = Effect.fn("Sts.getScopedCredentials")(function* (asked) {
    const { target, identity, policy, duration } = yield* restricted(asked)
    const { xml, ahead } = yield* QueryCall.send({
      endpoint: target.sts,
      service: "sts",
      region: target.region,
      identity,
      parameters: {
        Action: "GetScopedCredentials",
        Version: "2011-06-15",
        Policy: policy,
        ...(duration === undefined ? {} : { DurationSeconds: `${duration}` })
      }
    })
    const expiration = Date.parse(QueryXml.text(xml, "Expiration") ?? "")
    return yield* read({
      accessKeyId: QueryXml.text(xml, "AccessKeyId"),
      secretAccessKey: QueryXml.text(xml, "SecretAccessKey"),
      sessionToken: QueryXml.text(xml, "SessionToken"),
      expiration,
      arn: QueryXml.text(xml, "Arn"),
      packed: Number(QueryXml.text(xml, "PackedPolicySize") ?? Number.NaN),
      ahead: Math.round((ahead ?? 0) / 1000)
    })
  })

  return { assumeRole, getScopedCredentials }
})

/** Between the connection and whatever reads the answer. */
const limited =
  <I, O extends { readonly response: unknown }>(next: (input: I) => Promise<O>) =>
  async (input: I): Promise<O> => {
    const result = await next(input)
    AnswerLimit.apply(result.response)
    return result
  }

/** Nothing leaves without a session policy, whatever a type was made to say. */
const restricted = <A extends Asked>(asked: A): Effect.Effect<A, AwsFailure.Failure> =>
  SessionPolicy.is(asked.policy)
    ? Effect.succeed(asked)
    : Effect.fail({ code: "NoSessionPolicy", status: undefined, message: "" })

const aheadOf = (server: number | undefined) =>
  Effect.map(Clock.currentTimeMillis, (now) =>
    server === undefined || Number.isNaN(server) ? 0 : Math.round((server - now) / 1000)
  )

const Word = Schema.String.check(Schema.isPattern(/^[\x21-\x7e]{1,4096}$/u))

/** The form that STS documents for `AccessKeyId`. */
const KeyId = Schema.String.check(Schema.isPattern(/^\w{1,128}$/u))

const Given = Schema.Struct({ accessKeyId: KeyId, secretAccessKey: Word, sessionToken: Word, arn: Word })

/** An answer that lacks a part, or holds what cannot be a credential, is none. */
const read = (
  found: {
    readonly [K in keyof typeof Given.Type]: string | undefined
  } & { readonly expiration: number | undefined; readonly ahead: number; readonly packed: number | undefined }
): Effect.Effect<Session, AwsFailure.Failure> => {
  const given = Schema.decodeUnknownOption(Given)(found)
  const expiration = Schema.decodeOption(UnixTime.UnixTime)(Math.floor((found.expiration ?? Number.NaN) / 1000))
  if (Option.isNone(given) || Option.isNone(expiration)) return Effect.fail(AwsFailure.incomplete)
  const { accessKeyId, secretAccessKey, sessionToken, arn } = given.value
  return Effect.succeed({
    accessKeyId,
    secretAccessKey: Redacted.make(secretAccessKey, { label: "AWS secret key" }),
    sessionToken: Redacted.make(sessionToken, { label: "AWS session token" }),
    expiration: expiration.value,
    arn,
    ahead: found.ahead,
    ...(found.packed !== undefined && Number.isInteger(found.packed) ? { packed: found.packed } : {})
  })
}
