import * as AuditLogConformance from "@bailiwick/testkit/conformance/AuditLogConformance"
import * as TestLog from "./support/TestLog.ts"

AuditLogConformance.transactionalSuite({
  name: "SqlAuditLog",
  ...TestLog.owner,
  layer: TestLog.sql(":memory:")
})
