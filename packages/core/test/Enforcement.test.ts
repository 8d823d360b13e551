import * as Enforcement from "@bailiwick/core/Enforcement"
import { assert, describe, it } from "@effect/vitest"

const entry = (held: Enforcement.Holder): Enforcement.Entry => ({ held, note: "note" })
const report = (changes: Partial<Enforcement.Report>): Enforcement.Report => ({
  actions: entry("token"),
  resources: entry("token"),
  expiry: entry("token"),
  network: entry("not-asked"),
  revocation: { how: "dies at expiry", worst: 60 },
  isolation: "same-user",
  ...changes
})

describe("Enforcement", () => {
  it("names what nobody holds, and only that", () => {
    assert.deepStrictEqual(Enforcement.unheld(report({})), [])
    assert.deepStrictEqual(Enforcement.unheld(report({ resources: entry("none"), network: entry("none") })), [
      "resources",
      "network"
    ])
  })

  it("accepts exactly the dimensions that were signed for", () => {
    const open = report({ resources: entry("none"), network: entry("none") })
    assert.deepStrictEqual(Enforcement.unaccepted(open, ["resources"]), ["network"])
    assert.deepStrictEqual(Enforcement.unaccepted(open, ["resources", "network", "actions"]), [])
    assert.deepStrictEqual(Enforcement.unaccepted(report({}), []), [])
  })
})
