import { assert, describe, it } from "@effect/vitest"
import * as AmbientVariable from "@bailiwick/delivery/AmbientVariable"
import * as ChildEnvironment from "@bailiwick/delivery/ChildEnvironment"
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"

const build = (parent: Record<string, string | undefined>, options: Partial<ChildEnvironment.Options> = {}) =>
  ChildEnvironment.build({ parent, configuration: "/run/private", delivered: {}, platform: "linux", ...options })

const plain = { PATH: "/usr/bin", HOME: "/home/you", LANG: "C.UTF-8", ANTHROPIC_API_KEY: "the agent's own" }

// What the SDKs and tools of the clouds, and the exchanges before them, are known to read.
const ambient = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_SECURITY_TOKEN",
  "AWS_PROFILE",
  "AWS_DEFAULT_PROFILE",
  "AWS_ROLE_ARN",
  "AWS_ROLE_SESSION_NAME",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
  "AWS_EC2_METADATA_SERVICE_ENDPOINT",
  "AWS_BEARER_TOKEN_BEDROCK",
  "AWS_ENDPOINT_URL",
  "AWS_ENDPOINT_URL_STS",
  "AWS_CREDENTIAL_EXPIRATION",
  "AMAZON_KEY",
  "SAML2AWS_PASSWORD",
  "MC_HOST_acme",
  "RCLONE_CONFIG_ACME_SECRET_ACCESS_KEY",
  "RCLONE_CONFIG_PASS",
  "RCLONE_S3_SECRET_ACCESS_KEY",
  "RCLONE_PASSWORD_COMMAND",
  "OKTA_PASSWORD",
  "OKTA_API_KEY",
  "ECS_CONTAINER_METADATA_URI_V4",
  "EC2_PRIVATE_KEY",
  "EC2_CERT",
  "GOOGLE_CREDENTIALS",
  "GOOGLE_OAUTH_ACCESS_TOKEN",
  "GOOGLE_API_KEY",
  "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT",
  "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES",
  "GOOGLE_GHA_CREDS_PATH",
  "GCLOUD_KEYFILE_JSON",
  "GCLOUD_PROJECT",
  "CLOUDSDK_AUTH_ACCESS_TOKEN",
  "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE",
  "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE",
  "CLOUDSDK_CORE_ACCOUNT",
  "CLOUDSDK_ACTIVE_CONFIG_NAME",
  "GCP_SA_KEY",
  "BOTO_PATH",
  "BOTOCORE_EXPERIMENTAL__PLUGINS",
  "AZURE_CLIENT_ID",
  "AZURE_CLIENT_SECRET",
  "AZURE_TENANT_ID",
  "AZURE_CLIENT_CERTIFICATE_PATH",
  "AZURE_USERNAME",
  "AZURE_PASSWORD",
  "AZURE_FEDERATED_TOKEN_FILE",
  "AZURE_AUTHORITY_HOST",
  "AZURE_POD_IDENTITY_AUTHORITY_HOST",
  "AZURE_STORAGE_KEY",
  "AZURE_STORAGE_CONNECTION_STRING",
  "AZURE_DEVOPS_EXT_PAT",
  "AZD_ACCESS_TOKEN",
  "AZCOPY_OAUTH_TOKEN_INFO",
  "AZCOPY_SPA_CLIENT_SECRET",
  "AAD_SERVICE_PRINCIPAL_CLIENT_SECRET",
  "AAD_USER_PRINCIPAL_PASSWORD",
  "ARM_CLIENT_ID",
  "ARM_CLIENT_SECRET",
  "ARM_ACCESS_KEY",
  "ARM_SAS_TOKEN",
  "ARM_OIDC_TOKEN",
  "ARM_OIDC_TOKEN_FILE_PATH",
  "ARM_OIDC_REQUEST_TOKEN",
  "ARM_USE_MSI",
  "ARM_MSI_ENDPOINT",
  "ARM_TENANT_ID",
  "ARM_SUBSCRIPTION_ID",
  "IDENTITY_ENDPOINT",
  "IDENTITY_HEADER",
  "IDENTITY_SERVER_THUMBPRINT",
  "MSI_ENDPOINT",
  "MSI_SECRET",
  "IMDS_ENDPOINT",
  "ACTIONS_ID_TOKEN_REQUEST_URL",
  "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
  "TFC_WORKLOAD_IDENTITY_TOKEN",
  "TF_TOKEN_app_terraform_io",
  "KUBE_TOKEN",
  "KUBE_CONFIG_PATHS",
  "KUBE_CLIENT_KEY_DATA",
  "HELM_KUBETOKEN",
  "HELM_KUBEASUSER",
  "KUBERNETES_SERVICE_HOST",
  "KUBERNETES_SERVICE_PORT",
  "SPIFFE_ENDPOINT_SOCKET",
  "VAULT_TOKEN",
  "VAULT_ADDR",
  "BAO_TOKEN",
  "BAILIWICK_SESSION",
  "BAILIWICK_STATE_DIR",
  "BAILIWICK_PROJECT",
  "BAILIWICK_TOKEN",
  "BAILIWICK_TOKEN_AUTHORIZATION"
]

