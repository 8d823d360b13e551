/**
 * The variables that a child of a run does not inherit, because an SDK, a command-line tool or a token exchange would
 * take another login from them than the one that was lent.
 */

/** Families: every variable whose name begins so. */
export const families: ReadonlyArray<readonly [prefix: string, reads: string]> = [
  [
    "AWS_",
    "AWS SDKs and CLI: keys, profiles, role and web-identity files, container and metadata endpoints, Bedrock keys"
  ],
  ["AMAZON_", "older AWS tools"],
  ["SAML2AWS_", "saml2aws: a person's name and password"],
  ["MC_HOST_", "the MinIO client: keys of S3 servers"],
  ["RCLONE_", "rclone: keys of every kind of storage, and where its configuration lies"],
  ["OKTA_", "the AWS tools of Okta: a person's name and password, API keys"],
  ["ECS_", "the metadata endpoint of an ECS task"],
  ["EC2_", "older EC2 tools: keys and certificates"],
  ["GOOGLE_", "Google SDKs and Terraform: credential files, access tokens, API keys"],
  ["GCLOUD_", "older Google tools"],
  ["CLOUDSDK_", "gcloud: access tokens, credential files, configuration"],
  ["GCP_", "common names for Google keys in CI"],
  ["GCE_", "the place of Google's metadata server"],
  ["BOTO_", "gsutil and boto: files that hold keys"],
  ["BOTOCORE_", "the Python SDK: plugins, which may bring another login"],
  ["AZURE_", "Azure SDKs, CLI and azd: client secrets, certificates, federated token files"],
  ["AZD_", "Azure Developer CLI"],
  ["AZCOPY_", "azcopy: client secrets, certificates, access tokens"],
  ["AAD_", "kubelogin: client secrets and passwords of Entra ID"],
  ["ARM_", "Terraform's azurerm: client secrets, OIDC and access tokens"],
  ["IDENTITY_", "the managed-identity endpoint of App Service and Service Fabric"],
  ["MSI_", "the managed-identity endpoint of Machine Learning and Cloud Shell"],
  ["IMDS_", "the managed-identity endpoint of Azure Arc"],
  ["ACTIONS_ID_TOKEN_", "the OIDC tokens of a GitHub Actions job, which clouds exchange for credentials"],
  ["TFC_WORKLOAD_IDENTITY_", "the OIDC tokens of an HCP Terraform run"],
  ["SPIFFE_", "the workload API of SPIFFE: identities that clouds exchange for credentials"],
  ["TF_TOKEN_", "Terraform's registries and state stores"],
  ["KUBE_", "Terraform's kubernetes and helm: tokens, client keys, configuration"],
  ["HELM_KUBE", "Helm: tokens, clusters and whom to act as"],
  ["KUBERNETES_SERVICE_", "whatever runs in a pod: with it the pod's service account is a login"],
  ["VAULT_", "HashiCorp Vault, which hands out cloud credentials"],
  ["BAO_", "OpenBao, which does too"],
  ["BAILIWICK_", "our own: sessions, tokens and settings of whoever started the run"]
]

