/** What becomes of a request that is wrong, or that somebody on the way has changed: for a fake server and a real one. */
import { createHash } from "node:crypto"
import type * as SignedCall from "./SignedCall.ts"

export interface Broken {
  readonly name: string
  readonly key?: (of: SignedCall.Key, another: SignedCall.Key) => SignedCall.Key
  readonly line?: string
  readonly sent?: string
  readonly change?: SignedCall.Call["change"]
  /** Seconds by which the client's clock is wrong. */
  readonly skew?: number
  readonly status: string
  readonly gateway?: { readonly because: string; readonly status: string }
}

const changed = ({ sessionToken = "" }: SignedCall.Key): string => `${sessionToken.slice(0, -8)}`

const header =
  (name: string, change: (value: string) => string): SignedCall.Call["change"] =>
  (signed) => ({ ...signed, headers: { ...signed.headers, [name]: change(signed.headers[name] ?? "") } })

const without =
  (name: string): SignedCall.Call["change"] =>
  (signed) => ({
    ...signed,
    headers: Object.fromEntries(Object.entries(signed.headers).filter(([key]) => key !== name))
  })

const inScope = (from: RegExp, to: string) => header("authorization", (value) => value.replace(from, to))

/** What becomes of a request under a session that may make it, when something about it is wrong. */
export const broken: ReadonlyArray<Broken> = [
  { name: "nothing", status: "200" },
  { name: "the secret", key: (key) => ({ ...key, secretAccessKey: "wrong" }), status: "403" },
  { name: "the key", key: (key) => ({ ...key, accessKeyId: "ASIAUNKNOWN" }), status: "403" },
  { name: "a token cut short", key: (key) => ({ ...key, sessionToken: changed(key) }), status: "403" },
  {
    name: "the token of another session",
    key: (key, { sessionToken = "" }) => ({ ...key, sessionToken }),
    status: "403"
  },
  {
    name: "no token",
    key: ({ accessKeyId, secretAccessKey }) => ({ accessKeyId, secretAccessKey }),
    status: "403"
  },
  { name: "a clock an hour late", skew: -3600, status: "403" },
  { name: "a clock an hour early", skew: 3600, status: "403" },
  { name: "a clock five minutes late", skew: -300, status: "200" },
  { name: "a body as it was signed", line: "put team/new", status: "200" },
  { name: "another body than was signed", line: "put team/new", sent: "old", status: "400" },
  {
    name: "another body than was signed, with its own digest",
    line: "put team/new",
    sent: "old",
    change: header("x-amz-content-sha256", () => createHash("sha256").update("old").digest("hex")),
    status: "403"
  },
  {
    name: "a digest that says that the body was not signed",
    line: "put team/new",
    sent: "old",
    change: header("x-amz-content-sha256", () => "UNSIGNED-PAYLOAD"),
    status: "403"
  },
  {
    name: "another object than was signed",
    change: (signed) => ({ ...signed, path: `${signed.path}2` }),
    status: "403"
  },
  { name: "another method than was signed", change: (signed) => ({ ...signed, method: "DELETE" }), status: "403" },
  {
    name: "another listing than was signed",
    line: "list team/",
    change: (signed) => ({ ...signed, query: { ...signed.query, prefix: "other/" } }),
    status: "403"
  },
  {
    name: "a parameter that was not signed",
    line: "list team/",
    change: (signed) => ({ ...signed, query: { ...signed.query, "max-keys": "1" } }),
    status: "403"
  },
  {
    name: "another second than was signed",
    change: header("x-amz-date", (value) => `${value.slice(0, 13)}${value.endsWith("00Z") ? "01" : "00"}Z`),
    status: "403"
  },
  { name: "a scope of another day", change: inScope(/\/\d{8}\//u, "/20200101/"), status: "403" },
  { name: "a scope of another region", change: inScope(/us-east-1/u, "eu-west-1"), status: "403" },
  { name: "fewer headers than were signed", change: inScope(/;x-amz-security-token/u, ""), status: "403" },
  { name: "a signed header that is gone", change: without("x-amz-security-token"), status: "403" },
  { name: "another signature", change: inScope(/[0-9a-f]{8}$/u, "00000000"), status: "403" },
  { name: "no signature", change: without("authorization"), status: "403" }
]
