import * as Memory from "@bailiwick/storage/Memory"
import * as StoreConformance from "@bailiwick/testkit/conformance/StoreConformance"
import * as Layer from "effect/Layer"
import * as TemporaryStore from "./TemporaryStore.ts"

StoreConformance.suite("the store in memory", Layer.provide(Memory.layer, TemporaryStore.machine))
