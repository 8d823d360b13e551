/**
 * The broker's own AWS login: the SDKs' standard chain, but never by a profile of ours, which would ask this broker.
 *
 * `AWS_PROFILE` names one of ours whenever an AWS tool that uses it has started us for its credentials.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as AwsFailure from "@bailiwick/provider-aws/AwsFailure"
import { SourceCredentials } from "@bailiwick/provider-aws/SourceCredentials"
import * as AwsFiles from "../client/AwsFiles.ts"
import * as AwsProfile from "../client/AwsProfile.ts"
import * as Certificates from "./Certificates.ts"
import * as HttpsProxy from "./HttpsProxy.ts"

const variables = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]

export const layer = Layer.effect(
  SourceCredentials,
  Effect.gen(function* () {
    const chain = yield* SourceCredentials
    const files = yield* FileSystem.FileSystem
    const leave = leaveOwnProfile.pipe(Effect.provideService(FileSystem.FileSystem, files))
    // Every call to AWS needs the login first.
    return SourceCredentials.of({
      identity: (login) =>
        Effect.andThen(
          Effect.andThen(leave, Certificates.check),
          Effect.flatMap(HttpsProxy.use, (usable) => (usable ? chain.identity(login) : noProxy))
        )
    })
  })
).pipe(Layer.provide(SourceCredentials.layer))

const leaveOwnProfile = Effect.gen(function* () {
  for (const variable of variables) {
    const name = yield* Config.option(Config.String(variable))
    if (Option.isNone(name)) continue
    const text = yield* Effect.flatMap(AwsFiles.config, AwsFiles.read)
    if (AwsProfile.state(text, name.value) === "ours") forget(variable)
  }
}).pipe(Effect.ignore)

const noProxy = Effect.fail<AwsFailure.Failure>({ code: "ERR_PROXY_INVALID_CONFIG", status: undefined, message: "" })

// The SDK reads this process's variables; there is no other way to tell it to pass one over.
const forget = (variable: string): void => {
  delete process.env[variable]
}
