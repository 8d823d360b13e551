import * as Fs from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as BrokerError from "@bailiwick/broker/BrokerError"
import { StoreError } from "@bailiwick/core/StoreError"
import * as DeliveryError from "@bailiwick/delivery/DeliveryError"
import * as TokenError from "@bailiwick/tokens/TokenError"
import { ExitCode } from "../src/ui/ExitCode.ts"
import { Failure } from "../src/ui/Failure.ts"
import * as Report from "../src/ui/Report.ts"

const documented = Fs.readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8")

const isDocumented = (code: string): boolean =>
  documented.includes(`\`${code}\``) ||
  Array.from(documented.matchAll(/`([a-z-]+-)\*`/gu)).some(([, prefix = "-"]) => code.startsWith(prefix))

const told = (error: unknown): Failure => {
  const failure = Report.explain(error)
  assert.instanceOf(failure, Failure)
  return failure
}

describe("errors", () => {
  it("every code that this program names itself stands in the manual", () => {
    const root = new URL("../src/", import.meta.url)
    const sources = Fs.readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"))
    const codes = sources.flatMap((name) =>
      Array.from(
        Fs.readFileSync(new URL(name, root), "utf8").matchAll(
          /\b(?:usage|login|store|make\(ExitCode\.\w+,)[\s(]+"([a-z-]+)"/gu
        ),
        ([, code = ""]) => code
      )
    )
    assert.isAbove(codes.length, 40)
    assert.deepStrictEqual(
      codes.filter((code) => !isDocumented(code)),
      []
    )
  })

  it("a reason of the rooms is told with its own sentence and hint, a documented code and its exit code", () => {
    const cases: ReadonlyArray<readonly [error: unknown, code: string, exit: number]> = [
      [
        new StoreError({ reason: "Damaged", detail: "store.db is damaged", hint: "restore a backup" }),
        "store-damaged",
        9
      ],
      [new StoreError({ reason: "Full", detail: "no space", hint: "free some" }), "store-full", 9],
      [new TokenError.TokenError({ reason: new TokenError.NotRedeemed() }), "token-not-redeemed", 3],
      [BrokerError.token(new TokenError.NotRedeemed()), "token-not-redeemed", 3],
      [BrokerError.token(new TokenError.WrongProject()), "wrong-project", 2],
      [BrokerError.token(new TokenError.UnknownBudget()), "budget-unknown", 6],
      [BrokerError.make(new BrokerError.Denied({ excess: [] })), "denied", 4],
      [BrokerError.make(new BrokerError.Unknown({ thing: "session", id: "x", known: [] })), "unknown-session", 2],
      [
        new DeliveryError.DeliveryError({ reason: new DeliveryError.CommandNotFound({ command: "x" }) }),
        "delivery-command-not-found",
        127
      ]
    ]
    for (const [error, code, exit] of cases) {
      const failure = told(error)
      assert.strictEqual(failure.code, code)
      assert.strictEqual(failure.exit, exit, code)
      assert.isTrue(isDocumented(code), code)
      assert.isNotEmpty(failure.message)
      assert.isNotEmpty(failure.hint ?? "", code)
    }
  })

  it("what no room declares is a defect, and none of its text is shown", () => {
    for (const error of [
      new Error("secret bw_s_abcdefghijkl"),
      { _tag: "SqlError", message: "secret" },
      undefined,
      "secret"
    ]) {
      const failure = told(error)
      assert.strictEqual(failure.exit, ExitCode.defect)
      assert.notInclude(Report.render(failure, false), "secret")
    }
  })

  it("invisible characters and tokens in a message never reach the terminal", () => {
    const failure = new Failure({
      code: "x",
      exit: 2,
      message: "a\u001b[31m\u202eb bw_db_c2VjcmV0c2VjcmV0",
      hint: "c\nd"
    })
    assert.strictEqual(Report.render(failure, false), "bailiwick: a\\u{1b}[31m\\u{202e}b bw_db_…\nhint: c\\u{a}d")
    assert.deepStrictEqual(JSON.parse(Report.render(failure, true)), {
      error: { code: "x", message: "a\\u{1b}[31m\\u{202e}b bw_db_…", hint: "c\\u{a}d" }
    })
  })
})
