import { assert, describe, it } from "@effect/vitest"
import * as CredentialProcess from "@bailiwick/delivery/CredentialProcess"
import { execFileSync } from "node:child_process"

const credentials = { provider: "oidc", expires: 1_900_000_900, secret: { token: "a.b.c" } }

describe("CredentialProcess", () => {
  it("writes compact JSON and one line end", () => {
    assert.strictEqual(CredentialProcess.document(credentials), `{"version":1,"token":"a.b.c","expires":1900000900}\n`)
  })

  it("writes nothing else that the credentials hold", () => {
    const more = { ...credentials, secret: { token: "a.b.c", refresh: "no" } }
    assert.notInclude(CredentialProcess.document(more) ?? "", "refresh")
  })

  it.each(["CredentialProcess", "sealed/SealedEntry"])("loads nothing that the hot path could feel: %s", (module) => {
    const program = `
      import { registerHooks } from "node:module"
      registerHooks({ resolve: (specifier, context, next) => { console.log(specifier); return next(specifier, context) } })
      await import("@bailiwick/delivery/${module}")`
    const options = { cwd: import.meta.dirname, encoding: "utf8" } as const
    const loaded = execFileSync(process.execPath, ["--input-type=module", "-e", program], options).trim().split("\n")
    assert.include(loaded, `@bailiwick/delivery/${module}`)
    assert.deepStrictEqual(
      loaded.filter((each) => !["node:crypto", "./AwsDocument.ts", `@bailiwick/delivery/${module}`].includes(each)),
      []
    )
  })

  it("has no document for another provider, or without a token", () => {
    assert.isUndefined(CredentialProcess.document({ ...credentials, provider: "aws" }))
    assert.isUndefined(CredentialProcess.document({ ...credentials, secret: {} }))
  })
})
