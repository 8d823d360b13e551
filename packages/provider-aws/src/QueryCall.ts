/**
 * One signed call of the AWS query protocol, for operations that the reachable SDKs do not have or that are too small for
 * one of their own: signed by the official signer, tried again with jitter, and corrected for a clock that is wrong.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as AnswerLimit from "./AnswerLimit.ts"
import * as AwsFailure from "./AwsFailure.ts"
import * as QueryXml from "./QueryXml.ts"
import * as SourceCredentials from "./SourceCredentials.ts"

export interface Call {
  readonly endpoint: string
  readonly service: "sts" | "iam"
  readonly region: string
  readonly identity: SourceCredentials.Identity
  readonly parameters: Readonly<Record<string, string>>
  /** Whether the call changes what the next one finds: then it is never made again on an unknown outcome. */
  readonly changes?: boolean
}

export interface Answer {
  readonly xml: string
  /** Milliseconds by which AWS is ahead of this machine; undefined if the answer bears no date. */
  readonly ahead: number | undefined
}

const attempts = 4
const timeout = "10 seconds"

/** For the call with all its attempts. */
const patience = "30 seconds"

// As AWS's own clients wait: exponential with full jitter, and longer where AWS is asked too often.
const again = Schedule.exponential("100 millis").pipe(
  Schedule.setInputType<Refused>(),
  Schedule.modifyDelay(({ duration, input }) =>
    Effect.map(Random.next, (random) =>
      Duration.times(duration, random * (AwsFailure.isThrottled(input.failure) ? 5 : 1))
    )
  ),
  Schedule.upTo({ times: attempts - 1 })
)

const skewed = new Set(["SignatureDoesNotMatch", "RequestExpired", "RequestTimeTooSkewed", "InvalidSignatureException"])

/** A clock further off than this makes AWS refuse signatures, in milliseconds; below it the signature itself is wrong. */
const tolerated = 4 * 60 * 1000

/** Calls, and once more with the clock of AWS when the refusal shows that this machine's clock is wrong. */
export const send = (call: Call): Effect.Effect<Answer, AwsFailure.Failure> => {
  const isRepeatable = ({ failure }: Refused): boolean =>
    AwsFailure.isTransient(failure) && !(call.changes === true && AwsFailure.isUncertain(failure))
  const attempt = (ahead: number): Effect.Effect<Answer, Refused> =>
    Effect.retry(once(call, ahead), { schedule: again, while: isRepeatable })
  return attempt(0).pipe(
    Effect.catchIf(isSkewed, ({ ahead }) => attempt(ahead)),
    Effect.timeoutOrElse({ duration: patience, orElse: () => Effect.fail(timedOut) }),
    Effect.mapError(({ failure }) => failure),
    Effect.withSpan("QueryCall.send", { attributes: { service: call.service, action: call.parameters.Action } })
  )
}

const isSkewed = (refused: Refused): refused is Refused & { readonly ahead: number } =>
  skewed.has(refused.failure.code) && refused.ahead !== undefined && Math.abs(refused.ahead) > tolerated

interface Refused {
  readonly failure: AwsFailure.Failure
  readonly ahead: number | undefined
}

const once = Effect.fnUntraced(function* (call: Call, ahead: number) {
  const sent = yield* Clock.currentTimeMillis
  const body = new URLSearchParams(call.parameters).toString()
  const headers = yield* Effect.tryPromise({ try: () => sign(call, body, sent + ahead), catch: unsent })
  const response = yield* Effect.tryPromise({
    try: async (signal) => {
      // Redirects are never followed: they would carry the signed request to somebody else.
      const answer = await fetch(call.endpoint, { method: "POST", headers, body, signal, redirect: "manual" })
      return { status: answer.status, date: answer.headers.get("date"), text: await AnswerLimit.text(answer) }
    },
    catch: unsent
  }).pipe(Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail(timedOut) }))
  const date = response.date === null ? Number.NaN : Date.parse(response.date)
  const answered = { ahead: Number.isNaN(date) ? undefined : date - sent }
  const { status, text: xml } = response
  if (xml === undefined) {
    return yield* Effect.fail<Refused>({ failure: { code: AnswerLimit.code, status, message: "" }, ...answered })
  }
  // What answers 200 with anything else is not AWS, but a proxy or a login page in its place.
  if (status === 200 && xml.includes(`<${call.parameters.Action}Response`)) return { xml, ...answered } satisfies Answer
  const failure: AwsFailure.Failure = {
    code: AwsFailure.codeOf(QueryXml.text(xml, "Code")),
    status,
    message: QueryXml.text(xml, "Message") ?? ""
  }
  return yield* Effect.fail<Refused>({ failure, ...answered })
})

const unsent = (thrown: unknown): Refused => ({ failure: AwsFailure.fromUnknown(thrown), ahead: undefined })

const timedOut: Refused = { failure: AwsFailure.timedOut, ahead: undefined }

const sign = async (call: Call, body: string, millis: number): Promise<Record<string, string>> => {
  const [{ SignatureV4 }, { Sha256 }] = await Promise.all([
    import("@smithy/signature-v4"),
    import("@aws-crypto/sha256-js")
  ])
  const url = new URL(call.endpoint)
  const signer = new SignatureV4({
    credentials: SourceCredentials.toPlain(call.identity),
    region: call.region,
    service: call.service,
    sha256: Sha256
  })
  const signed = await signer.sign(
    {
      method: "POST",
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: {},
      headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8", host: url.host },
      body
    },
    { signingDate: new Date(millis) }
  )
  // fetch sets the host by itself, to the same value.
  const { host: _, ...headers } = signed.headers
  return headers
}
