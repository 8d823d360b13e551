/** The fake AWS under the scenarios that a real gateway is held to as well. */
import * as FakeAws from "@bailiwick/testkit/aws/FakeAws"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { afterAll } from "vitest"
import * as Peer from "./support/Peer.ts"
import { describePeer } from "./support/PeerSuite.ts"

const scope = Effect.runSync(Scope.make())

afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

describePeer("a fake AWS", false, async () => {
  const aws = await Effect.runPromise(Scope.provide(FakeAws.make, scope))
  const role = aws.role({ name: "agent", maximum: 3600 })
  for (const key of Peer.objects) aws.put("peer", key, `of ${key}`)
  return { url: aws.url, role, broker: aws.broker, stranger: aws.stranger, bucket: "peer" }
})
