/** Did-you-mean: the nearest of the names that would have been right. */

/** Edits (Levenshtein, with swapped neighbours as one) beyond which a guess is no help. */
const farthest = 2

/** The nearest candidates, if any is near enough. */
export const nearest = (input: string, candidates: Iterable<string>): ReadonlyArray<string> => {
  const ranked = Array.from(new Set(candidates), (name) => ({ name, edits: distance(input, name) }))
    .filter(({ edits, name }) => edits <= Math.min(farthest, Math.ceil(name.length / 3)))
    .sort((left, right) => left.edits - right.edits || left.name.localeCompare(right.name))
  return ranked.filter(({ edits }) => edits === ranked[0]?.edits).map(({ name }) => name)
}

/** A hint that names the nearest candidates, else all of them if they are few, else nothing. */
export const hint = (input: string, candidates: Iterable<string>): string | undefined => {
  const names = Array.from(new Set(candidates)).sort()
  const near = nearest(input, names)
  if (near.length > 0) return `did you mean ${near.map((name) => JSON.stringify(name)).join(" or ")}?`
  if (names.length === 0 || names.length > 8) return undefined
  return `there ${names.length === 1 ? "is" : "are"}: ${names.join(", ")}`
}

const distance = (left: string, right: string): number => {
  if (Math.abs(left.length - right.length) > farthest) return farthest + 1
  let before: Array<number> = []
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1]
      const swapped =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]
      current[column] = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY
      )
    }
    before = previous
    previous = current
  }
  return previous[right.length] ?? 0
}
