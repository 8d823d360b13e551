import * as JoyMember from "@bailiwick/tokens/joy/JoyMember"
import { assert, describe, it } from "@effect/vitest"

describe("JoyMember", () => {
  it("knows an AI member's name in both forms, and leaves a person's id as it is", () => {
    for (const member of ["ai:claude@joy", "ai:claude", "claude"]) {
      assert.strictEqual(JoyMember.agentName(member), "claude")
    }
    assert.strictEqual(JoyMember.agentName("you@joy"), "you@joy")
    assert.strictEqual(JoyMember.agentName(JoyMember.agentId("claude")), "claude")
  })

  it("takes a plain name for an AI in later versions only", () => {
    const members = { "ai:claude@joy": [true, true], claude: [false, true], "you@example.com": [false, false] }
    const others = { "m-72asyextvn": [false, false], "": [false, false] }
    for (const [member, expected] of Object.entries({ ...members, ...others })) {
      assert.deepStrictEqual([JoyMember.isAgent(member), JoyMember.isLaterAgent(member)], expected, member)
    }
  })
})
