/**
 * The broker's own AWS credentials, from which every session is derived: the standard chain of the AWS SDKs
 * (environment, profile with `credential_process`, SSO cache or role, web identity, container, instance).
 *
 * Variables and profiles choose the login, and never who is asked for it: a role or a web identity is taken on at the
 * target's own STS, and SSO is asked at AWS itself. An `AWS_ENDPOINT_URL…` or an `endpoint_url` would else receive a
 * web identity or an SSO token, which are good for everything that the broker may do.
 */
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as AwsFailure from "./AwsFailure.ts"
import type { AwsTarget } from "./AwsTarget.ts"
import * as SdkSettings from "./SdkSettings.ts"

export interface Identity {
  readonly accessKeyId: string
  readonly secretAccessKey: Redacted.Redacted
  /** Present for temporary credentials alone. */
  readonly sessionToken?: Redacted.Redacted
  readonly expiration?: UnixTime.UnixTime
}

/** The form in which the AWS packages take and give an identity. */
interface Plain {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  readonly expiration?: Date | undefined
}

/** Which login: a named profile, else the standard chain; and the STS at which a role of it is taken on. */
export type Login = Pick<AwsTarget, "profile" | "sts" | "region">

export class SourceCredentials extends Context.Service<
  SourceCredentials,
  {
    /** Renewed by the AWS packages before it ends. */
    identity(login: Login): Effect.Effect<Identity, AwsFailure.Failure>
  }
>()("@bailiwick/provider-aws/SourceCredentials") {
  /** The standard chain. Its packages are loaded when AWS is first asked. */
  static readonly layer: Layer.Layer<SourceCredentials> = Layer.sync(SourceCredentials, () => {
    // One chain a login: each keeps its credentials until they are about to end.
    const chains = new Map<string, Promise<Chain>>()
    const chainOf = (login: Login): Promise<Chain> => {
      const key = [login.profile, login.sts, login.region].join("\n")
      const chain = chains.get(key) ?? open(login)
      chains.set(key, chain)
      return chain
    }
    return SourceCredentials.of({
      identity: Effect.fn("SourceCredentials.identity")((login) =>
        Effect.flatMap(
          Effect.promise(() => chainOf(login)),
          ({ heard, provide }) => {
            heard.length = 0
            return Effect.tryPromise({
              try: async () => fromPlain(await provide()),
              catch: (thrown) => {
                const failure = AwsFailure.fromUnknown(thrown)
                return { ...failure, message: [...heard, failure.message].join("\n") }
              }
            })
          }
        ).pipe(
          Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail(AwsFailure.timedOut) }),
          Effect.catch((failure) => Effect.flatMap(named(login), (of) => Effect.fail({ ...failure, login: of })))
        )
      )
    })
  })

  /** Fixed credentials, for tests and for embedders that have their own source. */
  static readonly layerFixed = (identity: Identity): Layer.Layer<SourceCredentials> =>
    Layer.succeed(SourceCredentials, SourceCredentials.of({ identity: () => Effect.succeed(identity) }))
}

/** A credential_process may ask its own service, and an instance is asked again; nobody waits longer. */
const timeout = "60 seconds"

interface Chain {
  readonly provide: () => Promise<Plain>
  /** Why each place of the chain had nothing: the error itself tells of the last one alone, whatever came before. */
  readonly heard: Array<string>
}

const open = async (login: Login): Promise<Chain> => {
  const [{ defaultProvider }, { getDefaultRoleAssumer, getDefaultRoleAssumerWithWebIdentity }, settings] =
    await Promise.all([
      import("@aws-sdk/credential-provider-node"),
      import("@aws-sdk/client-sts"),
      SdkSettings.common()
    ])
  const { profile } = login
  const common = { ...settings, ignoreConfiguredEndpointUrls: true }
  const own = { ...common, ...SdkSettings.at(login) }
  const heard: Array<string> = []
  // Nothing is printed: the packages would warn on stderr, which belongs to the command's one line.
  const logger = {
    debug: (line: unknown) => {
      if (heard.length < longest) heard.push(String(line).slice(0, 1000))
    },
    info: () => {},
    warn: () => {},
    error: () => {}
  }
  const chain = defaultProvider({
    ...(profile === undefined ? {} : { profile }),
    logger,
    maxRetries: 1,
    clientConfig: common,
    roleAssumer: getDefaultRoleAssumer(own),
    roleAssumerWithWebIdentity: getDefaultRoleAssumerWithWebIdentity(own)
  })
  let held: Plain | undefined
  const provide = async () => {
    const left = (held?.expiration?.getTime() ?? Infinity) - Date.now()
    try {
      held = await chain(left < early ? { forceRefresh: true } : {})
    } catch (error) {
      if (held === undefined || left <= 0) throw error
    }
    return held
  }
  return { provide, heard }
}

/**
 * From so many milliseconds before its end on a login is renewed before it is used. The packages would use it to its last
 * second and renew it beside; then what is taken from it ends at once, or is refused by a clock that is a little ahead.
 */
const early = 300_000

/** Lines that the chain may say of one attempt; it has less than ten places to look at. */
const longest = 64

/** The profile by which a person knows the login, if it has the form of one. */
const named = ({ profile }: Login): Effect.Effect<{ readonly profile?: string }> =>
  (profile === undefined ? Effect.option(Config.String("AWS_PROFILE")) : Effect.succeedSome(profile)).pipe(
    Effect.map((name) => (Option.isSome(name) && /^[\w.@/+-]{1,128}$/u.test(name.value) ? { profile: name.value } : {}))
  )

const fromPlain = ({ accessKeyId, secretAccessKey, sessionToken, expiration }: Plain): Identity => ({
  accessKeyId,
  secretAccessKey: Redacted.make(secretAccessKey, { label: "AWS secret key" }),
  ...(sessionToken === undefined ? {} : { sessionToken: Redacted.make(sessionToken, { label: "AWS session token" }) }),
  ...(expiration === undefined ? {} : { expiration: UnixTime.UnixTime.make(Math.floor(expiration.getTime() / 1000)) })
})

/** As the AWS packages take it; the secrets are in the open from here on. */
export const toPlain = ({ accessKeyId, secretAccessKey, sessionToken }: Identity) => ({
  accessKeyId,
  secretAccessKey: Redacted.value(secretAccessKey),
  ...(sessionToken === undefined ? {} : { sessionToken: Redacted.value(sessionToken) })
})
