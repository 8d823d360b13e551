/** A number of things, as a sentence needs it: `1 session`, `2 sessions`. */
export const of = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`
