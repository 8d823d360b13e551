/** Values built from a list of numbers, so that any builder becomes an `Arbitrary` that shrinks by its list. */
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"

export class Choices {
  readonly #numbers: ReadonlyArray<number>
  #at = 0

  constructor(numbers: ReadonlyArray<number>) {
    this.#numbers = numbers
  }

  /** A number from 0 up to `count`; 0 once the list is spent. */
  below(count: number): number {
    return (this.#numbers[this.#at++] ?? 0) % count
  }

  /** True in about so many of a hundred cases. */
  percent(share: number): boolean {
    return this.below(100) >= 100 - share
  }

  of<A>(items: readonly [A, ...ReadonlyArray<A>] | ReadonlyArray<A>): A {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new Error("nothing to choose from")
    return item
  }

  list<A>(minimum: number, maximum: number, item: () => A): Array<A> {
    return Array.from({ length: minimum + this.below(maximum - minimum + 1) }, item)
  }

  text(alphabet: string, minimum: number, maximum: number): string {
    return this.list(minimum, maximum, () => this.of(Array.from(alphabet))).join("")
  }
}

const number = Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9999 })))

export const built = <A>(build: (choices: Choices) => A): Arbitrary.Arbitrary<A> =>
  Arbitrary.map(Arbitrary.array(number, { minLength: 400, maxLength: 400 }), (numbers) => build(new Choices(numbers)))
