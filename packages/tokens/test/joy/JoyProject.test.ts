import * as JoyProject from "@bailiwick/tokens/joy/JoyProject"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { refusalOf } from "./Fixture.ts"

const text = `name: My Project
acronym: MYP
language: en
members:
  ai:claude@joy:
    capabilities:
      test: {}
  you@example.com:
    capabilities: all
    verify_key: aa
    kdf_nonce: bb
    seed_wrap_passphrase: cc
    seed_wrap_recovery: dd
    ai_delegations:
      ai:claude@joy:
        delegation_verifier: ee
        delegation_salt: ff
        created: 2026-11-22T06:24:23.871460308Z
created: 2026-11-22T06:24:20.081285670Z
`

describe("JoyProject", () => {
  it("derives the id from the acronym, else from the name in small letters with hyphens", () => {
    assert.strictEqual(JoyProject.idOf({ name: "My Project", acronym: "MYP" }), "MYP")
    assert.strictEqual(JoyProject.idOf({ name: "My Überall  Project" }), "my-überall--project")
    assert.strictEqual(JoyProject.idOf({ name: "Tab\tStays", acronym: null }), "tab\tstays")
    assert.strictEqual(JoyProject.idOf({ name: "My Project", acronym: "" }), "")
  })

  it("reads members, keys, wraps and delegations", () => {
    const { id, members } = Result.getOrThrow(JoyProject.decode(text))
    assert.strictEqual(id, "MYP")
    assert.deepStrictEqual(members.get("you@example.com"), {
      verify_key: "aa",
      kdf_nonce: "bb",
      passphraseWrap: "cc",
      recoveryWrap: "dd",
      delegations: new Map([["ai:claude@joy", { verifier: "ee", salt: "ff" }]])
    })
    assert.deepStrictEqual(members.get("ai:claude@joy"), { delegations: new Map() })
    assert.strictEqual(Result.getOrThrow(JoyProject.decode(text.replace(/acronym.*\n/u, ""))).id, "my-project")
  })

  it("reads the names that fields had before Joy 0.12", () => {
    const old = text
      .replace("verify_key", "public_key")
      .replace("kdf_nonce", "salt")
      .replace("delegation_verifier", "delegation_key")
      .replace(/.*delegation_salt.*\n/u, "")
    const member = Result.getOrThrow(JoyProject.decode(old)).members.get("you@example.com")
    assert.strictEqual(member?.verify_key, "aa")
    assert.strictEqual(member?.kdf_nonce, "bb")
    assert.deepStrictEqual(member?.delegations, new Map([["ai:claude@joy", { verifier: "ee" }]]))
  })

  it("reads the members' own files of Joy 0.23 and later", () => {
    const project = "name: P\nmembers:\n- m-1\n- m-2\n"
    const files = [
      "type: ai\nidentity:\n  claude:\n    verify_key: aa\n",
      "type: person\nidentity:\n  you@example.com:\n    verify_key: bb\n    seed_wrap: cc\nai_delegations:\n  claude:\n    delegation_verifier: dd\n",
      "type: person\nidentity:\n  new@example.com: {}\n"
    ]
    const { id, members } = Result.getOrThrow(JoyProject.decode(project, files))
    assert.strictEqual(id, "p")
    assert.deepStrictEqual([...members.keys()], ["claude", "you@example.com", "new@example.com"])
    assert.deepStrictEqual(members.get("you@example.com"), {
      verify_key: "bb",
      passphraseWrap: "cc",
      delegations: new Map([["claude", { verifier: "dd" }]])
    })
  })

  it("refuses what is no project, repeats a key, holds anchors or is too large", () => {
    for (const broken of ["", "acronym: X", "name: [", `${text}name: Twice\n`, "name: 1", "name: &a x\nacronym: *a"]) {
      assert.strictEqual(refusalOf(JoyProject.decode(broken)), "Malformed", broken)
    }
    assert.strictEqual(refusalOf(JoyProject.decode(`name: ${"x".repeat(JoyProject.maxLength)}`)), "Malformed")
    assert.strictEqual(refusalOf(JoyProject.decode(text, ["identity: 1"])), "Malformed")
  })
})
