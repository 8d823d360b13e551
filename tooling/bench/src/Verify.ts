/**
 * What it takes to verify a chain with the keys imported already: of tokens that nobody has seen before, so that every
 * signature is computed, and once more of one whose signatures are remembered.
 */
import { Redemption } from "@bailiwick/core/ports/RedemptionLedger"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Chain from "@bailiwick/tokens/Chain"
import { Ed25519 } from "@bailiwick/tokens/Ed25519"
import * as RequestSignature from "@bailiwick/tokens/RequestSignature"
import * as StorageIdOf from "@bailiwick/tokens/StorageIdOf"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as BareHandler from "./BareHandler.ts"
import * as Measure from "./Measure.ts"
import * as Table from "./Table.ts"
import * as World from "./World.ts"

const rounds = 200
/** As many as it takes until what runs in a server for hours has been compiled. */
const warmUp = 600

const authority = "broker.example.com"

export const measure = World.within(
  Effect.gen(function* () {
    const { agent, hop, project, root, session, sessionKey, view } = yield* World.found
    const now = yield* UnixTime.now
    const id = StorageIdOf.of({ project, member: agent, key: sessionKey })

    /** Everything but the verification itself. */
    const verifying = (chain: Chain.Chain) =>
      Effect.map(Chain.read(chain), ([first, second]) => {
        const redemption = Option.map(Option.fromUndefinedOr(second), ({ hash: hop }) =>
          Redemption.make({ jti: first.token.jti, hop, session: id, time: now, place: 1000 })
        )
        return Chain.verify({
          chain,
          registry: view.registry,
          now,
          aud: view.audience,
          redemptions: () => redemption,
          revocations: view.revocations
        })
      })

    const request = {
      method: "POST",
      authority,
      path: "/v1/credentials",
      query: "?",
      fields: [["content-type", "application/json"]],
      body: new TextEncoder().encode(JSON.stringify({ target: World.dev, policy: World.policy, ttl: 900 }))
    } as const
    const signed = Effect.gen(function* () {
      const nonce = yield* RequestSignature.newNonce
      const fields = yield* RequestSignature.sign({ request, session: { id, seed: session }, created: now, nonce })
      return { ...request, fields: [...request.fields, ...fields] }
    })
    const verifyingRequest = Effect.map(signed, (received) =>
      RequestSignature.verify({ request: received, key: sessionKey, authority, now })
    )

    // Signed beforehand, one for each round: what was verified once is remembered.
    const fresh = <A, E, R>(prepare: Effect.Effect<A, E, R>) =>
      Effect.map(Effect.replicateEffect(prepare, rounds + warmUp), (all) => (round: number) => {
        const one = all[round + warmUp]
        return one ?? Effect.die(new Error("no round"))
      })
    const roots = yield* fresh(Effect.flatMap(root, verifying))
    const chains = yield* fresh(Effect.flatMap(Effect.flatMap(root, hop), verifying))
    const others = yield* fresh(Effect.flatMap(Effect.flatMap(root, hop), verifying))
    const requests = yield* fresh(verifyingRequest)
    const portable = yield* fresh(Effect.flatMap(Effect.flatMap(root, hop), verifying))
    const seen = yield* verifying(yield* hop(yield* root))

    const { check } = yield* BareHandler.make
    const native = yield* Measure.operations(
      {
        check: () => Effect.sync(check),
        root: roots,
        session: chains,
        request: (round) => Effect.andThen(others(round), requests(round)),
        seen: () => seen
      },
      rounds,
      warmUp
    )
    const noble = yield* Measure.operations({ session: portable }, rounds / 2).pipe(Effect.provide(Ed25519.layerNoble))

    const toCheck = (time: number) => Table.ratio(time / native.check, "bare check")
    const rows: ReadonlyArray<Table.Row> = [
      { what: "bare check of one signature", figure: Table.us(native.check) },
      { what: "verify a root token", figure: Table.us(native.root), mark: "250 µs", ratio: toCheck(native.root) },
      {
        what: "verify root + session",
        figure: Table.us(native.session),
        mark: "350 µs",
        ratio: toCheck(native.session)
      },
      {
        what: "verify root + session + request",
        figure: Table.us(native.request),
        mark: "500 µs",
        ratio: toCheck(native.request)
      },
      {
        what: "  root + session, signatures remembered",
        figure: Table.us(native.seen),
        ratio: toCheck(native.seen)
      },
      {
        what: "  root + session, portable Ed25519",
        figure: Table.us(noble.session),
        ratio: Table.ratio(noble.session / native.session, "native")
      }
    ]
    return rows
  })
)
