import * as AuditLogConformance from "@bailiwick/testkit/conformance/AuditLogConformance"
import * as Layer from "effect/Layer"
import { MemoryAuditLog } from "../src/index.ts"
import * as TestKeyRing from "./support/TestKeyRing.ts"
import * as TestLog from "./support/TestLog.ts"

AuditLogConformance.suite({
  name: "MemoryAuditLog",
  ...TestLog.owner,
  layer: MemoryAuditLog.layer(TestLog.owner).pipe(Layer.provide(TestKeyRing.layer), Layer.provide(TestLog.crypto))
})
