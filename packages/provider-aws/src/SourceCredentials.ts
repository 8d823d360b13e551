/**
 * The broker's own AWS credentials, from which every session is derived: the standard chain of the AWS SDKs
 * (environment, profile with `credential_process`, SSO cache or role, web identity, container, instance).
 */
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as AwsFailure from "./AwsFailure.ts"

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

export class SourceCredentials extends Context.Service<
  SourceCredentials,
  {
    /** The identity of a named profile, else of the standard chain; renewed by the AWS packages before it ends. */
    identity(profile: string | undefined): Effect.Effect<Identity, AwsFailure.Failure>
  }
>()("@bailiwick/provider-aws/SourceCredentials") {
  /** The standard chain. Its packages are loaded when AWS is first asked. */
  static readonly layer: Layer.Layer<SourceCredentials> = Layer.sync(SourceCredentials, () => {
    // One provider a profile: each keeps its credentials until they are about to end.
    const providers = new Map<string | undefined, () => Promise<Plain>>()
    const providerOf = async (profile: string | undefined) => {
      const known = providers.get(profile)
      if (known !== undefined) return known
      const { defaultProvider } = await import("@aws-sdk/credential-provider-node")
      const chain = defaultProvider(profile === undefined ? {} : { profile })
      const provider = () => chain()
      providers.set(profile, provider)
      return provider
    }
    return SourceCredentials.of({
      identity: (profile) =>
        Effect.tryPromise({
          try: async () => fromPlain(await (await providerOf(profile))()),
          catch: AwsFailure.fromUnknown
        })
    })
  })

  /** Fixed credentials, for tests and for embedders that have their own source. */
  static readonly layerFixed = (identity: Identity): Layer.Layer<SourceCredentials> =>
    Layer.succeed(SourceCredentials, SourceCredentials.of({ identity: () => Effect.succeed(identity) }))
}

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
