import * as Policy from "@bailiwick/core/Policy"
import { assert, describe, it } from "@effect/vitest"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { built } from "../support/Choices.ts"
import * as Generated from "./generated.ts"
import { decode } from "./support.ts"

/** A parent, a child that is often narrower, and requests made from the child's patterns. */
const pair = built((choices) => {
  const parent = Generated.policy(choices)
  const child = choices.percent(50) ? Generated.narrowed(choices, parent) : Generated.changed(choices, parent)
  const requests = choices.list(12, 12, () => Generated.request(choices, choices.percent(80) ? child : parent))
  return { parent, child, requests }
})

const rate = (part: number, whole: number) => `${part} of ${whole} (${((part / whole) * 100).toFixed(0)} %)`

describe("narrowing", () => {
  it.prop(
    "takes every policy as a subset of itself",
    [built(Generated.policy)],
    ([policy]) => {
      assert.deepStrictEqual(Policy.isSubset(policy, policy), { subset: true, excess: [] })
    },
    { arbitrary: { runs: 300 } }
  )

  it.prop(
    "takes what was narrowed by construction as a subset",
    [
      built((choices) => {
        const parent = Generated.policy(choices)
        return { parent, child: Generated.narrowed(choices, parent) }
      })
    ],
    ([{ child, parent }]) => {
      assert.deepStrictEqual(Policy.isSubset(child, parent), { subset: true, excess: [] })
    },
    { arbitrary: { runs: 500 } }
  )

  describe("of one policy by another", () => {
    const seen = { pairs: 0, subsets: 0, covered: 0, requests: 0, outside: 0 }

    it.prop(
      "never widens: what a subset covers, its parent covers",
      [pair],
      ([{ child, parent, requests }]) => {
        const { excess, subset } = Policy.isSubset(child, parent)
        assert.strictEqual(subset, excess.length === 0)
        seen.pairs++
        if (subset) seen.subsets++
        for (const request of requests) {
          const allowed = Policy.covers(child, request).allowed
          const wider = allowed && !Policy.covers(parent, request).allowed
          assert.isFalse(subset && wider, JSON.stringify(request))
          seen.requests++
          if (subset && allowed) seen.covered++
          if (wider) seen.outside++
        }
      },
      { arbitrary: { runs: 1500 } }
    )

    it.live("was tried on at least 30 % true subsets, on requests that they cover and on pairs that do widen", () =>
      Effect.gen(function* () {
        yield* Console.log(
          [
            `narrowing: true subsets ${rate(seen.subsets, seen.pairs)}`,
            `requests that a subset covers ${rate(seen.covered, seen.requests)}`,
            `requests outside the parent ${rate(seen.outside, seen.requests)}`
          ].join(", ")
        )
        assert.isAtLeast(seen.subsets / seen.pairs, 0.3)
        assert.isAtLeast(seen.covered / seen.requests, 0.1)
        assert.isAbove(seen.outside, 0)
      })
    )
  })

  describe("in a row", () => {
    const seen = { rows: 0, chained: 0 }

    it.prop(
      "is transitive",
      [
        built((choices) => {
          const parent = Generated.policy(choices)
          const change = choices.percent(80) ? Generated.narrowed : Generated.changed
          const child = change(choices, parent)
          return { parent, child, grandchild: change(choices, child) }
        })
      ],
      ([{ child, grandchild, parent }]) => {
        seen.rows++
        if (!Policy.isSubset(child, parent).subset || !Policy.isSubset(grandchild, child).subset) return
        seen.chained++
        assert.isTrue(Policy.isSubset(grandchild, parent).subset)
      },
      { arbitrary: { runs: 800 } }
    )

    it.live("was tried on at least 30 % rows of true subsets", () =>
      Effect.gen(function* () {
        yield* Console.log(`transitivity: rows of true subsets ${rate(seen.chained, seen.rows)}`)
        assert.isAtLeast(seen.chained / seen.rows, 0.3)
      })
    )
  })
})

describe("Policy.intersect", () => {
  const seen = { pairs: 0, some: 0, covered: 0 }

  it.prop(
    "lies inside both, keeps every denial and drops only what it reports",
    [pair],
    ([{ child: left, parent: right, requests }]) => {
      const { dropped, policy } = Policy.intersect(left, right)
      seen.pairs++
      for (const request of requests) {
        const both = Policy.covers(left, request).allowed && Policy.covers(right, request).allowed
        const met = Option.exists(policy, (one) => Policy.covers(one, request).allowed)
        assert.isFalse(met && !both, JSON.stringify(request))
        if (both && !met) assert.isAbove(dropped.length, 0, JSON.stringify(request))
        if (met) seen.covered++
      }
      if (Option.isNone(policy)) return
      seen.some++
      assert.isTrue(Result.isSuccess(decode(policy.value)))
      for (const side of [left, right]) {
        assert.deepStrictEqual(Policy.isSubset(policy.value, side), { subset: true, excess: [] })
      }
    },
    { arbitrary: { runs: 800 } }
  )

  it.live("was tried on pairs with something in common", () =>
    Effect.gen(function* () {
      yield* Console.log(`intersection: not empty ${rate(seen.some, seen.pairs)}, requests covered ${seen.covered}`)
      assert.isAtLeast(seen.some / seen.pairs, 0.3)
      assert.isAbove(seen.covered, seen.pairs)
    })
  )
})

describe("Policy.normalise", () => {
  it.prop(
    "covers the same requests, lies inside and around, and is settled after one step",
    [pair],
    ([{ child, requests }]) => {
      const normal = Policy.normalise(child)
      assert.isTrue(Result.isSuccess(decode(normal)))
      assert.deepStrictEqual(Policy.normalise(normal), normal)
      assert.isTrue(Policy.isSubset(normal, child).subset)
      assert.isTrue(Policy.isSubset(child, normal).subset)
      for (const request of requests) {
        assert.strictEqual(Policy.covers(normal, request).allowed, Policy.covers(child, request).allowed)
      }
    },
    { arbitrary: { runs: 500 } }
  )
})
