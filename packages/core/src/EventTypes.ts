/**
 * What the log tells of: the types of event that this program writes (formats §6).
 *
 * The format allows more, so a reader takes every well-formed type; a producer takes its own from here.
 */
import * as Schema from "effect/Schema"

export const EventTypes = Schema.Literals([
  // The project and its records
  /** The store was founded. Subject: the project. */
  "project.created",
  /** A signed record is in force from here on. Subject: the hash of its signing input. */
  "record.accepted",

  // Auth sessions
  /** A human signed in. Subject: the session's storage id. */
  "session.opened",
  /** A human's session was refused. Subject: its storage id. */
  "login.refused",
  /** A session was ended by its own holder. Subject: its storage id. */
  "session.closed",
  /** A token was redeemed for a session. Subject: the token's `jti`. */
  "token.redeemed",
  /** A redeem was refused. Subject: the token's `jti` as claimed. */
  "redeem.refused",

  // Credentials; subject: the credential session's id
  /** The decision was no: nothing was asked of any cloud. Subject: the target. */
  "issue.refused",
  /** Written ahead: the cloud is about to be asked. */
  "issue.intended",
  /** The cloud did not issue. */
  "issue.failed",
  /** Credentials were issued. */
  "credentials.issued",
  /** A session that stood already got new credentials. */
  "credentials.renewed",
  /** Nobody came back with the cloud's answer, and a sweep ended what was only intended. */
  "credentials.failed",
  /** Authority ended while the cloud was asked: what it gave never left. */
  "credentials.withheld",
  /** The run that they were for is over. */
  "credentials.completed",
  /** Their time is over. */
  "credentials.expired",
  /** What the cloud said to being told that they are over. */
  "credentials.ended",

  // Ending authority
  /** A human, agent, delegation, token, session or principal was revoked. Subject: which. */
  "revoked",
  /** What the cloud said to ending everything of a principal. Subject: the principal. */
  "principal.ended",

  // What other systems left behind; subject: its name there
  "import.session",
  "import.member",
  "import.delegation",
  "import.event",

  // The store itself
  /** A key of the store gave way to another. Subject: the new `kid`. */
  "keys.rotated",
  /** The clock stood too far behind what the store had seen. */
  "clock.refused",
  /** The clock's mark was lowered by hand. Subject: the new authority key. */
  "clock.reset",
  /** The store was put back from a copy. Subject: the new authority key. */
  "store.restored",
  /** What can no longer matter was forgotten. */
  "sweep.pruned"
])
export type EventType = typeof EventTypes.Type
