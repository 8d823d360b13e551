/** The table of what the two seeds declare. Whether its tests ran is asked by the task that runs them all. */
import * as SeedRows from "@bailiwick/testkit/SeedRows"
import { assert, describe, it } from "vitest"
import * as Fs from "node:fs"

const root = new URL("../../../", import.meta.url)
const markdown = Fs.readFileSync(new URL("docs/seeds.md", root), "utf8")
const rows = SeedRows.parse(markdown)

const row = (file: string, title: string) =>
  SeedRows.parse(`| a | b | c | d |\n|---|---|---|---|\n| x | y | \`${file}\`: ${title} | z |`)
const report = (status: string, title = "holds") => [
  { name: "/somewhere/packages/a/test/A.test.ts", assertionResults: [{ title, status }] }
]

describe("docs/seeds.md", () => {
  it("has no empty cell, and names in each row a test in a file that is there", () => {
    assert.isAbove(rows.length, 150)
    for (const { cells, line, test } of rows) {
      assert.lengthOf(cells, 4, `line ${line}`)
      for (const cell of cells) assert.isNotEmpty(cell, `line ${line}`)
      assert.isDefined(test, `line ${line}`)
      assert.isTrue(Fs.existsSync(new URL(test.file, root)), `line ${line}: ${test.file}`)
    }
  })

  it("names every declaration of the two seeds", () => {
    // By hand from the two files: types, fields, functions, constants, variables and tests.
    const declared =
      "CloudProvider Session SessionStatus SessionStore id created_at expires_at ttl_seconds budget policy status role_arn role_principal command access_key_id provider agent_id principal_id tags dir SESSION_MAX new new_gcp new_azure short_id is_expired remaining_seconds complete expire revoke fail write_file save load list update find_reusable find_reusable_for_provider XDG_DATA_HOME HOME AUDEX_AGENT_ID AZURE_CLIENT_ID AZURE_TENANT_ID SessionClaims SessionToken member project_id created expires token_key session_public_key tty claims signature members_zone_key DEFAULT_TTL_HOURS SESSION_ENV_PREFIX SESSION_ID_LEN SESSION_PRIVATE_LEN DELEGATION_PRIVATE_LEN current_tty create_session create_session_for_ai create_session_with_token_key validate_session session_dir session_filename session_id encode_session_env encode_session_env_full parse_session_env parse_session_env_full save_session load_session load_session_by_id remove_session project_id_of dirs_state_dir WT_SESSION JOY_SESSION XDG_STATE_HOME LOCALAPPDATA USERPROFILE create_and_validate_session expired_session_rejected wrong_project_rejected tampered_session_rejected session_env_roundtrip parse_session_env_rejects_bad_inputs ai_session_carries_ephemeral_public_key ai_session_clamped_to_token_expiry ai_session_uses_session_ttl_when_token_lives_longer session_env_full_roundtrip_with_delegation session_env_legacy_auth_only_still_parses save_load_roundtrip"
    const named = new Set(rows.flatMap(({ cells: [there = ""] }) => there.match(/\w+/gu) ?? []))
    assert.deepStrictEqual(
      declared.split(" ").filter((name) => !named.has(name)),
      []
    )
  })

  it("names no place of a machine", () => {
    assert.notMatch(markdown, /(?:^|[\s`(])\/(?:work|home|tmp|root|Users)\//u)
  })
})

describe("a row", () => {
  it("holds if its test ran and passed", () => {
    assert.deepStrictEqual(SeedRows.unproven(row("packages/a/test/A.test.ts", "holds"), report("passed"), true), [])
  })

  it("fails the run if its test failed, was skipped, is not there or did not run", () => {
    for (const [file, title, status] of [
      ["packages/a/test/A.test.ts", "holds", "failed"],
      ["packages/a/test/A.test.ts", "holds", "skipped"],
      ["packages/a/test/A.test.ts", "hold", "passed"],
      ["packages/a/test/B.test.ts", "holds", "passed"]
    ] as const) {
      assert.lengthOf(SeedRows.unproven(row(file, title), report(status), true), 1, `${file} ${title} ${status}`)
    }
    assert.lengthOf(SeedRows.unproven(SeedRows.parse("| a | b | no test | d |"), [], true), 1)
  })

  it("is not asked about where its file was not to run, or has no vectors on this machine", () => {
    assert.deepStrictEqual(SeedRows.unproven(row("packages/a/test/B.test.ts", "holds"), report("passed"), false), [])
    const without = report("skipped", "finds the joy vectors")
    assert.deepStrictEqual(SeedRows.unproven(row("packages/a/test/A.test.ts", "holds"), without, true), [])
  })
})