describe("ChildEnvironment", () => {
  it("keeps what names no credential", () => {
    const child = build(plain)
    for (const [name, value] of Object.entries(plain)) assert.strictEqual(child[name], value)
  })

  it.each(ambient)("removes %s", (name) => {
    assert.notProperty(build({ ...plain, [name]: "somebody else's" }), name)
  })

  it.each(AmbientVariable.names.map(([name]) => name).filter((name) => name !== "KUBECONFIG"))("removes %s", (name) => {
    assert.notProperty(build({ [name]: "somebody else's" }), name)
  })

  it.each(AmbientVariable.families.map(([prefix]) => prefix))("removes every variable of the family %s", (prefix) => {
    const child = build({ [`${prefix}OF_TOMORROW`]: "x", [`${prefix.toLowerCase()}of_tomorrow`]: "x" })
    assert.notProperty(child, `${prefix}OF_TOMORROW`)
    assert.notProperty(child, `${prefix.toLowerCase()}of_tomorrow`)
  })

  it.each([
    ["AWS_CONFIG_FILE", "/run/private/aws-config"],
    ["AWS_SHARED_CREDENTIALS_FILE", "/run/private/aws-credentials"],
    ["AWS_CREDENTIAL_PROFILES_FILE", "/run/private/aws-credentials"],
    ["AWS_EC2_METADATA_DISABLED", "true"],
    ["BOTO_CONFIG", "/run/private/boto"],
    ["S3CMD_CONFIG", "/run/private/s3cfg"],
    ["RCLONE_CONFIG", "/run/private/rclone.conf"],
    ["MC_CONFIG_DIR", "/run/private/mc"],
    ["CLOUDSDK_CONFIG", "/run/private/gcloud"],
    ["GOOGLE_APPLICATION_CREDENTIALS", "/run/private/no-google-login-in-a-bailiwick-run.json"],
    ["METADATA_SERVER_DETECTION", "none"],
    ["NO_GCE_CHECK", "true"],
    ["GCE_METADATA_HOST", "127.0.0.1:9"],
    ["GCE_METADATA_IP", "127.0.0.1:9"],
    ["GCE_METADATA_ROOT", "127.0.0.1:9"],
    ["AZURE_CONFIG_DIR", "/run/private/azure"],
    ["AZD_CONFIG_DIR", "/run/private/azd"],
    ["AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential"],
    ["KUBECONFIG", "/run/private/kubeconfig"]
  ])("turns %s towards nothing, whatever the parent had", (name, value) => {
    assert.strictEqual(build({})[name], value)
    assert.strictEqual(build({ [name]: "/home/you/.login" })[name], value)
  })

  it.each(AmbientVariable.passed.map(([name]) => name))("hands on %s, which is nobody's login", (name) => {
    assert.propertyVal(build({ [name]: "as it is" }), name, "as it is")
  })

  it.each([
    ["JAVA_TOOL_OPTIONS", "-Daws.accessKeyId=AKIA -Daws.secretAccessKey=x"],
    ["JDK_JAVA_OPTIONS", '"-Daws.secretKey=x"'],
    ["_JAVA_OPTIONS", "-Xmx1g -Daws.profile=admin"],
    ["MAVEN_OPTS", "-Daws.sharedCredentialsFile=/home/you/.aws/credentials"],
    ["GRADLE_OPTS", "-Dorg.gradle.daemon=false -Daws.webIdentityTokenFile=/t -Daws.roleArn=arn:aws:iam::1:role/x"],
    ["OF_TOMORROW", "-Dcom.amazonaws.sdk.ec2MetadataServiceEndpointOverride=http://127.0.0.1"]
  ])("removes %s where it logs a Java SDK in: %s", (name, value) => {
    assert.notProperty(build({ [name]: value }), name)
  })

  it.each(["-Xmx1g -Djavax.net.ssl.trustStore=/etc/store", "-Daws.region=eu-west-1", "the -D of aws"])(
    "hands on what Java is told otherwise: %s",
    (value) => assert.propertyVal(build({ JAVA_TOOL_OPTIONS: value }), "JAVA_TOOL_OPTIONS", value)
  )

  it("keeps a single variable on request, and never one of a family", () => {
    const parent = {
      GITHUB_TOKEN: "g",
      KUBECONFIG: "/home/you/.kube/config",
      VAULT_TOKEN: "v",
      AWS_CONFIG_FILE: "/home/you/.aws"
    }
    const child = build(parent, { keep: ["GITHUB_TOKEN", "KUBECONFIG", "VAULT_TOKEN", "AWS_CONFIG_FILE"] })
    assert.strictEqual(child.GITHUB_TOKEN, "g")
    assert.strictEqual(child.KUBECONFIG, "/home/you/.kube/config")
    assert.notProperty(child, "VAULT_TOKEN")
    assert.strictEqual(child.AWS_CONFIG_FILE, "/run/private/aws-config")
  })

  it("adds what is delivered, over everything else", () => {
    const delivered = { BAILIWICK_TOKEN: "lent", AZURE_TOKEN_CREDENTIALS: "ManagedIdentityCredential", PATH: "/lent" }
    const child = build({ ...plain, BAILIWICK_TOKEN: "stale" }, { delivered })
    assert.strictEqual(child.BAILIWICK_TOKEN, "lent")
    assert.strictEqual(child.AZURE_TOKEN_CREDENTIALS, "ManagedIdentityCredential")
    assert.strictEqual(child.PATH, "/lent")
  })

  it.each([
    [{}, "127.0.0.1", "127.0.0.1"],
    [{ NO_PROXY: "example.com" }, "example.com,127.0.0.1", "example.com,127.0.0.1"],
    [{ no_proxy: "a, b," }, "a,b,127.0.0.1", "a,b,127.0.0.1"],
    [{ NO_PROXY: "a", no_proxy: "b" }, "a,127.0.0.1", "b,127.0.0.1"],
    [{ NO_PROXY: "127.0.0.1,a" }, "127.0.0.1,a", "127.0.0.1,a"],
    [{ NO_PROXY: "*" }, "*", "*"]
  ])("keeps proxies away from the loopback endpoint: %j", (parent, upper, lower) => {
    const child = build(parent)
    assert.strictEqual(child.NO_PROXY, upper)
    assert.strictEqual(child.no_proxy, lower)
  })

  it("leaves out what the parent has without a value, and changes nothing of the parent", () => {
    const parent = Object.freeze({ EMPTY: "", ABSENT: undefined })
    const child = build(parent)
    assert.strictEqual(child.EMPTY, "")
    assert.notProperty(child, "ABSENT")
  })

  it("compares names without case on Windows, so that none stands twice", () => {
    const child = build(
      { Path: "C:\\bin", aws_profile: "x", No_Proxy: "a", bailiwick_token: "stale" },
      { platform: "win32", configuration: "C:\\private", delivered: { BAILIWICK_TOKEN: "lent", PATH: "C:\\lent" } }
    )
    const names = Object.keys(child).map((name) => name.toUpperCase())
    assert.strictEqual(new Set(names).size, names.length)
    assert.strictEqual(child.PATH, "C:\\lent")
    assert.strictEqual(child.NO_PROXY, "a,127.0.0.1")
    assert.strictEqual(child.BAILIWICK_TOKEN, "lent")
    assert.strictEqual(child.AWS_CONFIG_FILE, "C:\\private\\aws-config")
    assert.notInclude(names, "AWS_PROFILE")
  })

  it("removes what the README says, variable by variable", () => {
    const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8")
    for (const [prefix, reads] of AmbientVariable.families) assert.include(readme, `| \`${prefix}*\` | ${reads} |`)
    for (const [name, opens] of AmbientVariable.names) assert.include(readme, `| \`${name}\` | ${opens} |`)
    for (const [name, says] of AmbientVariable.passed) assert.include(readme, `| \`${name}\` | ${says} |`)
    const set = Object.keys(build({})).filter((name) => name !== "no_proxy")
    for (const name of set) assert.include(readme, name)
  })

  it("is all that a real child sees", () => {
    const env = build({ ...plain, AWS_SECRET_ACCESS_KEY: "planted", BAILIWICK_SESSION: "planted" })
    const seen: unknown = JSON.parse(
      execFileSync(process.execPath, ["-e", "console.log(JSON.stringify(process.env))"], { env, encoding: "utf8" })
    )
    assert.deepStrictEqual(seen, env)
    assert.notInclude(JSON.stringify(seen), "planted")
  })
})
