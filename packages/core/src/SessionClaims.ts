/** The claims of a human's session, in the order in which they are signed (formats §4). */
import * as Schema from "effect/Schema"
import * as MemberId from "./MemberId.ts"
import * as ProjectId from "./ProjectId.ts"
import * as Sha256 from "./Sha256.ts"
import * as Text from "./Text.ts"
import * as UnixTime from "./UnixTime.ts"

/** A human's session of this project; its key is the session key that signs requests and derives cache keys. */
export const SessionClaims = Schema.Struct({
  member: MemberId.HumanId,
  project_id: ProjectId.ProjectId,
  created: UnixTime.UnixTime,
  expires: UnixTime.UnixTime,
  session_public_key: Schema.String.pipe(Schema.check(Schema.isPattern(/^[0-9a-f]{64}$/u))),
  tty: Text.Text,
  binding: Sha256.Sha256
})
export type SessionClaims = typeof SessionClaims.Type
