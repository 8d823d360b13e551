/** All suites of the ports of one store, except the audit log's. */
import type * as AuthSessionStore from "@bailiwick/core/ports/AuthSessionStore"
import type * as ClockMark from "@bailiwick/core/ports/ClockMark"
import type * as CredentialSessionStore from "@bailiwick/core/ports/CredentialSessionStore"
import type * as Generation from "@bailiwick/core/ports/Generation"
import type * as ImportedHistory from "@bailiwick/core/ports/ImportedHistory"
import type * as KeyRing from "@bailiwick/core/ports/KeyRing"
import type * as NonceLedger from "@bailiwick/core/ports/NonceLedger"
import type * as RecordRegistry from "@bailiwick/core/ports/RecordRegistry"
import type * as RedemptionLedger from "@bailiwick/core/ports/RedemptionLedger"
import type * as RevocationList from "@bailiwick/core/ports/RevocationList"
import type * as StoreTransaction from "@bailiwick/core/ports/StoreTransaction"
import type * as Layer from "effect/Layer"
import * as AuthSessionStoreConformance from "./AuthSessionStoreConformance.ts"
import * as ClockMarkConformance from "./ClockMarkConformance.ts"
import * as CredentialSessionStoreConformance from "./CredentialSessionStoreConformance.ts"
import * as GenerationConformance from "./GenerationConformance.ts"
import * as ImportedHistoryConformance from "./ImportedHistoryConformance.ts"
import * as KeyRingConformance from "./KeyRingConformance.ts"
import * as NonceLedgerConformance from "./NonceLedgerConformance.ts"
import * as RecordRegistryConformance from "./RecordRegistryConformance.ts"
import * as RedemptionLedgerConformance from "./RedemptionLedgerConformance.ts"
import * as RevocationListConformance from "./RevocationListConformance.ts"
import * as StoreTransactionConformance from "./StoreTransactionConformance.ts"

export type Ports =
  | StoreTransaction.StoreTransaction
  | RecordRegistry.RecordRegistry
  | RedemptionLedger.RedemptionLedger
  | NonceLedger.NonceLedger
  | RevocationList.RevocationList
  | Generation.Generation
  | ClockMark.ClockMark
  | KeyRing.KeyRing
  | AuthSessionStore.AuthSessionStore
  | CredentialSessionStore.CredentialSessionStore
  | ImportedHistory.ImportedHistory

/** `layer`: an empty store, a new one each time it is built. */
export const suite = (name: string, layer: Layer.Layer<Ports, unknown>): void => {
  StoreTransactionConformance.suite(name, layer)
  RecordRegistryConformance.suite(name, layer)
  RedemptionLedgerConformance.suite(name, layer)
  NonceLedgerConformance.suite(name, layer)
  RevocationListConformance.suite(name, layer)
  GenerationConformance.suite(name, layer)
  ClockMarkConformance.suite(name, layer)
  KeyRingConformance.suite(name, layer)
  AuthSessionStoreConformance.suite(name, layer)
  CredentialSessionStoreConformance.suite(name, layer)
  ImportedHistoryConformance.suite(name, layer)
}
