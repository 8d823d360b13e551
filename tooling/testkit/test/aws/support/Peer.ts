/** A server that speaks STS and S3, and what is asked of it in a line: the same of a fake one and of a real one. */
import * as SignedCall from "./SignedCall.ts"

export interface Peer {
  readonly url: string
  readonly role: string
  readonly broker: SignedCall.Key
  readonly stranger: SignedCall.Key
  readonly bucket: string
}

/** What the bucket holds before anything is asked. */
export const objects = ["team/a.txt", "team/b.txt", "teams/a.txt", "other/a.txt", "x"]

export type Statement = Readonly<Record<string, unknown>>

/** Compact, for servers that take no white space; `BUCKET` is the ARN of the peer's bucket. */
export const document = ({ bucket }: Peer, statements: ReadonlyArray<Statement>): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: statements.map((each) => ({ Effect: "Allow", ...each }))
  }).replaceAll("BUCKET", `arn:aws:s3:::${bucket}`)

export type Assuming = Readonly<Record<string, string | undefined>>

export const assume = (peer: Peer, asked: Assuming, key = peer.broker, skew = 0): Promise<SignedCall.Answer> => {
  const parameters = {
    Action: "AssumeRole",
    Version: "2011-06-15",
    RoleArn: peer.role,
    RoleSessionName: "one",
    ...asked
  }
  const given = Object.entries(parameters).filter((each): each is [string, string] => each[1] !== undefined)
  const body = new URLSearchParams(given).toString()
  return SignedCall.send(peer.url, key, { service: "sts", method: "POST", path: "/", body, skew })
}

const element = (body: string, name: string): string => new RegExp(`<${name}>([^<]*)<`, "u").exec(body)?.[1] ?? ""

/** A session under these statements. */
export const session = async (peer: Peer, statements: ReadonlyArray<Statement>): Promise<SignedCall.Key> => {
  const { body, status } = await assume(peer, { Policy: document(peer, statements) })
  if (status !== 200) throw new Error(`AssumeRole: ${status} ${body}`)
  return {
    accessKeyId: element(body, "AccessKeyId"),
    secretAccessKey: element(body, "SecretAccessKey"),
    sessionToken: element(body, "SessionToken")
  }
}

const xml = '<?xml version="1.0" encoding="UTF-8"?>'
const namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

/** The request that a line means: `get KEY`, `list PREFIX DELIMITER`, `remove KEY KEY`… */
const callOf = ({ bucket }: Peer, line: string): Omit<SignedCall.Call, "service"> => {
  const [verb = "", ...words] = line.split(" ")
  const path = `/${bucket}/${words[0] ?? ""}`
  switch (verb) {
    case "put":
      return { method: "PUT", path, body: "new" }
    case "list": {
      const [prefix, delimiter] = words
      const query = {
        ...(prefix === undefined ? {} : { prefix }),
        ...(delimiter === undefined ? {} : { delimiter })
      }
      return { method: "GET", path: `/${bucket}/`, query }
    }
    case "remove": {
      const named = words.map((key) => `<Object><Key>${key}</Key></Object>`).join("")
      return {
        method: "POST",
        path: `/${bucket}/`,
        query: { delete: "" },
        body: `${xml}<Delete xmlns="${namespace}">${named}</Delete>`
      }
    }
    default:
      return { method: { get: "GET", head: "HEAD", delete: "DELETE" }[verb] ?? verb, path }
  }
}

/** The status, and of several objects in one request which ones went. */
export const outcome = async (
  peer: Peer,
  key: SignedCall.Key,
  line: string,
  changes: Pick<SignedCall.Call, "change" | "sent" | "skew"> = {}
): Promise<string> => {
  const { body, status } = await SignedCall.send(peer.url, key, { service: "s3", ...callOf(peer, line), ...changes })
  const gone = [...body.matchAll(/<Deleted>\s*<Key>([^<]*)</gu)].map(([, name]) => name ?? "")
  return [String(status), ...gone.toSorted()].join(" ")
}
