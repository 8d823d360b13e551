/** The line that tells of a new log key: it stands before the first event that the new key signs. */
import type * as AuditEvent from "@bailiwick/core/AuditEvent"
import type { Signing } from "./LogKeys.ts"

export const events = ({ key, replaced }: Signing): ReadonlyArray<AuditEvent.AuditEvent> =>
  replaced === undefined
    ? []
    : [
        {
          actor: {},
          type: "keys.rotated",
          subject: key.key.kid,
          outcome: "ok",
          detail: { purpose: "log", replaced: replaced.key.kid }
        }
      ]
