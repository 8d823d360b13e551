/**
 * Verifies AWS Signature Version 4 as a server does: written from the AWS reference, apart from the signers under test.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto"
import type { IncomingHttpHeaders } from "node:http"

export interface SignedRequest {
  readonly method: string
  /** As it stands in the request line: path, and query behind `?`. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface Signer {
  readonly accessKeyId: string
  readonly region: string
  readonly service: string
  /** Milliseconds since 1970. */
  readonly signed: number
}

const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex")
const hmac = (key: string | Buffer, data: string): Buffer => createHmac("sha256", key).update(data).digest()

const form =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request, ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})$/u

const parts = ({ headers }: SignedRequest) => {
  const [, accessKeyId, day, region, service, names, signature] = form.exec(headers.authorization ?? "") ?? []
  if (!accessKeyId || !day || !region || !service || !names || !signature) return undefined
  const time = String(headers["x-amz-date"] ?? "")
  const iso = time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/u, "$1-$2-$3T$4:$5:$6Z")
  return { accessKeyId, day, region, service, names: names.split(";"), signature, time, signed: Date.parse(iso) }
}

/** Who claims to have signed; undefined without a signature of this form. */
export const claimed = (request: SignedRequest): Signer | undefined => {
  const found = parts(request)
  return found === undefined || Number.isNaN(found.signed) ? undefined : found
}

/** What S3 alone takes in the place of a digest. */
const unsigned = "UNSIGNED-PAYLOAD"

/** Whether the body is the one whose digest stands in the request, if one does. */
export const hasItsBody = (request: SignedRequest): boolean => {
  const payload = request.headers["x-amz-content-sha256"]
  if (payload === unsigned) return parts(request)?.service === "s3"
  return payload === undefined || payload === sha256(request.body)
}

/** AWS takes no header of its own that was not signed: anybody on the way could have added it. */
const signsItsOwn = ({ headers }: SignedRequest, names: ReadonlyArray<string>): boolean =>
  Object.keys(headers).every((name) => !name.startsWith("x-amz-") || names.includes(name))

/** Whether the request was signed with this secret, exactly as it arrived. */
export const isSignedBy = (request: SignedRequest, secret: string): boolean => {
  const found = parts(request)
  if (found === undefined || !found.time.startsWith(found.day) || !found.names.includes("host")) return false
  if (!signsItsOwn(request, found.names)) return false
  const payload = String(request.headers["x-amz-content-sha256"] ?? sha256(request.body))
  const [path = "/", query = ""] = request.url.split("?")
  const canonical = [
    request.method,
    path,
    query
      .split("&")
      .filter((pair) => pair !== "")
      .map((pair) => (pair.includes("=") ? pair : `${pair}=`))
      .toSorted()
      .join("&"),
    ...found.names.map(
      (name) =>
        `${name}:${String(request.headers[name] ?? "")
          .trim()
          .replaceAll(/ +/gu, " ")}`
    ),
    "",
    found.names.join(";"),
    payload
  ].join("\n")
  const scope = `${found.day}/${found.region}/${found.service}/aws4_request`
  const text = ["AWS4-HMAC-SHA256", found.time, scope, sha256(canonical)].join("\n")
  const key = [found.region, found.service, "aws4_request"].reduce(hmac, hmac(`AWS4${secret}`, found.day))
  return timingSafeEqual(Buffer.from(found.signature, "hex"), hmac(key, text))
}
