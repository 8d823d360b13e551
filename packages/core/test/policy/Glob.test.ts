import * as Glob from "@bailiwick/core/policy/Glob"
import { assert, describe, it } from "@effect/vitest"
import { built } from "../support/Choices.ts"

const matches = (pattern: string, text: string) => Glob.includes(Glob.compile(pattern), Glob.literal(text))
const includes = (outer: string, inner: string) => Glob.includes(Glob.compile(outer), Glob.compile(inner))

/** All words over an alphabet up to a length. */
const words = (alphabet: string, length: number): ReadonlyArray<string> =>
  length === 0
    ? [""]
    : ["", ...words(alphabet, length - 1).flatMap((word) => Array.from(alphabet, (one) => one + word))]

/** The textbook definition, exponential and plain. */
const reference = (pattern: string, text: string): boolean => {
  if (pattern === "") return text === ""
  if (pattern.startsWith("*"))
    return reference(pattern.slice(1), text) || (text !== "" && reference(pattern, text.slice(1)))
  return (
    text !== "" && (pattern.startsWith("?") || pattern[0] === text[0]) && reference(pattern.slice(1), text.slice(1))
  )
}

type States = ReadonlySet<number>

const closed = (pattern: string, states: Iterable<number>): States => {
  const all = new Set(states)
  for (const state of all) if (pattern[state] === "*") all.add(state + 1)
  return all
}

const step = (pattern: string, states: States, character: string): States =>
  closed(
    pattern,
    Array.from(states).flatMap((state) => {
      if (pattern[state] === "*") return [state]
      return pattern[state] === "?" || pattern[state] === character ? [state + 1] : []
    })
  )

/** Inclusion by walking both automata at once; "#" stands for every character that neither pattern names. */
const automata = (outer: string, inner: string): boolean => {
  const seen = new Set<string>()
  const work: Array<readonly [States, States]> = [[closed(outer, [0]), closed(inner, [0])]]
  for (let pair = work.pop(); pair !== undefined; pair = work.pop()) {
    const [outers, inners] = pair
    const key = `${[...outers].join()}|${[...inners].join()}`
    if (inners.size === 0 || seen.has(key)) continue
    seen.add(key)
    if (inners.has(inner.length) && !outers.has(outer.length)) return false
    for (const character of "ab#") work.push([step(outer, outers, character), step(inner, inners, character)])
  }
  return true
}

