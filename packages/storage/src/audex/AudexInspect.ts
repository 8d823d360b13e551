/**
 * Says what stands in a session file, without touching any state.
 *
 * Nothing in such a file is signed, so nothing in it can be verified: an acceptable one is `unverified`.
 */
import type * as CompactJson from "@bailiwick/core/CompactJson"
import * as Result from "effect/Result"
import * as AudexCodec from "./AudexCodec.ts"
import * as AudexJson from "./AudexJson.ts"
import type { AudexSession } from "./AudexSession.ts"
import * as BailiwickMembers from "./BailiwickMembers.ts"

export interface Request {
  /** The text of the file, or its bytes. */
  readonly text: string | Uint8Array
  /** The file's name, where it is known: the id inside should be it. */
  readonly name?: string
}

export interface Inspection {
  readonly kind: "credential-session"
  readonly profile: "audex"
  readonly verdict: "unverified" | "refused"
  readonly reason: string
  /** The members as the original would write them, then those that it does not know; null where it cannot be read. */
  readonly value: CompactJson.Value
}

export const inspect = ({ name, text }: Request): Inspection =>
  Result.match(
    Result.flatMap(typeof text === "string" ? Result.succeed(text) : AudexCodec.text(text), AudexCodec.decode),
    {
      onFailure: (error) => answer("refused", error.message, null),
      onSuccess: (session) =>
        answer(
          "unverified",
          ["nothing in a session of Audex is signed", ...remarks(session, name)].join("; "),
          AudexJson.toJson(AudexCodec.toJson(session))
        )
    }
  )

const answer = (verdict: Inspection["verdict"], reason: string, value: CompactJson.Value): Inspection => ({
  kind: "credential-session",
  profile: "audex",
  verdict,
  reason,
  value
})

const remarks = (session: AudexSession, name: string | undefined): ReadonlyArray<string> => [
  ...(name === undefined || name === `${session.id}.json`
    ? []
    : ["the id inside is another than the name of the file"]),
  ...(Result.isFailure(BailiwickMembers.policy(session)) ? ["its bailiwick_policy cannot be read"] : [])
]
