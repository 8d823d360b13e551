import * as MemberId from "@bailiwick/core/MemberId"
import * as ProjectId from "@bailiwick/core/ProjectId"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"

const isHuman = Schema.is(MemberId.HumanId)
const isAgent = Schema.is(MemberId.AgentId)

describe("MemberId", () => {
  it("takes lower-case ASCII e-mail addresses as humans", () => {
    for (const id of ["you@example.com", "a.b_c+d-e@x", "1@2.3", `${"a".repeat(126)}@x`]) assert.isTrue(isHuman(id), id)
  })

  it("refuses what a shell, a CSV cell, a glob or a session name would read as syntax", () => {
    const refused = [
      "",
      "You@example.com",
      "you@Example.com",
      "you",
      "@example.com",
      "you@",
      "you@example.com.",
      "you@-example.com",
      "you@example-.com",
      ".you@example.com",
      "you.@example.com",
      "y..ou@example.com",
      "=cmd@example.com",
      "you*@example.com",
      "you'@example.com",
      "you@exa mple.com",
      "you@example.com\n",
      "yöu@example.com",
      "../you@example.com",
      `you@${"a".repeat(64)}.com`,
      `${"a".repeat(127)}@x`
    ]
    for (const id of refused) assert.isFalse(isHuman(id), JSON.stringify(id))
  })

  it("takes agents and sub-agents of a project", () => {
    for (const id of ["ai:claude@acme", "ai:claude/tests@acme", "ai:c.d_e-f/0@a-1"]) assert.isTrue(isAgent(id), id)
  })

  it("refuses agents with more than one label, empty parts, other alphabets and foreign projects", () => {
    const refused = [
      "ai:@acme",
      "ai:claude",
      "ai:claude@",
      "ai:claude/@acme",
      "ai:claude/a/b@acme",
      "ai:Claude@acme",
      "ai:claude@Acme",
      "ai:-claude@acme",
      `ai:${"c".repeat(33)}@acme`,
      "ai:../x@acme",
      "ai:claude@acme\n",
      "AI:claude@acme"
    ]
    for (const id of refused) assert.isFalse(isAgent(id), JSON.stringify(id))
  })

  it("lets no text be human and agent at once", () => {
    assert.isFalse(isHuman("ai:claude@acme"))
    assert.isFalse(isAgent("you@example.com"))
  })

  it("finds the enrolled agent behind a label and the project in the name", () => {
    const id = MemberId.AgentId.make("ai:claude/tests@acme")
    assert.deepStrictEqual(MemberId.agentParts(id), { name: "claude", label: "tests", project: "acme" })
    assert.strictEqual(MemberId.enrolled(id), "ai:claude@acme")
    assert.isTrue(MemberId.isOfProject(id, ProjectId.ProjectId.make("acme")))
    assert.isFalse(MemberId.isOfProject(id, ProjectId.ProjectId.make("other")))
  })
})
