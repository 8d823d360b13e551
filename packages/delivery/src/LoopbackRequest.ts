/**
 * Which requests the loopback endpoint answers, decided before anything else happens.
 *
 * A web page in the user's browser can reach 127.0.0.1, also through a name that it rebinds (DNS rebinding): the exact
 * `Host` stops the second, the refusal of any `Origin` the first, and the secret both.
 */
import { createHash, timingSafeEqual } from "node:crypto"
import type { IncomingHttpHeaders, IncomingMessage } from "node:http"

/** What the endpoint needs of a request. */
export type Request = Pick<IncomingMessage, "method" | "url" | "headersDistinct"> & {
  readonly headers: IncomingHttpHeaders
}

/** A refusal before any credential was touched: the child reads `code` and `message`. */
export interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
}

/** What every request must be: to this very host, from no web page, a plain `GET`. */
export const refusal = (request: Request, host: string): Refusal | undefined => {
  const hosts = request.headersDistinct.host ?? []
  if (hosts.length !== 1 || hosts[0] !== host) {
    return { status: 421, code: "wrong_host", message: `this endpoint answers requests to ${host} alone` }
  }
  if (request.headers.origin !== undefined) {
    return { status: 403, code: "origin_refused", message: "this endpoint does not answer web pages" }
  }
  if (request.method !== "GET") return { status: 405, code: "method_not_allowed", message: "only GET is answered" }
  if (request.headers["transfer-encoding"] !== undefined || (request.headers["content-length"] ?? "0") !== "0") {
    return { status: 400, code: "body_refused", message: "a GET with a body is not answered" }
  }
  return undefined
}

export const unauthorized: Refusal = {
  status: 401,
  code: "unauthorized",
  message:
    "send the value of BAILIWICK_TOKEN_AUTHORIZATION or AWS_CONTAINER_AUTHORIZATION_TOKEN, as it stands, as the Authorization header"
}

/** Whether the request carries exactly the run's secret. */
export const isAuthorized = (request: Request, authorization: string): boolean => {
  const given = request.headersDistinct.authorization ?? []
  // Digests have one length, so the comparison takes the same time however much of the secret was right.
  return given.length === 1 && timingSafeEqual(digest(given[0] ?? ""), digest(authorization))
}

const digest = (text: string): Uint8Array => createHash("sha256").update(text, "utf8").digest()
