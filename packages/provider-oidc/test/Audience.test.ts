import { assert, describe, it } from "@effect/vitest"
import * as Audience from "@bailiwick/provider-oidc/Audience"

const target = { provider: "oidc", principal: "https://api.example.com" } as const

describe("Audience", () => {
  it("is the target's principal and what its settings name, once each", () => {
    assert.deepStrictEqual(Audience.configured(target), ["https://api.example.com"])
    const settings = { audiences: "reports  https://api.example.com urn:example:x" }
    assert.deepStrictEqual(Audience.configured({ ...target, settings }), [
      "https://api.example.com",
      "reports",
      "urn:example:x"
    ])
  })

  it("is never a principal that no token could name", () => {
    assert.deepStrictEqual(Audience.configured({ ...target, principal: "the API of Acme" }), [])
    assert.deepStrictEqual(Audience.configured({ ...target, principal: "äpi" }), [])
  })

  it.each([
    "sts.amazonaws.com",
    "STS.AmazonAWS.com",
    "https://sts.amazonaws.com/",
    "sts.amazonaws.com.",
    "sts..amazonaws.com",
    "https://sts.eu-west-1.amazonaws.com",
    "https://sts-fips.us-east-1.amazonaws.com:443",
    "sts.amazonaws.com.cn",
    "https://signin.aws.amazon.com/saml",
    "urn:amazon:webservices",
    "cognito-identity.amazonaws.com",
    "https://sts.googleapis.com",
    "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
    "https://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
    "//iam.example-universe.goog/projects/1/locations/global/workloadIdentityPools/p/providers/x",
    "//iam.googleapis.com/locations/global/workforcePools/p/providers/x",
    "https://oauth2.googleapis.com/token",
    "https://accounts.google.com",
    "api://AzureADTokenExchange",
    "api://azureadtokenexchange",
    "api://AzureADTokenExchangeUSGov",
    "api://AzureADTokenExchangeChina",
    "https://login.microsoftonline.com/tenant/v2.0",
    "https://login.microsoftonline.us",
    "https://sts.windows.net/tenant/",
    "https://management.azure.com",
    "https://management.azure.com/.default",
    "https://management.core.windows.net/",
    "https://graph.microsoft.com",
    "https://storage.azure.com",
    "https://acme.vault.azure.net",
    "https://user@sts.amazonaws.com/",
    "https:sts.amazonaws.com",
    "https:/sts.amazonaws.com",
    "https:///sts.amazonaws.com",
    "https:\\\\sts.amazonaws.com",
    "sts.amazonaws.com:443",
    "sts.amazonaws.com,https://api.example.com",
    "sts%2eamazonaws%2Ecom",
    "sts%252eamazonaws.com",
    "https%3A%2F%2Fsts.amazonaws.com",
    "sts.us-gov-west-1.amazonaws.com",
    "sts.us-east-1.api.aws",
    "sts-fips.us-east-1.api.aws",
    "iam.amazonaws.com",
    "oidc.eu-west-1.amazonaws.com",
    "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC",
    "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x/",
    "//IAM.googleapis.com/projects/1/locations/global/workloadidentitypools/p/providers/x",
    "%2F%2Fiam.googleapis.com%2Fprojects%2F1%2Flocations%2Fglobal%2FworkloadIdentityPools%2Fp",
    "principal://iam.googleapis.com/projects/1/subject/s",
    "https://iamcredentials.googleapis.com/",
    "API://AZUREADTOKENEXCHANGE/",
    "api%3A%2F%2FAzureADTokenExchange",
    "fb60f99c-7a34-4190-8149-302f77469936",
    "https://login.partner.microsoftonline.cn/tenant",
    "https://login.chinacloudapi.cn",
    "https://kubernetes.default.svc",
    "https://kubernetes.default.svc.cluster.local",
    "kubernetes.default.svc",
    "https://ABC.gr7.eu-west-1.eks.amazonaws.com",
    "https://acme-dns.hcp.westeurope.azmk8s.io:443",
    "vault",
    "vault.io",
    "openbao",
    "aws.workload.identity",
    "vault.workload.identity",
    "sigstore",
    "https://fulcio.sigstore.dev",
    "vpce-0abc-xyz.sts.us-east-1.vpce.amazonaws.com",
    "https://eu-west-1.signin.aws.amazon.com/saml",
    "https://signin.amazonaws.cn/saml",
    "https://signin.amazonaws-us-gov.com/saml",
    "sts.eu-isoe-west-1.cloud.adc-e.uk",
    "sts.us-isof-south-1.csp.hci.ic.gov",
    "https://login.windows.net/tenant",
    "https://management.usgovcloudapi.net",
    "https://acme.vault.azure.cn",
    "sts.aliyuncs.com",
    "https://sts.cn-hangzhou.aliyuncs.com",
    "sts-vpc.cn-hangzhou.aliyuncs.com",
    "urn:pulumi:org:acme",
    "octo-sts.dev",
    // As a browser reads a host (UTS #46): another full stop, another s, a hyphen that is not seen, a tab.
    "https://sts%E3%80%82amazonaws.com",
    "sts%EF%BC%8Eamazonaws%EF%BC%8Ecom",
    "https://%EF%BD%93ts.amazonaws.com",
    "https://%E2%93%A2ts.amazonaws.com",
    "https://s%C2%ADts.amazonaws.com",
    "https://s%ADts.amazonaws.com",
    "https://s%25E2%2580%258Bts.amazonaws.com",
    "https://s%09ts.amazonaws.com",
    "sts.amazonaws.com%00",
    "api://Azure%C2%ADADTokenExchange",
    "//iam.googleapis%E3%80%82com/projects/1"
  ])("of a cloud's exchange is known as such: %s", (audience) => {
    assert.isString(Audience.exchange(audience))
  })

  it("of a cloud's exchange is known in every spelling", () => {
    const bases = [
      "sts.amazonaws.com",
      "iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
      "AzureADTokenExchange",
      "sts.windows.net/tenant"
    ]
    const spellings: ReadonlyArray<(text: string) => string> = [
      (text) => text,
      (text) => text.toUpperCase(),
      (text) => text.replaceAll(/[a-z]/gu, (letter, at: number) => (at % 2 === 0 ? letter.toUpperCase() : letter)),
      (text) => `${text}/`,
      (text) => `${text}///`,
      (text) => `${text}?x=1#y`,
      (text) => `"${text}"`,
      (text) => `(<${text}>)!`,
      (text) => `.${text}*`,
      (text) => `//${text}`,
      (text) => `https://${text}`,
      (text) => `http://me:secret@${text}`,
      (text) => text.replaceAll(/[a-z.]/giu, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
      (text) => encodeURIComponent(encodeURIComponent(`https://${text}`))
    ]
    for (const base of bases) {
      for (const one of spellings) {
        for (const other of spellings) assert.isString(Audience.exchange(other(one(base))), other(one(base)))
      }
    }
  })

  it("of any length is judged at once", () => {
    for (const text of [
      `%${"25".repeat(50_000)}`,
      "a.".repeat(50_000),
      `https://${"/".repeat(100_000)}`,
      "sts.".repeat(25_000),
      `x${".".repeat(100_000)}x`,
      `sts${"-a".repeat(50_000)}`,
      "%e3%80".repeat(20_000)
    ]) {
      assert.isUndefined(Audience.exchange(text))
    }
  })

  it.each([
    "https://api.example.com",
    "reports",
    "urn:example:reports",
    "https://abc123.execute-api.eu-west-1.amazonaws.com",
    "https://acme.azurewebsites.net",
    "https://acme.azure-api.net",
    "https://sts.example.com",
    "https://sts.amazonaws.com.example.com",
    "https://notgoogleapis.com",
    "api://0f3c1d2e",
    "https://vault.example.com",
    "https://api.example.com/kubernetes-reports",
    "https://api.example.com/100%",
    "https://iam.example.com",
    "https://acme.s3.eu-west-1.amazonaws.com",
    "https://mysts.eu-west-1.amazonaws.com",
    "https://acme.oss-cn-hangzhou.aliyuncs.com",
    "https://api.example.com/r%C3%A9sum%C3%A9",
    "https://octo-sts.dev.example.com",
    "urn:acme:sts"
  ])("of an API is none of an exchange: %s", (audience) => {
    assert.isUndefined(Audience.exchange(audience))
  })
})
