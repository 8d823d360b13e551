/**
 * Actions that change who may do what, that step outside the session, or that cover tracks.
 *
 * Whatever hands out credentials, signed-in addresses or shells of another identity is among them: no session policy holds
 * those, and no revoke ends them. A login that stays the caller's own (`ecr:GetAuthorizationToken`) is not, nor is the
 * deployment or the start of a workload, which acts in a role of its own by design (`lambda:UpdateFunctionCode`).
 */
import * as Name from "@bailiwick/core/policy/Name"
import type * as Actions from "../Actions.ts"

/** Services in which every change counts: identities, organisations, accounts, and what they share with others. */
const services = new Set([
  "account",
  "ds-data",
  "iam",
  "identitystore",
  "iq-permission",
  "organizations",
  "ram",
  "rolesanywhere",
  "sso",
  "sso-directory"
])

/**
 * What the list of AWS calls writing alone, though it says who may reach a resource. Policies of other kinds (scaling,
 * retention, caches) end otherwise.
 */
const accessPolicy =
  /(?:resource|access|permissions|security|application|channel|cluster|destination|endpoint|feed|group|mesh|profile|project|repository|sink)policy(?:statement)?$/u

/** What answers with credentials: keys of AWS, tokens and passwords of another identity. */
const credentials = {
  acm: "GetAcmeExternalAccountBindingCredentials",
  "bedrock-agentcore":
    "CompleteResourceTokenAuth GetResourceApiKey GetResourceOauth2Token GetResourcePaymentToken GetWorkloadAccessToken GetWorkloadAccessTokenForJWT GetWorkloadAccessTokenForUserId",
  cloudwatch: "GetSpaceCredentials GetSpaceCredentialsForOrganization",
  codeconnections: "GetConnectionToken GetIndividualAccessToken",
  "codestar-connections": "GetConnectionToken GetIndividualAccessToken",
  "cognito-identity": "GetCredentialsForIdentity GetOpenIdToken GetOpenIdTokenForDeveloperIdentity",
  datazone: "GetDomainExecutionRoleCredentials GetEnvironmentCredentials",
  deadline:
    "AssumeFleetRoleForRead AssumeFleetRoleForWorker AssumeQueueRoleForRead AssumeQueueRoleForUser AssumeQueueRoleForWorker",
  // The agent of a container instance is sent the credentials of the tasks on it.
  ecs: "Poll",
  "eks-auth": "AssumeRoleForPodIdentity",
  elasticmapreduce: "GetClusterSessionCredentials",
  "emr-containers": "GetManagedEndpointSessionCredentials",
  events: "RetrieveConnectionCredentials",
  "finspace-api": "GetProgrammaticAccessCredentials",
  gamelift: "CreateBuild GetComputeAccess GetComputeAuthToken GetInstanceAccess RequestUploadCredentials",
  iot: "CreateProvisioningClaim",
  lakeformation: "GetDataAccess GetTemporaryGluePartitionCredentials GetTemporaryGlueTableCredentials",
  "license-manager": "CreateToken GetAccessToken",
  lightsail:
    "CreateBucketAccessKey CreateContainerServiceRegistryLogin DownloadDefaultKeyPair GetRelationalDatabaseMasterUserPassword",
  "pca-connector-scep": "GetChallengePassword",
  q: "CreateScimAccessToken",
  redshift: "GetClusterCredentials GetClusterCredentialsWithIAM GetIdentityCenterAuthToken",
  "redshift-serverless": "GetCredentials GetIdentityCenterAuthToken",
  s3: "GetDataAccess",
  signin: "AuthorizeOAuth2Access CreateOAuth2Token",
  ssm: "GetAccessToken RequestManagedInstanceRoleToken",
  "sso-oauth": "CreateTokenWithIAM",
  sts: "AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity AssumeRoot GetDelegatedAccessToken GetFederationToken GetScopedCredentials GetSessionToken GetWebIdentityToken"
}

