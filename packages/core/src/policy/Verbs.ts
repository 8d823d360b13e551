/**
 * Portable verbs: one name for the same work on several clouds.
 *
 * A verb is expanded into the actions of one provider before anything is signed, so a later table cannot widen a token
 * that exists. `undefined` marks a cloud that has nothing to narrow for the verb: asked for there, it is refused. The
 * oidc provider has no verbs: its actions are scopes, and `storage:read` is a scope like any other.
 */
import * as Name from "./Name.ts"
import type { Provider } from "./Provider.ts"

type Actions = ReadonlyArray<string> | undefined

interface Verb {
  readonly aws: Actions
  readonly gcp: Actions
  readonly azure: Actions
}

const blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
const entities = "Microsoft.Storage/storageAccounts/tableServices/tables/entities"
const messages = "Microsoft.Storage/storageAccounts/queueServices/queues/messages"
const machines = "Microsoft.Compute/virtualMachines"
const vaults = "Microsoft.KeyVault/vaults"
const registries = "Microsoft.ContainerRegistry/registries"
const openAi = "Microsoft.CognitiveServices/accounts/OpenAI/deployments"
const recordSets = ["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SRV", "TXT"]

const ecrPull = [
  "ecr:GetAuthorizationToken",
  "ecr:BatchGetImage",
  "ecr:GetDownloadUrlForLayer",
  "ecr:BatchCheckLayerAvailability"
]

