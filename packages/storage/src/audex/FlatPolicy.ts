/** The policy of a session as the original writes it: every action on every resource. */
import type { Members } from "./AudexJson.ts"

/** The clouds that the original knows; an `oidc` session has no form there. */
export type Provider = (typeof providers)[number]

export const providers = ["aws", "gcp", "azure"] as const

export interface Action {
  readonly service: string
  readonly action: string
  /** What the original would drop. */
  readonly unknown?: Members
}

export interface FlatPolicy {
  readonly actions: ReadonlyArray<Action>
  readonly resources: ReadonlyArray<string>
  readonly unknown?: Members
}

/** An action as its cloud writes it: `s3:GetObject`, `storage.objects.get`, `Microsoft.Storage/storageAccounts/read`. */
export const actionText = (provider: Provider, { action, service }: Action): string =>
  `${service}${separators[provider]}${action}`

/** Cut at the first separator of its cloud; undefined for text without one, or with nothing on a side of it. */
export const splitAction = (provider: Provider, text: string): Action | undefined => {
  const at = text.indexOf(separators[provider])
  return at < 1 || at === text.length - 1 ? undefined : { service: text.slice(0, at), action: text.slice(at + 1) }
}

/** Whether it names the same actions and the same resources, as texts: order and repeats do not count, case does. */
export const says = (
  policy: FlatPolicy,
  provider: Provider,
  actions: ReadonlyArray<string>,
  resources: ReadonlyArray<string>
): boolean =>
  isSameSet(policy.resources, resources) &&
  isSameSet(
    policy.actions.map((action) => actionText(provider, action)),
    actions
  )

const separators = { aws: ":", gcp: ".", azure: "/" } as const

const isSameSet = (one: ReadonlyArray<string>, other: ReadonlyArray<string>): boolean => {
  const [left, right] = [new Set(one), new Set(other)]
  return left.size === right.size && [...left].every((text) => right.has(text))
}
