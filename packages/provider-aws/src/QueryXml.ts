/**
 * Single values of the XML that the query protocol answers with.
 *
 * The answers come from AWS over TLS and hold each of the wanted elements once, without attributes, without children and
 * without entities but XML's own; anything else counts as absent.
 */
const entities: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"]
])

const entity = /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/giu

const characterOf = (hex?: string, decimal?: string, name?: string): string | undefined => {
  if (name !== undefined) return entities.get(name)
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined
}

/** Undefined where an entity is none of XML's own: what a document defines is not looked up. */
const decode = (text: string): string | undefined => {
  let isKnown = true
  const decoded = text.replaceAll(entity, (whole, hex, decimal, name) => {
    const character = characterOf(hex, decimal, name)
    isKnown &&= character !== undefined
    return character ?? whole
  })
  return isKnown ? decoded : undefined
}

/** The text of the one element of this name. */
export const text = (xml: string, name: string): string | undefined => {
  const open = `<${name}>`
  const start = xml.indexOf(open)
  if (start === -1 || xml.includes(open, start + 1)) return undefined
  const end = xml.indexOf("<", start + open.length)
  return xml.startsWith(`</${name}>`, end) ? decode(xml.slice(start + open.length, end)) : undefined
}
