/** The lock of tags on a real server: it is read there, and takes nothing else away. */
import * as SharedGateway from "@bailiwick/testkit/aws/SharedGateway"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { compile, parsed } from "../support/Policies.ts"
import * as World from "../support/World.ts"
import * as Gateway from "./support/Gateway.ts"

describe("the lock of tags on a real gateway", () => {
  const gateway = SharedGateway.get()

  beforeAll(() => Gateway.bucket(gateway, "wild"))

  it.live("leaves what was asked for as it is, and what was not refused", () =>
    Effect.gen(function* () {
      const asked = "s3:CreateBucket,s3:GetObject,s3:PutObject,s3:DeleteObject,s3:ListBucket"
      const policy = parsed(asked, "s3://wild/team/*")
      assert.include((yield* compile(policy)).text, '"aws:TagKeys"')
      const credentials = yield* Gateway.issue(gateway, { policy })
      const s3 = World.uses(gateway, credentials, "wild")
      for (const done of [s3.get("team/a.txt"), s3.put("team/new"), s3.list("team/"), s3.delete("team/new")]) {
        assert.strictEqual(yield* done, "done")
      }
      for (const refused of [s3.get("other/a.txt"), s3.put("x"), s3.list("other/")]) {
        assert.isTrue(Gateway.isRefused(yield* refused))
      }
    })
  )
})
