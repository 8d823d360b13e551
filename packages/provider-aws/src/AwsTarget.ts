/**
 * A target of AWS, read strictly from the project record's definition: nothing else chooses an endpoint, a role or a
 * policy.
 *
 * The principal is a role's ARN. Settings: `external_id`; `method` (`assume-role`, or `scoped` for GetScopedCredentials
 * where the broker's own session is of this role); `attribution` (`full`, or `name` for roles whose trust policy allows no
 * tags and no source identity); `profile` (the broker's own AWS profile); `managed_policies` (`PROFILE=ARN` each) and
 * `guarded_actions` (lists parted by blanks); `revoke` (`role-policy` if the broker may write a denial on the role);
 * `service_endpoint` (for the child, where one server speaks for every service).
 */
import type * as CoreTarget from "@bailiwick/core/Target"
import { Endpoint } from "@bailiwick/core/Target"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as IamText from "./document/IamText.ts"
import * as ManagedPolicies from "./ManagedPolicies.ts"
import * as Near from "./Near.ts"
import * as Partition from "./Partition.ts"
import { quote, type Refusal } from "./Refusal.ts"

export interface Role {
  readonly arn: string
  readonly partition: string
  readonly account: string
  /** Without its path, as sessions and IAM calls name it. */
  readonly name: string
}

export interface AwsTarget {
  readonly role: Role
  readonly region: string
  /** Whether the record names the region: only then a child is told. */
  readonly namesRegion: boolean
  readonly sts: string
  readonly iam: { readonly endpoint: string; readonly region: string }
  readonly externalId?: string
  readonly method: "assume-role" | "scoped"
  readonly attribution: "full" | "name"
  readonly profile?: string
  /** Managed policies that its sessions may be given, each for a profile of the record. */
  readonly managed: ReadonlyArray<ManagedPolicies.Named>
  readonly permitted: ReadonlyArray<string>
  readonly revoke: "none" | "role-policy"
  readonly serviceEndpoint?: string
}

const list = (text: string | undefined): ReadonlyArray<string> => (text ?? "").split(" ").filter((item) => item !== "")

const matching = (pattern: RegExp, message: string) => Schema.String.check(Schema.isPattern(pattern, { message }))

const Settings = Schema.Struct({
  external_id: Schema.optionalKey(
    matching(/^[\w+=,.@:/-]{2,1224}$/u, "2 to 1,224 letters, digits and _+=,.@:/- as AWS takes them")
  ),
  method: Schema.optionalKey(Schema.Literals(["assume-role", "scoped"])),
  attribution: Schema.optionalKey(Schema.Literals(["full", "name"])),
  profile: Schema.optionalKey(matching(/^[\w.@/+-]{1,128}$/u, "the name of a profile")),
  managed_policies: Schema.optionalKey(Schema.String),
  guarded_actions: Schema.optionalKey(Schema.String),
  revoke: Schema.optionalKey(Schema.Literals(["none", "role-policy"])),
  service_endpoint: Schema.optionalKey(Endpoint)
})

/** What a value may be, in words, for those that are more than a text. */
const expected: Readonly<Record<string, string>> = {
  external_id: "it takes 2 to 1,224 letters, digits and _+=,.@:/-",
  method: 'it is "assume-role" or "scoped"',
  attribution: 'it is "full" or "name"',
  profile: "it takes the name of a profile: letters, digits and _.@/+-",
  revoke: 'it is "none" or "role-policy"',
  service_endpoint: "it takes https, or http to localhost, 127.0.0.1 or [::1]"
}

const decodeSettings = Schema.decodeUnknownResult(Settings, { onExcessProperty: "error" })

const role = /^arn:([a-z0-9-]{1,32}):iam::(\d{12})?:role\/(?:[\x21-\x7e]+\/)?([\w+=,.@-]{1,64})$/u

const refuse = (detail: string, hint: string): Result.Result<never, Refusal> =>
  Result.fail({
    reason: "Misconfigured",
    detail,
    hint: `${hint}${hint.endsWith("?") ? " An" : "; an"} owner changes the target and signs it with project apply`
  })

export const read = (definition: CoreTarget.Definition): Result.Result<AwsTarget, Refusal> =>
  Result.gen(function* () {
    const { principal, endpoint } = definition
    const [, partition, account = "", name] = role.exec(principal) ?? []
    if (partition === undefined || name === undefined) {
      return yield* refuse(
        `the target's principal ${quote(principal)} is no role`,
        "give the role's ARN, such as arn:aws:iam::111122223333:role/agent"
      )
    }
    const known = Partition.of(partition)
    if (known === undefined && endpoint === undefined) {
      return yield* refuse(`the partition ${partition} is not known`, "give the target an endpoint")
    }
    const region = definition.region ?? known?.region ?? "us-east-1"
    // The region becomes part of a host name.
    if (!/^[a-z]{2,8}(?:-[a-z0-9]{1,16}){1,4}$/u.test(region)) {
      return yield* refuse(`the target's region ${quote(region)} is none`, "give a region such as eu-west-1")
    }
    if (known !== undefined && endpoint === undefined && Partition.ofRegion(region) !== partition) {
      return yield* refuse(
        `the target's region ${region} is not of the partition ${partition}, as its role is`,
        `give a region such as ${known.region}`
      )
    }
    const settings = yield* readSettings(definition.settings ?? {})
    const managed = yield* ManagedPolicies.read(settings.managed_policies ?? "", { partition, account })
    const permitted = list(settings.guarded_actions)
    yield* IamText.all(permitted, IamText.action)
    const sts = endpoint ?? `https://sts.${region}.${known?.suffix}`
    // An endpoint of STS alone speaks no IAM; any other stands for both.
    const isOwn = known !== undefined && Partition.isSts(known, new URL(sts).hostname)
    return {
      role: { arn: principal, partition, account, name },
      region,
      namesRegion: definition.region !== undefined,
      sts,
      iam: isOwn ? { endpoint: `https://${known.iam.host}`, region: known.iam.region } : { endpoint: sts, region },
      ...(settings.external_id === undefined ? {} : { externalId: settings.external_id }),
      method: settings.method ?? "assume-role",
      attribution: settings.attribution ?? "full",
      ...(settings.profile === undefined ? {} : { profile: settings.profile }),
      managed,
      permitted,
      revoke: settings.revoke ?? "none",
      ...(settings.service_endpoint === undefined ? {} : { serviceEndpoint: settings.service_endpoint })
    }
  })

const readSettings = (settings: Readonly<Record<string, string>>): Result.Result<typeof Settings.Type, Refusal> => {
  const names = Object.keys(Settings.fields)
  const unknown = Object.keys(settings).find((name) => !names.includes(name))
  if (unknown !== undefined) {
    const near = Near.nearest(unknown, names)
    return refuse(
      `the target has a setting ${quote(unknown)}, which means nothing to AWS`,
      near.length === 0 ? `the settings are ${names.join(", ")}` : `did you mean ${near.join(", ")}?`
    )
  }
  return Result.orElse(decodeSettings(settings), () => {
    const isBad = (name: string) => name in settings && Result.isFailure(decodeSettings({ [name]: settings[name] }))
    const bad = names.find(isBad) ?? ""
    return refuse(`the target's setting ${bad} has a value that it cannot have`, expected[bad] ?? "correct it")
  })
}
