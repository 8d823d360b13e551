/** The bytes that an HTTP message signature signs (RFC 9421 §2.5). */

/** A component's identifier without parameters, and its value. */
export type Component = readonly [name: string, value: string]

/** One line a component, then the signature parameters exactly as they are sent. */
export const make = (components: ReadonlyArray<Component>, parameters: string): string =>
  [...components, ["@signature-params", parameters] as const].map(([name, value]) => `"${name}": ${value}`).join("\n")
