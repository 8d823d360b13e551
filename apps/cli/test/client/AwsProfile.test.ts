import { assert, describe, it } from "vitest"
import * as AwsProfile from "../../src/client/AwsProfile.ts"

const of = (...words: ReadonlyArray<string>) =>
  AwsProfile.write({ name: "lent", words: ["/bin/bailiwick", ...words], region: "eu-west-1" })
const lines = of("credential-process") ?? []

describe("AwsProfile", () => {
  it("quotes what a shell would read otherwise, and nothing else", () => {
    assert.deepStrictEqual(
      of("--resource", "s3://acme/*", "arn:aws:s3:::a/b")?.at(-1),
      ["credential_process = /bin/bailiwick --resource 's3://acme/*' arn:aws:s3:::a/b"][0]
    )
  })

  it.each(["it's", 'a"b', "a$b", "a`b", "a\\b", "a\nb", "a#b", "a ;b", "é", ""])(
    "hands on no word such as %j",
    (word) => {
      assert.isUndefined(of(word))
    }
  )

  it.each(["", "[default]\nregion = x\n", "[default]\nregion = x", "# only a comment\n", "[profile other]\n\n\n"])(
    "adds to %j, changes in place and removes without another byte",
    (text) => {
      const added = AwsProfile.replace(text, "lent", lines)
      assert.isTrue(added.startsWith(text))
      assert.strictEqual(AwsProfile.state(added, "lent"), "ours")
      assert.strictEqual(AwsProfile.replace(added, "lent", lines), added)
      const followed = `${added}\n# theirs\n[profile last]\noutput = json\n`
      const changed = AwsProfile.replace(followed, "lent", of("other") ?? [])
      assert.strictEqual(changed, followed.replace("/bin/bailiwick credential-process", "/bin/bailiwick other"))
      const removed = AwsProfile.replace(followed, "lent", [])
      assert.strictEqual(AwsProfile.state(removed, "lent"), "none")
      assert.isTrue(removed.startsWith(text))
      assert.isTrue(removed.endsWith("# theirs\n[profile last]\noutput = json\n"))
    }
  )

  it.each(["[default]\r\nregion = x\r\n", "[default]\r\nregion = x", "# theirs\r\n\r\n"])(
    "ends its lines as %j does, and knows them again",
    (text) => {
      const added = AwsProfile.replace(text, "lent", lines)
      assert.notMatch(added, /(?<!\r)\n/u)
      assert.strictEqual(AwsProfile.state(added, "lent"), "ours")
      assert.strictEqual(AwsProfile.replace(added, "lent", lines), added)
      const removed = AwsProfile.replace(added, "lent", [])
      assert.strictEqual(removed, text.endsWith("\n") ? text : `${text}\r\n`)
    }
  )

  it("knows its profile in a file whose line ends somebody has changed, and makes them one again", () => {
    const added = AwsProfile.replace("[default]\nregion = x\n", "lent", lines).replaceAll("\n", "\r\n")
    const followed = `${added}\r\n[profile last]\r\n`
    assert.strictEqual(AwsProfile.state(followed, "lent"), "ours")
    assert.strictEqual(AwsProfile.replace(followed, "lent", lines), followed)
    assert.strictEqual(AwsProfile.replace(followed, "lent", []), "[default]\r\nregion = x\r\n\r\n[profile last]\r\n")
    assert.strictEqual(AwsProfile.state(`${added}output = json\r\n`, "lent"), "foreign")
  })

  it.each([
    "[profile lent]\nregion = x\n",
    "[lent]\naws_access_key_id = AKIA\n",
    "[ profile  lent ]\nregion = x\n",
    '[profile "lent"]\nregion = x\n',
    `${lines.join("\n")}\noutput = json\n`,
    `${lines.join("\n")}\n${lines.join("\n")}\n`,
    `${lines.join("\n")}\n[profile lent]\nregion = x\n`
  ])("calls foreign what is not wholly ours: %j", (text) => {
    assert.strictEqual(AwsProfile.state(text, "lent"), "foreign")
  })

  it("knows a profile by its whole name", () => {
    assert.strictEqual(AwsProfile.state(`${lines.join("\n")}\n`, "len"), "none")
    assert.strictEqual(AwsProfile.state("[profile lent2]\n", "lent"), "none")
  })
})
