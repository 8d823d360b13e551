import * as QueryXml from "@bailiwick/provider-aws/QueryXml"
import { assert, describe, it } from "@effect/vitest"

describe("QueryXml", () => {
  it("reads the one element of a name, with its entities decoded once", () => {
    const xml = '<A xmlns="x"><B>a+/= &amp;lt;&#65;&#x42;&quot;</B><C></C></A>'
    assert.strictEqual(QueryXml.text(xml, "B"), 'a+/= &lt;AB"')
    assert.strictEqual(QueryXml.text(xml, "C"), "")
  })

  it.each([
    ["an element that is not there", "<A><B>1</B></A>", "C"],
    ["an element that stands twice", "<A><B>1</B><B>2</B></A>", "B"],
    ["an element with children", "<A><B><C>1</C></B></A>", "A"],
    ["an element with attributes", '<A><B x="1">1</B></A>', "B"],
    ["an element that is not closed", "<A><B>1", "B"],
    [
      "an entity that the document defines",
      '<!DOCTYPE A [<!ENTITY e SYSTEM "file:///etc/passwd">]><A><B>x&e;</B></A>',
      "B"
    ],
    ["an entity by the name of what every object has", "<A><B>&constructor;</B></A>", "B"],
    ["a character beyond Unicode", "<B>&#x110000;</B>", "B"],
    ["nothing", "", "A"]
  ])("takes %s for absent", (_, xml, name) => {
    assert.isUndefined(QueryXml.text(xml, name))
  })
})
