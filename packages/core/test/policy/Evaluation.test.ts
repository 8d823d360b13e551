import * as Evaluation from "@bailiwick/core/policy/Evaluation"
import { assert, describe, it } from "@effect/vitest"
import { policy, statement } from "./support.ts"

const wide = policy([{ actions: ["s3:*"] }])
const narrow = policy([{ actions: ["s3:Get*"] }])
const request = { provider: "aws", action: "s3:GetObject", resource: "arn:aws:s3:::b/x" }

const refused = (line: unknown) => {
  const answer = Evaluation.evaluate(line)
  assert.isTrue("refused" in answer, JSON.stringify(answer))
  return "refused" in answer ? answer.refused : ""
}

describe("Evaluation", () => {
  it("answers whether a child is a subset", () => {
    assert.deepStrictEqual(Evaluation.evaluate({ parent: wide, child: narrow }), { subset: true, excess: [] })
    assert.deepStrictEqual(Evaluation.evaluate({ child: wide, parent: narrow }), {
      subset: false,
      excess: [
        {
          at: "statements[0]",
          provider: "aws",
          action: "s3:*",
          resource: "arn:aws:s3:::b/*",
          reason: "the action is not allowed"
        }
      ]
    })
  })

  it("answers whether a request is covered", () => {
    assert.deepStrictEqual(Evaluation.evaluate({ policy: narrow, ...request }), { allowed: true, by: "statements[0]" })
    assert.deepStrictEqual(Evaluation.evaluate({ policy: narrow, ...request, context: { time: 1 } }), {
      allowed: true,
      by: "statements[0]"
    })
    assert.deepStrictEqual(Evaluation.evaluate({ policy: narrow, ...request, action: "s3:Put" }), {
      allowed: false,
      by: null
    })
  })

  it("refuses what breaks a rule, with a reason in one line", () => {
    const lines: ReadonlyArray<unknown> = [
      null,
      [],
      "text",
      {},
      { parent: wide },
      { child: wide },
      { parent: wide, child: narrow, policy: wide },
      { parent: wide, child: narrow, extra: 1 },
      { policy: wide },
      { policy: wide, ...request, extra: 1 },
      { policy: wide, ...request, provider: "oracle" },
      { policy: wide, ...request, action: "" },
      { policy: wide, ...request, resource: "a\nb" },
      { policy: wide, ...request, resource: "x".repeat(2049) },
      { policy: wide, ...request, context: { ip: "10.0.0.1" } },
      { policy: wide, ...request, context: { source_ip: "10.0.0.0/8" } },
      { policy: { statements: [], deny: [] }, ...request },
      { parent: wide, child: { statements: [statement({ actions: ["storage:read"] })], deny: [] } },
      { parent: wide, child: { statements: [{ ...statement(), conditions: {} }], deny: [] } }
    ]
    for (const line of lines) {
      const reason = refused(line)
      assert.isAbove(reason.length, 0)
      assert.notInclude(reason, "\n")
    }
  })

  it("reads a line strictly", () => {
    const line = JSON.stringify({ parent: wide, child: narrow })
    assert.deepStrictEqual(Evaluation.evaluateText(line), { subset: true, excess: [] })
    for (const [text, words] of [
      [line.replace("{", '{"parent":{},'), "twice"],
      [`${line} x`, "follows"],
      ["", "not JSON"],
      [line + " ".repeat(Evaluation.maximumLineBytes), "larger"]
    ] as const) {
      const answer = Evaluation.evaluateText(text)
      assert.include("refused" in answer ? answer.refused : "", words)
    }
  })
})
