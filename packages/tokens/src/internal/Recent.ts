/** A memory of bounded weight, first in first out: a flood costs its work again and holds no memory. */
export interface Recent<Value> {
  readonly get: (key: string) => Value | undefined
  /** What weighs more than everything together is not kept. */
  readonly keep: (key: string, value: Value, weight?: number) => void
}

export const make = <Value>(capacity: number): Recent<Value> => {
  const entries = new Map<string, { readonly value: Value; readonly weight: number }>()
  let held = 0
  return {
    get: (key) => entries.get(key)?.value,
    keep: (key, value, weight = 1) => {
      if (weight > capacity || entries.has(key)) return
      held += weight
      for (const [oldest, entry] of entries) {
        if (held <= capacity) break
        held -= entry.weight
        entries.delete(oldest)
      }
      entries.set(key, { value, weight })
    }
  }
}
