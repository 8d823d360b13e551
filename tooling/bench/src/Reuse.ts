/** What it takes to find the one session that answers a request among a hundred thousand. */
import * as Authenticate from "@bailiwick/broker/Authenticate"
import * as Issue from "@bailiwick/broker/Issue"
import * as Base64Url from "@bailiwick/core/Base64Url"
import type { CredentialSession } from "@bailiwick/core/CredentialSession"
import { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import { CredentialSessionStore } from "@bailiwick/core/ports/CredentialSessionStore"
import { StoreTransaction } from "@bailiwick/core/ports/StoreTransaction"
import { Sha256 } from "@bailiwick/core/Sha256"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import { createHash } from "node:crypto"
import * as Measure from "./Measure.ts"
import * as Table from "./Table.ts"
import * as World from "./World.ts"

const sessions = 100_000
const rounds = 500

const hash = (name: string) => Uint8Array.from(createHash("sha256").update(name).digest())

const reuse = (index: number) => Sha256.make(Base64Url.encode(hash(`reuse ${index}`)))

const another = (session: CredentialSession, index: number): CredentialSession => ({
  ...session,
  id: CredentialSessionId.make(
    Buffer.from(hash(`id ${index}`))
      .toString("hex")
      .replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/u, "$1-$2-7$3-8$4-$5")
  ),
  reuse: reuse(index)
})

export const measure = World.within(
  Effect.gen(function* () {
    const store = yield* CredentialSessionStore
    const caller = yield* Authenticate.authenticate(yield* World.redeemed)
    const { session } = yield* Issue.issue({ caller, request: { target: World.dev, tags: {}, narrow: false } })
    yield* (yield* StoreTransaction).run(
      Effect.forEach(Array.from({ length: sessions }), (_, index) => store.save(another(session, index)), {
        discard: true
      })
    )

    const now = yield* UnixTime.now
    const found = yield* Measure.operations(
      {
        there: (round) => store.findReusable(reuse(Math.abs(round * 197)), now, 0),
        nowhere: (round) => store.findReusable(reuse(-1 - Math.abs(round)), now, 0)
      },
      rounds
    )
    const rows: ReadonlyArray<Table.Row> = [
      { what: "reuse look-up in 100,000 sessions: found", figure: Table.us(found.there), mark: "1000 µs" },
      { what: "  none", figure: Table.us(found.nowhere), mark: "1000 µs" }
    ]
    return rows
  })
)
