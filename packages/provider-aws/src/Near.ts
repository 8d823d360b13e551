/** Which known names are near a name that does not exist. */
import * as Name from "@bailiwick/core/policy/Name"

/** The fewest single insertions, removals and replacements that make one text the other, without ASCII case. */
const distance = (left: string, right: string): number => {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i++) {
    const next = [i]
    for (let j = 1; j <= right.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[right.length] ?? 0
}

const longest = 64

/** Up to three names, the nearest first; none that is more than a third of the text away, or than `farthest`. */
export const nearest = (
  text: string,
  names: ReadonlyArray<string>,
  farthest: number = Infinity
): ReadonlyArray<string> => {
  const asked = Name.fold(text).slice(0, longest)
  const allowed = Math.min(farthest, Math.max(1, Math.floor(asked.length / 3)))
  return names
    .map((name) => ({ name, far: distance(asked, Name.fold(name)) }))
    .filter(({ far }) => far <= allowed)
    .toSorted((one, other) => one.far - other.far)
    .slice(0, 3)
    .map(({ name }) => name)
}
