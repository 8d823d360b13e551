import { CredentialSessionStore } from "@bailiwick/core/ports/CredentialSessionStore"
import { RedemptionLedger } from "@bailiwick/core/ports/RedemptionLedger"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { TestClock } from "effect/testing"
import * as Authenticate from "../src/Authenticate.ts"
import * as Issue from "../src/Issue.ts"
import * as Login from "../src/Login.ts"
import * as Redeem from "../src/Redeem.ts"
import * as Revoke from "../src/Revoke.ts"
import * as Sweep from "../src/Sweep.ts"
import { type Fault, TestStore } from "./support/TestStore.ts"
import * as World from "./support/World.ts"

/** Breaks `act` at each of its calls to a port or the cloud in turn, and each time looks at what was left. */
const atEveryStep = Effect.fnUntraced(function* <P, A, E, R, E2, R2, E3, R3>(
  how: Fault["how"],
  prepare: Effect.Effect<P, E2, R2>,
  act: (prepared: P) => Effect.Effect<A, E, R>,
  check: (prepared: P, exit: Exit.Exit<A, E>, calls: ReadonlyArray<string>) => Effect.Effect<void, E3, R3>
) {
  let broken = true
  for (let at = 0; broken; at++) {
    broken = yield* World.within(
      Effect.gen(function* () {
        const store = yield* TestStore
        const prepared = yield* prepare
        const before = store.calls.length
        store.fault = { at: before + at, how }
        const exit = yield* Effect.exit(act(prepared))
        const calls = store.calls.slice(before)
        store.fault = undefined
        yield* check(prepared, exit, calls)
        return calls.length > at
      })
    )
    assert.isBelow(at, 200)
  }
})

const lines = Effect.map(TestStore, (store) => store.lines)

describe.each(["die", "fail"] as const)("when the store can %s at any step", (how) => {
  it.effect("no credential leaves without a durable intent and result, and what is left can be ended", () =>
    atEveryStep(
      how,
      World.agentSession(),
      ({ caller }) => Issue.issue({ caller, request: World.request() }),
      ({ caller }, exit, calls) =>
        Effect.gen(function* () {
          const cloud = yield* World.TheCloud
          const written = yield* lines
          const intents = written.filter(({ type }) => type === "issue.intended")
          assert.isAtMost(cloud.issued, intents.length)
          if (calls.includes("cloud.issue")) assert.strictEqual(intents.length, 1)
          const [session] = yield* (yield* CredentialSessionStore).list({})
          if (Exit.isSuccess(exit)) {
            assert.strictEqual(session?.issue_count, 1)
            assert.strictEqual(written.at(-1)?.type, "credentials.issued")
          } else {
            assert.notInclude(
              written.map(({ type }) => type),
              "credentials.issued"
            )
            assert.strictEqual(session?.issue_count ?? 0, 0)
          }
          // Whatever the log names is there to be ended, and a sweep ends what nobody came back for.
          assert.deepStrictEqual(
            intents.map(({ subject }) => subject),
            session === undefined ? [] : [session.id]
          )
          yield* TestClock.adjust("301 seconds")
          yield* Sweep.run()
          const left = yield* (yield* CredentialSessionStore).list({ status: "active" })
          assert.strictEqual(left.length, Exit.isSuccess(exit) ? 1 : 0)
          const fresh = yield* Issue.issue({ caller, request: World.request() })
          assert.strictEqual(fresh.session.status, "active")
        })
    )
  )

  it.effect("a redeem happens whole or not at all, and repeating it gives the one answer", () =>
    atEveryStep(
      how,
      Effect.flatMap(World.root(), (token) =>
        Effect.all({ mine: World.hop(token, "mine"), theirs: World.hop(token, "theirs") })
      ),
      ({ mine }) => Redeem.redeem({ chain: mine }),
      ({ mine, theirs }, exit) =>
        Effect.gen(function* () {
          const redemption = yield* (yield* RedemptionLedger).find(World.jti("root"))
          const told = (yield* lines).filter(({ type }) => type === "token.redeemed")
          assert.strictEqual(Option.isSome(redemption), told.length === 1)
          if (Exit.isSuccess(exit)) assert.strictEqual(told.length, 1)
          const again = yield* Redeem.redeem({ chain: mine })
          assert.strictEqual(again.repeated, told.length === 1)
          yield* World.refused(Redeem.redeem({ chain: theirs }), "already-redeemed")
          yield* Authenticate.authenticate({ session: again.session, seed: World.seed("mine") })
        })
    )
  )

  it.effect("a revoke that was durable holds, and one that was not can be repeated", () =>
    atEveryStep(
      how,
      Effect.gen(function* () {
        const { caller, proof } = yield* World.agentSession()
        yield* Issue.issue({ caller, request: World.request() })
        const person = yield* World.login()
        return { proof, subject: { kind: "session", session: proof.session } as const, caller: person.caller }
      }),
      ({ caller, subject }) => Revoke.revoke({ caller, subject }),
      ({ caller, proof, subject }, exit) =>
        Effect.gen(function* () {
          const told = (yield* lines).some(({ type }) => type === "revoked")
          if (Exit.isSuccess(exit)) assert.isTrue(told)
          const active = yield* (yield* CredentialSessionStore).list({ status: "active" })
          assert.strictEqual(active.length, told ? 0 : 1)
          assert.strictEqual(Exit.isFailure(yield* Effect.exit(Authenticate.authenticate(proof))), told)
          yield* Revoke.revoke({ caller, subject })
          yield* World.refused(Authenticate.authenticate(proof), "session-unusable")
        })
    )
  )

  it.effect("a person's session and its terminal grant open together or not at all", () =>
    atEveryStep(
      how,
      World.sessionToken({ grant: World.scopes("read") }),
      (token) => Login.open(token),
      (token, exit) =>
        Effect.gen(function* () {
          const told = new Set((yield* lines).map(({ type }) => type))
          assert.strictEqual(told.has("session.opened"), told.has("token.redeemed"))
          const opened = yield* Login.open(token)
          assert.strictEqual(opened.repeated, Exit.isSuccess(exit))
        })
    )
  )

  it.effect("a record counts with its line or not at all", () =>
    atEveryStep(
      how,
      World.agentSession(),
      () => World.delegateTo(World.claude, { salt: "rotated" }),
      ({ proof }) =>
        Effect.gen(function* () {
          const told = (yield* lines).filter(({ type }) => type === "record.accepted").length
          const works = Exit.isSuccess(yield* Effect.exit(Authenticate.authenticate(proof)))
          assert.strictEqual(works, told === 8)
        })
    )
  )
})
