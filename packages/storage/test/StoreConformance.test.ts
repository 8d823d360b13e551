import * as StoreConformance from "@bailiwick/testkit/conformance/StoreConformance"
import * as TemporaryStore from "./TemporaryStore.ts"

StoreConformance.suite("the SQLite store", TemporaryStore.layer)
