import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Authenticate from "../src/Authenticate.ts"
import * as Issue from "../src/Issue.ts"
import * as Revoke from "../src/Revoke.ts"
import * as World from "./support/World.ts"

describe("Issue", () => {
  it.effect("lends an agent what its chain holds, until it is revoked", () =>
    World.within(
      Effect.gen(function* () {
        const { caller, proof } = yield* World.agentSession()
        const issued = yield* Issue.issue({ caller, request: World.request() })
        assert.deepStrictEqual(Redacted.value(issued.credentials.secret), { token: "token 1" })
        assert.strictEqual(issued.session.expires_at, issued.credentials.expires)

        const person = yield* World.login()
        const ended = yield* Revoke.revoke({
          caller: person.caller,
          subject: { kind: "session", session: proof.session }
        })
        assert.strictEqual(ended.credentials.length, 1)
        yield* World.refused(Authenticate.authenticate(proof), "session-unusable")
        yield* World.refused(Issue.issue({ caller, request: World.request() }), "session-unusable")
        console.log((yield* World.logged).join(" "))
      })
    )
  )
})