/** Single variables outside these families. A caller may keep one by name; none of a family. */
export const names: ReadonlyArray<readonly [name: string, reads: string]> = [
  ["KUBECONFIG", "the logins of Kubernetes clusters"],
  ["GITHUB_TOKEN", "the token of a GitHub Actions job or a person"],
  ["GH_TOKEN", "the same, for gh"],
  ["GITHUB_ENTERPRISE_TOKEN", "the same, for an enterprise host"],
  ["GH_ENTERPRISE_TOKEN", "the same, for gh"],
  ["ACTIONS_RUNTIME_TOKEN", "the caches and artefacts of a GitHub Actions job"],
  ["GITLAB_TOKEN", "a person's token at GitLab"],
  ["GITLAB_ACCESS_TOKEN", "the same, for glab"],
  ["GITLAB_OIDC_TOKEN", "the OIDC token of a GitLab job, as GitLab's own examples name it"],
  ["CI_JOB_TOKEN", "the token of a GitLab job"],
  ["CI_JOB_JWT", "the OIDC token of a GitLab job"],
  ["CI_JOB_JWT_V1", "the same"],
  ["CI_JOB_JWT_V2", "the same"],
  ["CIRCLE_OIDC_TOKEN", "the OIDC token of a CircleCI job"],
  ["CIRCLE_OIDC_TOKEN_V2", "the same"],
  ["BITBUCKET_STEP_OIDC_TOKEN", "the OIDC token of a Bitbucket step"],
  ["BUILDKITE_AGENT_ACCESS_TOKEN", "a Buildkite job's own token, which asks for OIDC tokens"],
  ["BUILDKITE_AGENT_JOB_API_TOKEN", "the environment of a Buildkite job"],
  ["SEMAPHORE_OIDC_TOKEN", "the OIDC token of a Semaphore job"],
  ["SPACELIFT_OIDC_TOKEN", "the OIDC token of a Spacelift run"],
  ["VERCEL_OIDC_TOKEN", "the OIDC token of a Vercel project"],
  ["SIGSTORE_ID_TOKEN", "the OIDC token by which Sigstore knows who signs"],
  ["SYSTEM_ACCESSTOKEN", "the token of an Azure Pipelines job"],
  ["SYSTEM_OIDCREQUESTURI", "where an Azure Pipelines job asks for OIDC tokens"],
  ["CONSUL_HTTP_TOKEN", "Consul"],
  ["NOMAD_TOKEN", "Nomad, whose jobs hold workload identities"],
  ["TFE_TOKEN", "HCP Terraform, whose runs hold cloud credentials"],
  ["PULUMI_ACCESS_TOKEN", "Pulumi Cloud, whose environments hold cloud credentials"],
  ["PULUMI_CONFIG_PASSPHRASE", "the secrets in a Pulumi stack"],
  ["OP_SERVICE_ACCOUNT_TOKEN", "the secrets of a 1Password vault"],
  ["BW_SESSION", "the secrets of a Bitwarden vault"],
  ["DOPPLER_TOKEN", "the secrets of a Doppler project"],
  ["INFISICAL_TOKEN", "the secrets of an Infisical project"],
  ["FIREBASE_TOKEN", "a person's Google login, for the Firebase CLI"],
  ["DOCKER_AUTH_CONFIG", "the logins of image registries"],
  ["AWSACCESSKEYID", "a key of S3, for s3fs"],
  ["AWSSECRETACCESSKEY", "the same"],
  ["AWSSESSIONTOKEN", "the same"],
  ["S3_ACCESS_KEY_ID", "a key of S3, for libs3"],
  ["S3_SECRET_ACCESS_KEY", "the same"]
]

/** Members of a family that say how to talk to a cloud, never as whom or where: handed on as they are. */
export const passed: ReadonlyArray<readonly [name: string, says: string]> = [
  ["AWS_CA_BUNDLE", "whose certificates are believed, behind a proxy that opens TLS"],
  ["AWS_USE_FIPS_ENDPOINT", "that only AWS's FIPS endpoints are used: without it they silently would not be"],
  ["AWS_USE_DUALSTACK_ENDPOINT", "that AWS is reached by IPv6"]
]

const single = new Set(names.map(([name]) => name))

const harmless = new Set(passed.map(([name]) => name))

/** Whether a name, upper case, belongs to a family and is not handed on: then nothing keeps it. */
export const isOfFamily = (name: string): boolean =>
  !harmless.has(name) && families.some(([prefix]) => name.startsWith(prefix))

/**
 * Whether a value sets a system property by which Java's SDKs log in: `JAVA_TOOL_OPTIONS`, `MAVEN_OPTS` and their like.
 *
 * They look there before everything else, whatever the variable's name. A region alone is nobody's login.
 */
export const setsJavaLogin = (value: string): boolean => /-D(?:aws\.(?!region\b)|com\.amazonaws\.sdk\.)/u.test(value)

/** Whether a name, upper case, is one of the single variables. */
export const isSingle = (name: string): boolean => single.has(name)
