/**
 * The environment of a child: its parent's without any ambient credential, with the tools of every cloud pointed at empty
 * configuration, plus what is delivered.
 *
 * It stops mistakes and default credential chains. It does not stop code that reads `~/.aws` by itself: that code runs as
 * the same user, and only another uid keeps it away.
 */
import * as AmbientVariable from "./AmbientVariable.ts"

export type Environment = Readonly<Record<string, string>>

export interface Options {
  /** As the parent has it: `process.env`. */
  readonly parent: Readonly<Record<string, string | undefined>>
  /** An empty private directory of this run, in which the tools find nothing and may write what they like. */
  readonly configuration: string
  /** What the child receives; wins over everything else. */
  readonly delivered: Environment
  /** Single variables of {@link AmbientVariable.names} to keep; a family is never kept. */
  readonly keep?: ReadonlyArray<string>
  /** On `win32` names are compared without case. */
  readonly platform: NodeJS.Platform
}

/** Builds it. The parent's order is kept; nothing of the parent is changed. */
export const build = (options: Options): Environment => {
  const fold = options.platform === "win32" ? (name: string) => name.toUpperCase() : (name: string) => name
  const environment = new Map<string, readonly [name: string, value: string]>()
  const set = (name: string, value: string) => environment.set(fold(name), [name, value])

  const kept = new Set((options.keep ?? []).map((name) => name.toUpperCase()).filter(AmbientVariable.isSingle))
  for (const [name, value] of Object.entries(options.parent)) {
    if (value !== undefined && !isRemoved(name, kept) && !AmbientVariable.setsJavaLogin(value)) set(name, value)
  }
  for (const [name, value] of Object.entries(neutral(options.configuration, options.platform))) {
    if (!kept.has(name)) set(name, value)
  }
  const [upper, lower] = ["NO_PROXY", "no_proxy"].map((name) => environment.get(fold(name))?.[1])
  set("no_proxy", withLoopback(lower ?? upper ?? ""))
  set("NO_PROXY", withLoopback(upper ?? lower ?? ""))
  for (const [name, value] of Object.entries(options.delivered)) set(name, value)
  return Object.fromEntries(environment.values())
}

// Whoever writes `aws_profile` on a system with case means nothing that an SDK reads; removing it too costs nothing.
const isRemoved = (name: string, kept: ReadonlySet<string>): boolean => {
  const upper = name.toUpperCase()
  return !kept.has(upper) && (AmbientVariable.isOfFamily(upper) || AmbientVariable.isSingle(upper))
}

/**
 * Where the tools look when their variables are gone, turned towards nothing.
 *
 * Taking a variable away is not enough: without it an SDK looks into the home directory, and then asks the metadata server
 * of the machine that it runs on.
 */
const neutral = (configuration: string, platform: NodeJS.Platform): Environment => {
  const separator = platform === "win32" ? "\\" : "/"
  const inside = (name: string) => `${configuration}${separator}${name}`
  return {
    AWS_CONFIG_FILE: inside("aws-config"),
    AWS_SHARED_CREDENTIALS_FILE: inside("aws-credentials"),
    AWS_CREDENTIAL_PROFILES_FILE: inside("aws-credentials"),
    AWS_EC2_METADATA_DISABLED: "true",
    BOTO_CONFIG: inside("boto"),
    // These prefer their own file to the variables that a child is given.
    S3CMD_CONFIG: inside("s3cfg"),
    RCLONE_CONFIG: inside("rclone.conf"),
    MC_CONFIG_DIR: inside("mc"),
    CLOUDSDK_CONFIG: inside("gcloud"),
    // Not every Google SDK looks for the user's login under CLOUDSDK_CONFIG; all of them stop at a file that is named here.
    GOOGLE_APPLICATION_CREDENTIALS: inside("no-google-login-in-a-bailiwick-run.json"),
    METADATA_SERVER_DETECTION: "none",
    NO_GCE_CHECK: "true",
    // Nothing answers at the discard port, and only root could make something answer.
    GCE_METADATA_HOST: "127.0.0.1:9",
    GCE_METADATA_IP: "127.0.0.1:9",
    GCE_METADATA_ROOT: "127.0.0.1:9",
    AZURE_CONFIG_DIR: inside("azure"),
    AZD_CONFIG_DIR: inside("azd"),
    // DefaultAzureCredential asks the environment alone, and finds nothing there.
    AZURE_TOKEN_CREDENTIALS: "EnvironmentCredential",
    KUBECONFIG: inside("kubeconfig")
  }
}

/** A proxy must not see what a child asks of the loopback endpoint; `*` excludes every host already. */
const withLoopback = (list: string): string => {
  const hosts = list
    .split(",")
    .map((host) => host.trim())
    .filter((host) => host !== "")
  return hosts.includes("127.0.0.1") || hosts.includes("*") ? list : [...hosts, "127.0.0.1"].join(",")
}
