/** A list of the formats: bounded, no entry twice (compared as compact JSON), order without meaning (formats §1). */
import * as Schema from "effect/Schema"

export const UniqueList = <S extends Schema.Top>(
  item: S,
  bounds: { readonly minimum: number; readonly maximum: number }
) =>
  Schema.Array(item).check(
    Schema.isMinLength(bounds.minimum),
    Schema.isMaxLength(bounds.maximum),
    Schema.makeFilter((items: ReadonlyArray<unknown>) =>
      distinct(items).length === items.length ? undefined : "an entry stands twice"
    )
  )

/** Every entry once, where it first stood. */
export const distinct = <A>(items: ReadonlyArray<A>): ReadonlyArray<A> => [
  ...new Map(items.map((item) => [JSON.stringify(item), item])).values()
]

/** At most 64 entries unless said. */
export const defaultMaximum = 64
