/** The scenarios as tests of one peer. */
import { assert, beforeAll, describe, it } from "vitest"
import * as Broken from "./Broken.ts"
import * as Peer from "./Peer.ts"
import * as Scenarios from "./Scenarios.ts"

/** `isGateway`: what is said of the gateway's own ways is expected instead of what AWS does. */
export const describePeer = (name: string, isGateway: boolean, start: () => Promise<Peer.Peer>): void => {
  describe(name, () => {
    let peer: Peer.Peer

    beforeAll(async () => {
      peer = await start()
    })

    describe("holds a session to its policy:", () => {
      it.each(Scenarios.scenarios)("$name", async ({ gateway, outcomes, policy }) => {
        const key = await Peer.session(peer, policy)
        const expected = { ...outcomes, ...(isGateway ? gateway?.outcomes : {}) }
        const seen: Record<string, string> = {}
        for (const line of Object.keys(expected)) seen[line] = await Peer.outcome(peer, key, line)
        assert.deepStrictEqual(seen, expected)
      })
    })

    const keys = {
      broker: () => peer.broker,
      stranger: () => peer.stranger,
      "wrong secret": () => ({ ...peer.broker, secretAccessKey: "wrong" }),
      "unknown key": () => ({ ...peer.broker, accessKeyId: "AKIAUNKNOWN" })
    }
    const assumptions = Scenarios.assumptions.filter(
      ({ gateway }) => !isGateway || gateway === undefined || gateway.status !== undefined
    )

    it.each(assumptions)("answers $status when a role is assumed with $name", async (each) => {
      const { asked, by = "broker", gateway, policy, skew = 0, status } = each
      const given = { ...asked, ...(policy === undefined ? {} : { Policy: Peer.document(peer, policy) }) }
      const answer = await Peer.assume(peer, given, keys[by](), skew * 1000)
      assert.strictEqual(answer.status, isGateway ? (gateway?.status ?? status) : status, answer.body)
    })

    it.each(Broken.broken)("answers $status when what is wrong is $name", async (each) => {
      const { change, gateway, key = (own) => own, line = "get team/a.txt", sent, skew = 0, status } = each
      const policy = [{ Action: "s3:*", Resource: ["BUCKET", "BUCKET/*"] }]
      const used = key(await Peer.session(peer, policy), await Peer.session(peer, policy))
      const changes = {
        skew: skew * 1000,
        ...(change === undefined ? {} : { change }),
        ...(sent === undefined ? {} : { sent })
      }
      const expected = isGateway ? (gateway?.status ?? status) : status
      assert.strictEqual(await Peer.outcome(peer, used, line, changes), expected)
    })
  })
}
