/**
 * The store in memory with a log that rolls back with it, and a place to break: at the call number `at` (0 is the first)
 * the process dies or the store fails.
 */
import type { LogLine } from "@bailiwick/core/AuditEvent"
import * as Base64Url from "@bailiwick/core/Base64Url"
import * as LogHead from "@bailiwick/core/LogHead"
import { AuditLog } from "@bailiwick/core/ports/AuditLog"
import { StoreTransaction } from "@bailiwick/core/ports/StoreTransaction"
import { ProjectId } from "@bailiwick/core/ProjectId"
import { Sha256 } from "@bailiwick/core/Sha256"
import { StoreError } from "@bailiwick/core/StoreError"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Memory from "@bailiwick/storage/Memory"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"

export interface Fault {
  readonly at: number
  readonly how: "die" | "fail"
}

export const crash = "the process was killed"

/** What tests look at and set. */
export class TestStore extends Context.Service<
  TestStore,
  { lines: ReadonlyArray<LogLine>; calls: Array<string>; fault: Fault | undefined }
>()("test/TestStore") {
  static readonly layer = Layer.sync(TestStore, () => ({ lines: [], calls: [], fault: undefined }))
}

/** Counts a call and breaks there if it is its turn: before the call, hence after the one before it. */
export const step = (store: TestStore["Service"], name: string): Effect.Effect<void, StoreError> =>
  Effect.suspend(() => {
    const call = store.calls.push(name) - 1
    if (store.fault?.at !== call) return Effect.void
    return store.fault.how === "die"
      ? Effect.die(crash)
      : Effect.fail(new StoreError({ reason: "Full", detail: `no space left at ${name}` }))
  })

const breakable = (store: TestStore["Service"], port: string, service: object): object =>
  Object.fromEntries(
    Object.entries(service).map(([method, member]) => {
      const before = step(store, `${port}.${method}`)
      if (Effect.isEffect(member)) return [method, Effect.andThen(before, member)]
      return [method, (...args: ReadonlyArray<unknown>) => Effect.andThen(before, member(...args))]
    })
  )

const log = (store: TestStore["Service"]): AuditLog["Service"] => ({
  append: (event) =>
    Effect.gen(function* () {
      yield* step(store, "AuditLog.append")
      const time = yield* UnixTime.now
      const seq = store.lines.length
      const place = { v: 1, seq, prev: "0".repeat(64), time, project: ProjectId.make("acme") } as const
      store.lines = [...store.lines, { ...place, ...event, isolation: "same-user" }]
      return { seq, time }
    }),
  head: Effect.sync(() => {
    const size = store.lines.length
    return size === 0 ? LogHead.empty : { size, root: Sha256.make(Base64Url.encode(new Uint8Array(32).fill(size))) }
  }),
  lines: (from = 0) =>
    Stream.suspend(() =>
      Stream.fromIterable(store.lines.slice(from)).pipe(
        Stream.map((line) => ({ seq: line.seq, text: JSON.stringify(line) }))
      )
    ),
  checkpoint: Effect.succeed("")
})

export const layer = Layer.effectContext(
  Effect.gen(function* () {
    const store = yield* TestStore
    const memory = yield* Layer.build(Memory.layer)
    const ports = new Map(
      [...memory.mapUnsafe].map(([key, service]) => [
        key,
        breakable(store, key.slice(key.lastIndexOf("/") + 1), service)
      ])
    )
    const transaction = Context.get(memory, StoreTransaction)
    return Context.makeUnsafe<Memory.Ports>(ports).pipe(
      Context.add(AuditLog, log(store)),
      Context.add(StoreTransaction, {
        run: (effect) =>
          transaction.run(
            Effect.suspend(() => {
              const before = store.lines
              return Effect.onError(effect, () => Effect.sync(() => (store.lines = before)))
            })
          )
      })
    )
  })
).pipe(Layer.provideMerge(TestStore.layer))