describe("Glob", () => {
  it("matches as the definition says, for every short pattern and text", () => {
    const texts = words("ab", 5)
    for (const pattern of words("ab*?", 4)) {
      for (const text of texts)
        assert.strictEqual(matches(pattern, text), reference(pattern, text), `${pattern} ${text}`)
    }
  })

  it("decides inclusion exactly, for every pair of short patterns", () => {
    const patterns = words("ab*?", 4)
    let included = 0
    for (const outer of patterns) {
      for (const inner of patterns) {
        const expected = automata(outer, inner)
        if (expected) included++
        assert.strictEqual(includes(outer, inner), expected, `${inner} in ${outer}`)
      }
    }
    assert.isAbove(included, patterns.length)
  })

  const pair = built((choices) => {
    const inner = choices.text("aab*?*?", 1, 14)
    const outer = Array.from(inner, (one) => choices.of([one, one, one, "?", "*", "", `${one}*`])).join("")
    return { inner, outer }
  })

  it.prop(
    "decides inclusion exactly for longer pairs that are nearly alike",
    [pair],
    ([{ inner, outer }]) => {
      assert.strictEqual(includes(outer, inner), automata(outer, inner), `${inner} in ${outer}`)
    },
    { arbitrary: { runs: 1500 } }
  )

  const long = built((choices) => {
    const part = choices.text("aaab?", 28, 100)
    const found = Array.from(part, (one) => (one === "?" ? choices.of(["a", "b"]) : one))
    if (choices.percent(40)) found[choices.below(found.length)] = "#"
    return { pattern: `*${part}*`, text: choices.text("ab", 0, 40) + found.join("") + choices.text("ab", 0, 40) }
  })
  const seen = { found: 0, missed: 0 }

  it.prop(
    "finds parts longer than a word of bits",
    [long],
    ([{ pattern, text }]) => {
      const expected = reference(pattern, text)
      if (expected) seen.found++
      else seen.missed++
      assert.strictEqual(matches(pattern, text), expected, `${pattern} ${text}`)
      assert.strictEqual(includes(pattern, `*${text}`), automata(pattern, `*${text}`), `*${text} in ${pattern}`)
    },
    { arbitrary: { runs: 200 } }
  )

  it("was tried on long parts that stand in the text and on ones that do not", () => {
    assert.isAbove(Math.min(seen.found, seen.missed), 40)
  })

  it("reads `?` as one code point and `*` as any run", () => {
    assert.isTrue(matches("?", "😀"))
    assert.isFalse(matches("??", "😀"))
    assert.isTrue(matches("a?b", "a😀b"))
    assert.isTrue(matches("a*b", "a/x:y\u2028😀b"))
    assert.isTrue(matches("*", ""))
    assert.isFalse(matches("?", ""))
    assert.isFalse(matches("?", "e\u0301"))
  })

  it("reads `*` and `?` in a text as characters, and nothing as an escape", () => {
    assert.isTrue(matches("a*", "a*"))
    assert.isTrue(matches("?", "*"))
    assert.isFalse(matches("ab", "a*"))
    assert.isFalse(matches("a", "?"))
    assert.isTrue(matches("a\\*", "a\\b"))
    assert.isFalse(matches("a\\*", "a*"))
    assert.isFalse(matches("[ab]", "a"))
    assert.isFalse(matches(".", "a"))
  })

  it("knows that wildcards beside each other say the same in any order", () => {
    assert.isTrue(includes("?*", "*?"))
    assert.isTrue(includes("*?", "?*"))
    assert.isTrue(includes("?*", "*a*"))
    assert.isTrue(includes("**", "*"))
    assert.isFalse(includes("?*", "*"))
  })

  it("answers patterns made to be slow at once", () => {
    const text = "a".repeat(2048)
    assert.isFalse(matches(`${"*a".repeat(1000)}*b`, text))
    assert.isFalse(matches(`*${"a".repeat(1000)}b*`, text))
    assert.isFalse(matches(`*${"a?".repeat(500)}b*`, text))
    assert.isTrue(matches(`${"*a?".repeat(600)}*`, text))
    assert.isTrue(includes("*a".repeat(1000), "a*".repeat(1000) + "a"))
    assert.isFalse(includes("*b".repeat(1000), "a*b?".repeat(500)))
  })

  it.prop(
    "never says that patterns lie apart when a text belongs to both, and always that a name lies outside a pattern",
    [built((choices) => [choices.text("ab*?", 0, 5), choices.text("ab*?", 0, 5)] as const)],
    ([[left, right]]) => {
      const meet = words("ab", 6).some((text) => matches(left, text) && matches(right, text))
      const found = Glob.mayOverlap(Glob.compile(left), Glob.compile(right))
      if (meet) assert.isTrue(found, `${left} ${right}`)
      else if (!/[*?]/u.test(left) || !/[*?]/u.test(right)) assert.isFalse(found, `${left} ${right}`)
    }
  )

  it("says that patterns lie apart when their ends do", () => {
    const mayOverlap = (left: string, right: string) => Glob.mayOverlap(Glob.compile(left), Glob.compile(right))
    assert.isFalse(mayOverlap("s3:*", "ec2:*"))
    assert.isFalse(mayOverlap("*:Get", "*:Put"))
    assert.isFalse(mayOverlap("ab", "a?c"))
    assert.isTrue(mayOverlap("s3:Get*", "s3:*Object"))
    assert.isFalse(mayOverlap("arn:*:key/*", "arn:a:alias/b"))
    assert.isTrue(mayOverlap("arn:*:key/*", "arn:a:key/b"))
  })
})
