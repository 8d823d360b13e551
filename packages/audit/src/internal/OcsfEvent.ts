/**
 * A line of the log as an event of the Open Cybersecurity Schema Framework 1.9 (https://schema.ocsf.io), for a SIEM.
 *
 * A view with loss: what has no place in OCSF stands in `unmapped`, and `attestation_list` (profile `record_integrity`)
 * carries the hash of the line itself and of the one before it, so that the line can be found and checked in the log. The
 * fingerprint is that of the line, not of this view.
 */
import type * as AuditEvent from "@bailiwick/core/AuditEvent"
import type { EventType } from "@bailiwick/core/EventTypes"
import * as CompactJson from "@bailiwick/core/CompactJson"
import * as LogLine from "../LogLine.ts"
import * as Checkpoint from "../Checkpoint.ts"

const version = "1.9.0"
const category = { category_uid: 3, category_name: "Identity & Access Management" }

/** What was opened or ended: class Authentication. */
const authentication = { class_uid: 3002, class_name: "Authentication" }
/** What was made, used, changed or ended: class Entity Management, of an entity of that type. */
const entity = (type: string) => ({ class_uid: 3004, class_name: "Entity Management", type })

interface Kind {
  readonly class_uid: number
  readonly class_name: string
  readonly type?: string
  readonly activity_id: number
  readonly activity_name: string
}

const logon = { ...authentication, activity_id: 1, activity_name: "Logon" }
const logoff = { ...authentication, activity_id: 2, activity_name: "Logoff" }
const create = (type: string): Kind => ({ ...entity(type), activity_id: 1, activity_name: "Create" })
const update = (type: string): Kind => ({ ...entity(type), activity_id: 3, activity_name: "Update" })
const remove = (type: string): Kind => ({ ...entity(type), activity_id: 4, activity_name: "Delete" })

// A record of the types, so that a new one cannot be forgotten here.
const kinds: Readonly<Record<EventType, Kind>> = {
  "project.created": create("project"),
  "record.accepted": update("record"),
  "session.opened": logon,
  "login.refused": logon,
  "session.closed": logoff,
  "token.redeemed": logon,
  "redeem.refused": logon,
  "issue.refused": create("credential session"),
  "issue.intended": create("credential session"),
  "issue.failed": create("credential session"),
  "credentials.issued": create("credential session"),
  "credentials.renewed": update("credential session"),
  "credentials.failed": remove("credential session"),
  "credentials.withheld": remove("credential session"),
  "credentials.completed": remove("credential session"),
  "credentials.expired": remove("credential session"),
  "credentials.ended": remove("credential session"),
  revoked: remove("authority"),
  "principal.ended": remove("principal"),
  "import.session": create("imported session"),
  "import.member": create("imported member"),
  "import.delegation": create("imported delegation"),
  "import.event": create("imported event"),
  "keys.rotated": update("key"),
  "clock.refused": update("clock"),
  "clock.reset": update("clock"),
  "store.restored": update("store"),
  "sweep.pruned": update("store")
}

const isKnown = (type: string): type is EventType => Object.hasOwn(kinds, type)

/** A type of another program of this format. */
const other: Kind = { ...entity("other"), activity_id: 99, activity_name: "Other" }

const statuses = {
  ok: { status_id: 1, status: "Success" },
  refused: { status_id: 2, status: "Failure" },
  failed: { status_id: 2, status: "Failure" }
} as const

/** The event as compact JSON; `text` is the line that `line` was read from. */
export const fromLine = (line: AuditEvent.LogLine, text: string): string => {
  const { type: entityType, ...classified } = isKnown(line.type) ? kinds[line.type] : other
  const user = userOf(line)
  const session = line.actor.session === undefined ? undefined : { uid: line.actor.session }
  return CompactJson.encode({
    ...category,
    ...classified,
    type_uid: classified.class_uid * 100 + classified.activity_id,
    type_name: `${classified.class_name}: ${classified.activity_name}`,
    time: line.time * 1000,
    ...(line.outcome === "ok" ? { severity_id: 1, severity: "Informational" } : { severity_id: 2, severity: "Low" }),
    ...statuses[line.outcome],
    status_code: line.outcome,
    metadata: {
      version,
      profiles: ["record_integrity"],
      product: { name: "bailiwick", vendor_name: "bailiwick" },
      event_code: line.type,
      log_name: Checkpoint.origin(line.project),
      sequence: line.seq,
      uid: `${line.project}:${line.seq}`
    },
    actor: { app_name: "bailiwick", user, session },
    ...(entityType === undefined
      ? { user, session, service: { name: "bailiwick" } }
      : { entity: { type: entityType, uid: line.subject === "" ? line.project : line.subject } }),
    attestation_list: [
      {
        uid: `${line.project}:${line.seq}`,
        chain_uid: Checkpoint.origin(line.project),
        fingerprint: fingerprint(LogLine.hash(new TextEncoder().encode(text))),
        ...(line.seq === 0 ? {} : { prev_event: { fingerprint: fingerprint(line.prev) } })
      }
    ],
    unmapped: {
      subject: line.subject,
      outcome: line.outcome,
      actor: { ...line.actor },
      detail: line.detail,
      isolation: line.isolation
    }
  })
}

/** Who acted: the agent where there is one, with the human in whose name; an unknown one where the log names none. */
const userOf = ({ actor: { human, agent } }: AuditEvent.LogLine) => {
  if (agent !== undefined) return { uid: agent, name: agent, type_id: 99, type: "Agent", domain: human }
  if (human !== undefined) return { uid: human, name: human, email_addr: human, type_id: 1, type: "User" }
  return { name: "unknown", type_id: 0, type: "Unknown" }
}

const fingerprint = (value: string) => ({ algorithm_id: 3, algorithm: "SHA-256", encoding_id: 1, value })
