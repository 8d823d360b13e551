/** One signed request to S3 or STS, by the official signer and nothing else of an SDK, so that two servers see the same. */
import { Sha256 } from "@aws-crypto/sha256-js"
import { SignatureV4 } from "@smithy/signature-v4"

export interface Key {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface Call {
  readonly service: "s3" | "sts"
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: string
  /** Signed beside those that every request has. */
  readonly headers?: Readonly<Record<string, string>>
  /** What is sent in the place of the body that was signed. */
  readonly sent?: string
  /** Milliseconds by which the client's clock is wrong. */
  readonly skew?: number
  /** What somebody on the way makes of the request. */
  readonly change?: (signed: Signed) => Signed
}

/** A request as it was signed. */
export interface Signed {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
}

export interface Answer {
  readonly status: number
  readonly body: string
}

export const send = async (url: string, credentials: Key, call: Call): Promise<Answer> => {
  const { body = "", change = (signed) => signed, sent = body, service, skew = 0 } = call
  const { method: asked, path: at, query: given = {} } = call
  const { host, hostname } = new URL(url)
  const signer = new SignatureV4({
    credentials,
    region: "us-east-1",
    service,
    sha256: Sha256,
    uriEscapePath: service !== "s3"
  })
  const type = service === "sts" ? { "content-type": "application/x-www-form-urlencoded; charset=utf-8" } : {}
  const signed = await signer.sign(
    {
      method: asked,
      protocol: "http:",
      hostname,
      path: at,
      query: { ...given },
      headers: { host, ...type, ...call.headers },
      body
    },
    { signingDate: new Date(Date.now() + skew) }
  )
  // fetch sets the host by itself, to the same value.
  const { host: _, ...others } = signed.headers
  const { headers, method, path, query } = change({ method: asked, path: at, query: given, headers: others })
  const search = new URLSearchParams(query).toString().replaceAll("+", "%20")
  const answer = await fetch(`${url}${path}${search === "" ? "" : `?${search}`}`, {
    method,
    headers,
    ...(method === "GET" || method === "HEAD" ? {} : { body: sent })
  })
  return { status: answer.status, body: await answer.text() }
}
