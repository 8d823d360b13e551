import { assert, describe, it } from "@effect/vitest"
import * as Alias from "@bailiwick/core/Alias"
import type * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import * as ProjectChange from "../../src/client/ProjectChange.ts"

const dev = Alias.Alias.make("dev")
const limits: ProjectRecord.Limits = {
  name: "acme",
  targets: { [dev]: { provider: "oidc", principal: "urn:acme:api" } },
  profiles: {},
  ceiling: { statements: [{ provider: "oidc", actions: ["a", "b"], resources: ["*"] }], deny: [] },
  deny: [],
  ttl: { token: 3600 },
  require_terminal: false
}

describe("ProjectChange", () => {
  it("sees nothing where only the order of a list differs", () => {
    const [first] = limits.ceiling.statements
    assert.isDefined(first)
    const twice = [first, { ...first, resources: ["x"] }]
    const before = { ...limits, ceiling: { ...limits.ceiling, statements: twice } }
    const after = { ...limits, ceiling: { ...limits.ceiling, statements: twice.toReversed() } }
    assert.deepStrictEqual(ProjectChange.between(before, after), [])
  })

  it("names every place with what it was and what it becomes", () => {
    const after: ProjectRecord.Limits = {
      ...limits,
      targets: { [dev]: { provider: "oidc", principal: "urn:other:api" } },
      ttl: { credentials: 60 },
      require_terminal: true
    }
    assert.deepStrictEqual(ProjectChange.between(limits, after), [
      { at: "require_terminal", from: "false", to: "true" },
      { at: "targets.dev.principal", from: '"urn:acme:api"', to: '"urn:other:api"' },
      { at: "ttl.credentials", to: "60" },
      { at: "ttl.token", from: "3600" }
    ])
  })

  it("shows an empty part that is filled", () => {
    const after = { ...limits, deny: limits.ceiling.statements }
    assert.deepStrictEqual(
      ProjectChange.between(limits, after).map(({ at }) => at),
      ["deny"]
    )
  })
})
