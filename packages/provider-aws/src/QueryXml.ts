/**
 * Single values of the XML that the query protocol answers with.
 *
 * The answers come from AWS over TLS and hold each of the wanted elements once, without attributes and without children;
 * anything else counts as absent.
 */
const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" }

const decode = (text: string): string =>
  text.replaceAll(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/giu, (whole, hex, decimal, name) => {
    if (name !== undefined) return entities[name] ?? whole
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })

/** The text of the one element of this name. */
export const text = (xml: string, name: string): string | undefined => {
  const open = `<${name}>`
  const start = xml.indexOf(open)
  if (start === -1 || xml.includes(open, start + 1)) return undefined
  const end = xml.indexOf("<", start + open.length)
  return xml.startsWith(`</${name}>`, end) ? decode(xml.slice(start + open.length, end)) : undefined
}
