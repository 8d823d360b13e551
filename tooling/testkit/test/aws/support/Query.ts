/** Calls of STS and IAM that are signed by hand: what no SDK knows yet, and what is said to another host. */
import { Sha256 } from "@aws-crypto/sha256-js"
import type * as FakeAws from "@bailiwick/testkit/aws/FakeAws"
import { SignatureV4 } from "@smithy/signature-v4"
import * as Effect from "effect/Effect"
import { request } from "node:http"

export interface Answer {
  readonly status: number
  readonly date: string
  readonly body: string
  /** Of a refusal. */
  readonly code: string
  readonly message: string
  /** The text of the first element of this name. */
  readonly text: (name: string) => string
}

const contentType = "application/x-www-form-urlencoded; charset=utf-8"

interface Options {
  readonly service?: "sts" | "iam"
  readonly host?: string
}

export const call = (
  aws: FakeAws.FakeAws,
  key: FakeAws.Key,
  parameters: Readonly<Record<string, string>>,
  { service = "sts", host = new URL(aws.url).host }: Options = {}
): Effect.Effect<Answer> =>
  Effect.promise(async () => {
    const body = new URLSearchParams(parameters).toString()
    const signer = new SignatureV4({ service, region: "us-east-1", credentials: key, sha256: Sha256 })
    const { headers } = await signer.sign(
      {
        method: "POST",
        protocol: "http:",
        hostname: host,
        path: "/",
        query: {},
        headers: { host, "content-type": contentType },
        body
      },
      // The time of this AWS, whatever the machine's.
      { signingDate: new Date(aws.world.now()) }
    )
    return new Promise((resolve, reject) => {
      const sent = request(aws.url, { method: "POST", headers }, (response) => {
        let read = ""
        response.setEncoding("utf8").on("data", (part: string) => {
          read += part
        })
        response.on("end", () => {
          const text = (name: string) =>
            (new RegExp(`<${name}>([^<]*)</${name}>`, "u").exec(read)?.[1] ?? "").replaceAll("&quot;", '"')
          const { statusCode: status = 0, headers: answered } = response
          const date = answered.date ?? ""
          resolve({ status, date, body: read, code: text("Code"), message: text("Message"), text })
        })
      })
      sent.on("error", reject).end(body)
    })
  })

/** The key of credentials in an answer. */
export const keyIn = ({ text }: Answer): FakeAws.Key => ({
  accessKeyId: text("AccessKeyId"),
  secretAccessKey: text("SecretAccessKey"),
  sessionToken: text("SessionToken")
})
