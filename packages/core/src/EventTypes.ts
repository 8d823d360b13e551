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
  /** A delegation key gave way to another, and everything beneath it ended. Subject: human LF agent. */
  "delegation.rotated",

  // Auth sessions
  /** A human signed in. Subject: the session's storage id. */
  "session.opened",
  /** A session went on being used past its idle time by proof anew. Subject: its storage id. */
  "session.renewed",
  /** A session was ended by its own holder. Subject: its storage id. */
  "session.closed",
  /** A token was redeemed for a session. Subject: the token's `jti`. */
  "token.redeemed",
  /** A redeem was refused. Subject: the token's `jti` as claimed. */
  "redeem.refused",

  // Credentials; subject: the credential session's id
  /** Written ahead: the cloud is about to be asked. */
  "issue.intended",
  /** The decision was no: nothing was asked of any cloud. */
  "issue.refused",
  /** The cloud did not issue, or its answer was lost. */
  "issue.failed",
  /** Credentials were issued. */
  "credentials.issued",
  /** Credentials issued before were handed out again. */
  "credentials.reused",
  /** A credential session ended, and how far the cloud ended it. */
  "credentials.ended",

  // Ending authority
  /** A human, agent, delegation, token or session was revoked. Subject: which. */
  "revoked",

  // The store itself
  /** A key of the store gave way to another. Subject: the new `kid`. */
  "keys.rotated",
  /** The clock stood too far behind what the store had seen. */
  "clock.refused",
  /** The clock's mark was lowered by hand. */
  "clock.reset",
  /** What had run out was put in order. */
  "sweep.done",
  /** The log was exported. Subject: the format. */
  "log.exported"
])
export type EventType = typeof EventTypes.Type