/** What signs somebody in elsewhere, by an address or a token, or gives an identity a new secret. */
const logins = {
  aidevops: "CreateAccessToken CreateOneTimeLoginSession RotateAccessToken",
  airflow: "CreateCliToken CreateWebLoginToken",
  amplifybackend: "CreateToken GetToken",
  appstream: "CreateAppBlockBuilderStreamingURL CreateImageBuilderStreamingURL CreateStreamingURL",
  athena: "CreatePresignedNotebookUrl GetSessionEndpoint",
  "aws-external-anthropic": "AssumeConsole",
  cloud9: "CreateEnvironmentToken ModifyTemporaryCredentialsOnEnvironmentEC2",
  "cognito-idp": "AdminInitiateAuth AdminRespondToAuthChallenge AdminSetUserPassword",
  connect: "AdminGetEmergencyAccessToken GetFederationToken",
  ds: "ResetUserPassword",
  elasticmapreduce:
    "CreateStudioPresignedUrl GetOnClusterAppUIPresignedURL GetPersistentAppUIPresignedURL GetSessionEndpoint",
  "emr-serverless": "GetSessionEndpoint",
  "finops-agent": "CreateOneTimeLoginSession",
  glue: "GetSessionEndpoint",
  grafana: "CreateWorkspaceApiKey CreateWorkspaceServiceAccountToken",
  kinesisanalytics: "CreateApplicationPresignedUrl",
  quicksight:
    "GenerateEmbedUrlForAnonymousUser GenerateEmbedUrlForRegisteredUser GenerateEmbedUrlForRegisteredUserWithIdentity GetAnonymousUserEmbedUrl GetDashboardEmbedUrl GetSessionEmbedUrl",
  sagemaker:
    "CreatePartnerAppPresignedUrl CreatePresignedDomainUrl CreatePresignedMlflowAppUrl CreatePresignedMlflowTrackingServerUrl CreatePresignedNotebookInstanceUrl",
  securityagent: "CreateOneTimeLoginSession",
  transfer: "ImportSshPublicKey",
  workmail: "ResetPassword"
}

/** What runs commands, or opens a way to run them, on a machine that has an identity of its own. */
const shells = {
  "bedrock-agentcore": "InvokeAgentRuntimeCommand InvokeAgentRuntimeCommandShell",
  ec2: "ModifyInstanceAttribute",
  "ec2-instance-connect": "SendSSHPublicKey SendSerialConsoleSSHPublicKey",
  ecs: "ExecuteCommand",
  gameliftstreams: "CreateStreamSessionAdminShell",
  iot: "OpenTunnel RotateTunnelAccessToken",
  lambda: "CreateMicrovmAuthToken CreateMicrovmShellAuthToken",
  lightsail: "CreateGUISessionAccessDetails GetInstanceAccessDetails",
  sagemaker: "StartSession",
  ssm: "CreateAssociation CreateAssociationBatch ResumeSession SendCommand StartAssociationsOnce StartAutomationExecution StartChangeRequestExecution StartSession UpdateAssociation"
}

/** What shares with other accounts, acts in a role given before, destroys keys, or removes the traces of what was done. */
const others = {
  // A stack that once was given a role is changed in that role, whoever changes it.
  cloudformation:
    "ContinueUpdateRollback CreateStackInstances DeleteStack DeleteStackInstances ExecuteChangeSet RollbackStack UpdateStack UpdateStackInstances UpdateStackSet",
  cloudtrail:
    "DeleteEventDataStore DeleteTrail PutEventSelectors StopEventDataStoreIngestion StopLogging UpdateEventDataStore UpdateTrail",
  ec2: "ModifyImageAttribute",
  eks: "CreateAccessEntry UpdateAccessEntry",
  kms: "CreateGrant ScheduleKeyDeletion",
  rds: "ModifyDBClusterSnapshotAttribute ModifyDBSnapshotAttribute",
  signin: "PutResourcePermissionStatement"
}

/** Further actions, each as `service:Name`. */
export const named: ReadonlyArray<string> = [credentials, logins, shells, others].flatMap((group) =>
  Object.entries(group).flatMap(([service, names]) => names.split(" ").map((name) => `${service}:${name}`))
)

const folded = new Set(named.map(Name.fold))

/** Whether no target hands the action out unless its record names it. */
export const isGuarded = (action: Actions.Action): boolean =>
  action.level === "permissions" || folded.has(action.folded) || (changes(action) && isAboutAccess(action))

const changes = ({ level }: Actions.Action): boolean => level !== "read" && level !== "list"

const isAboutAccess = (action: Actions.Action): boolean =>
  services.has(action.service) || accessPolicy.test(action.folded)