const table = new Map<string, Verb>(
  Object.entries({
    "storage:list": {
      aws: ["s3:ListBucket", "s3:GetBucketLocation"],
      gcp: ["storage.objects.list"],
      // Azure lists and reads under one operation; the name of its suboperation keeps the two apart, as a SAS does.
      azure: [`${blobs}/read/Blob.List`]
    },
    "storage:read": {
      aws: ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectAttributes"],
      gcp: ["storage.objects.get"],
      azure: [`${blobs}/read`]
    },
    "storage:write": {
      aws: ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
      gcp: ["storage.objects.create"],
      azure: [`${blobs}/write`, `${blobs}/add/action`]
    },
    "storage:delete": {
      aws: ["s3:DeleteObject", "s3:DeleteObjectVersion"],
      gcp: ["storage.objects.delete"],
      azure: [`${blobs}/delete`, `${blobs}/deleteBlobVersion/action`]
    },
    "compute:list": {
      aws: ["ec2:DescribeInstances"],
      gcp: ["compute.instances.get", "compute.instances.list"],
      azure: [`${machines}/read`]
    },
    "compute:power": {
      aws: ["ec2:StartInstances", "ec2:StopInstances", "ec2:RebootInstances"],
      gcp: ["compute.instances.start", "compute.instances.stop", "compute.instances.reset"],
      azure: ["start", "powerOff", "restart", "deallocate"].map((power) => `${machines}/${power}/action`)
    },
    "compute:create": {
      // Not iam:PassRole: which role a machine may carry is a grant of its own.
      aws: ["ec2:RunInstances", "ec2:CreateTags"],
      gcp: ["compute.instances.create"],
      azure: [`${machines}/write`]
    },
    "compute:delete": {
      aws: ["ec2:TerminateInstances"],
      gcp: ["compute.instances.delete"],
      azure: [`${machines}/delete`]
    },
    "logs:read": {
      aws: [
        "logs:FilterLogEvents",
        "logs:GetLogEvents",
        "logs:DescribeLogGroups",
        "logs:DescribeLogStreams",
        "logs:StartQuery",
        "logs:GetQueryResults"
      ],
      gcp: ["logging.logEntries.list"],
      azure: [
        "Microsoft.OperationalInsights/workspaces/query/read",
        "Microsoft.OperationalInsights/workspaces/tables/data/read"
      ]
    },
    "metrics:read": {
      aws: ["cloudwatch:GetMetricData", "cloudwatch:ListMetrics"],
      gcp: ["monitoring.timeSeries.list"],
      azure: ["Microsoft.Insights/metrics/read", "Microsoft.Insights/metricDefinitions/read"]
    },
    "secrets:list": {
      aws: ["secretsmanager:ListSecrets", "secretsmanager:DescribeSecret"],
      gcp: ["secretmanager.secrets.list"],
      azure: [`${vaults}/secrets/readMetadata/action`]
    },
    "secrets:read": {
      // Not kms:Decrypt: it takes the key's ARN, and on any other resource it would open more than secrets.
      aws: ["secretsmanager:GetSecretValue"],
      gcp: ["secretmanager.versions.access"],
      azure: [`${vaults}/secrets/getSecret/action`]
    },
    "secrets:write": {
      aws: ["secretsmanager:PutSecretValue", "secretsmanager:CreateSecret"],
      gcp: ["secretmanager.versions.add"],
      azure: [`${vaults}/secrets/setSecret/action`]
    },
    "table:read": {
      aws: ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan"],
      gcp: ["datastore.entities.get", "datastore.entities.list"],
      azure: [`${entities}/read`]
    },
    "table:write": {
      aws: ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"],
      gcp: ["datastore.entities.create", "datastore.entities.update", "datastore.entities.delete"],
      azure: [`${entities}/write`, `${entities}/add/action`, `${entities}/update/action`, `${entities}/delete`]
    },
    "queue:send": {
      aws: ["sqs:SendMessage", "sns:Publish"],
      gcp: ["pubsub.topics.publish"],
      azure: ["Microsoft.ServiceBus/namespaces/messages/send/action", `${messages}/add/action`]
    },
    "queue:receive": {
      aws: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"],
      gcp: ["pubsub.subscriptions.consume"],
      azure: ["Microsoft.ServiceBus/namespaces/messages/receive/action", `${messages}/process/action`]
    },
    "function:invoke": {
      aws: ["lambda:InvokeFunction"],
      gcp: ["run.routes.invoke", "cloudfunctions.functions.invoke"],
      azure: undefined
    },
    "function:deploy": {
      aws: ["lambda:UpdateFunctionCode"],
      gcp: undefined,
      azure: ["Microsoft.Web/sites/publish/action"]
    },
    "registry:pull": {
      aws: ecrPull,
      gcp: ["artifactregistry.repositories.downloadArtifacts"],
      azure: [`${registries}/pull/read`]
    },
    "registry:push": {
      aws: [...ecrPull, "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage"],
      gcp: ["artifactregistry.repositories.downloadArtifacts", "artifactregistry.repositories.uploadArtifacts"],
      azure: [`${registries}/pull/read`, `${registries}/push/write`]
    },
    "k8s:connect": {
      aws: ["eks:DescribeCluster"],
      gcp: ["container.clusters.get", "container.clusters.list"],
      azure: ["Microsoft.ContainerService/managedClusters/listClusterUserCredential/action"]
    },
    "warehouse:query": {
      aws: ["athena:StartQueryExecution", "athena:GetQueryResults"],
      gcp: ["bigquery.jobs.create", "bigquery.tables.getData"],
      azure: undefined
    },
    "dns:write": {
      aws: ["route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets"],
      gcp: ["dns.changes.create"],
      azure: recordSets.flatMap((type) => [
        `Microsoft.Network/dnsZones/${type}/write`,
        `Microsoft.Network/dnsZones/${type}/delete`
      ])
    },
    "ai:invoke": {
      aws: ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"],
      gcp: ["aiplatform.endpoints.predict"],
      azure: [`${openAi}/chat/completions/action`, `${openAi}/completions/action`, `${openAi}/embeddings/action`]
    },
    "crypto:decrypt": {
      aws: ["kms:Decrypt"],
      gcp: ["cloudkms.cryptoKeyVersions.useToDecrypt"],
      azure: [`${vaults}/keys/decrypt/action`]
    },
    "cost:read": {
      aws: ["ce:GetCostAndUsage"],
      gcp: ["billing.accounts.get", "billing.accounts.getSpendingInformation"],
      azure: ["Microsoft.CostManagement/query/action", "Microsoft.CostManagement/query/read"]
    },
    "iam:read": {
      aws: ["iam:ListRoles", "iam:GetRole"],
      gcp: ["iam.roles.get", "iam.roles.list"],
      azure: ["Microsoft.Authorization/*/read"]
    },
    "identity:self": { aws: ["sts:GetCallerIdentity"], gcp: undefined, azure: undefined }
  })
)

/** The names of all verbs. */
export const names: ReadonlyArray<string> = [...table.keys()]

const awsServices = new Set([...table.values()].flatMap(({ aws }) => aws ?? []).map((action) => action.split(":")[0]))

/** Whether a prefix such as `storage:` begins verbs and no action of the AWS services that verbs stand for. */
export const isPortableNoun = (prefix: string): boolean =>
  names.some((name) => name.startsWith(prefix)) && !awsServices.has(prefix.slice(0, -1))

/** Whether a text is a verb in any ASCII case: where actions compare without case, so would a verb. */
export const isVerb = (text: string): boolean => table.has(Name.fold(text))

/** The actions of a verb on a cloud; undefined when the text is no verb or the cloud has nothing for it. */
export const expand = (provider: Provider, text: string): Actions =>
  provider === "oidc" ? undefined : table.get(Name.fold(text))?.[provider]
