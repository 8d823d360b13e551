/**
 * Compact JSON: what `JSON.stringify` writes, the form of everything that is written, hashed or signed (formats §1).
 *
 * Members stand in the order of the value, so a value decoded by its schema is written in the schema's order; absent
 * and undefined members are left out.
 */
const encoder = new TextEncoder()

/** JSON values as a program holds them; an undefined member counts as absent. */
export type Value =
  | null
  | boolean
  | number
  | string
  | ReadonlyArray<Value>
  | { readonly [name: string]: Value | undefined }

export const encode = (value: Value): string => JSON.stringify(value)

/** The UTF-8 bytes of the compact form. */
export const encodeBytes = (value: Value): Uint8Array => encoder.encode(encode(value))

/** The size in UTF-8 bytes of the compact form, by which limits are measured. */
export const byteLength = (value: Value): number => encodeBytes(value).length
