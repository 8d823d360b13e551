/**
 * Under which name a session appears in the account: what CloudTrail shows of who acted for whom.
 *
 * All of it is made by the broker. A caller's own tags stay in the record: an account decides by tags, so a caller must
 * not choose any.
 */
import type { CredentialRequest } from "@bailiwick/core/CredentialRequest"
import * as MemberId from "@bailiwick/core/MemberId"
import type { AwsTarget } from "./AwsTarget.ts"

export interface SessionIdentity {
  readonly name: string
  readonly tags: ReadonlyArray<{ readonly Key: string; readonly Value: string }>
  /** Follows the session into every further role. */
  readonly sourceIdentity?: string
}

/** Room for a label beside `bw-`, a dash and a UUID within the 64 characters of a session name. */
const labelLength = 24

const label = ({ agent, human }: CredentialRequest): string =>
  (agent === undefined ? human.slice(0, human.indexOf("@")) : MemberId.agentParts(agent).name)
    .replaceAll(/[^\w+=,.@-]/gu, "-")
    .slice(0, labelLength)

/** The end of every session name: by it a session is denied. */
export const ending = (session: CredentialRequest["session"]): string => `-${session}`

/** The keys of the tags under which a session appears, which no session may set or remove. */
export const tagKeys = ["bailiwick-agent", "bailiwick-human", "bailiwick-project", "bailiwick-session"] as const

export const of = (request: CredentialRequest, { attribution }: AwsTarget): SessionIdentity => {
  const { agent, human, project, session } = request
  const name = `bw-${label(request)}${ending(session)}`
  if (attribution === "name") return { name, tags: [] }
  const tags: ReadonlyArray<readonly [key: (typeof tagKeys)[number], value: string]> = [
    ["bailiwick-project", project],
    ["bailiwick-human", human],
    ["bailiwick-session", session],
    ...(agent === undefined ? [] : [["bailiwick-agent", agent] as const])
  ]
  return {
    name,
    tags: tags.map(([Key, Value]) => ({ Key, Value })),
    // A longer address would have to be cut, and two people could become one; the tag holds it whole.
    ...(/^[\w+=,.@-]{2,64}$/u.test(human) ? { sourceIdentity: human } : {})
  }
}
