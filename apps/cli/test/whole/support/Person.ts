/** The person's own signature without the command, for tests that need many tokens and not the signing of them. */
import * as Redacted from "effect/Redacted"
import * as Forge from "./Forge.ts"
import * as Store from "./Store.ts"
import * as World from "./World.ts"

export interface Person {
  readonly identity: Forge.Key
  /** The root of a bearer token as `delegate` would sign it, with whatever is to differ. */
  readonly root: (agent: string, change?: Forge.Payload) => { readonly root: Forge.Root; readonly holder: Forge.Key }
  /** A bearer token's text. */
  readonly lend: (agent: string, change?: Forge.Payload) => string
}

export const policy = (...actions: ReadonlyArray<string>) => ({
  statements: [{ provider: "oidc", actions, resources: ["urn:acme:api"] }],
  deny: []
})

export const of = async (world: World.World): Promise<Person> => {
  const identity = Forge.key(Redacted.value(world.secrets.seed))
  const { log, store } = await world.json(["status"])
  const root: Person["root"] = (agent, change) => {
    const member = agent === World.human ? World.human : `ai:${agent}@${World.project}`
    const delegation = delegationTo(world, member)
    const binding = Forge.delegationKey(identity.seed, delegation)
    const holder = Forge.newKey()
    const iat = Math.floor(Date.now() / 1000)
    const claims = {
      v: 1,
      jti: Forge.newId(),
      project: World.project,
      human: World.human,
      agent: member,
      delegator_kid: identity.kid,
      binding_kid: binding.kid,
      cnf: { jwk: holder.jwk },
      aud: store.authority,
      iat,
      exp: iat + 3600,
      redeem_by: iat + 900,
      depth: 0,
      max_depth: 1,
      policy: policy("orders:read", "orders:write"),
      targets: [{ alias: "dev", provider: "oidc", principal: "urn:acme:api" }],
      budget: {},
      scopes: ["auth"],
      accept_unenforced: [],
      confirmed: "file",
      log,
      ...change
    }
    return { root: Forge.root(claims, { delegator: identity, binding }), holder }
  }
  const lend: Person["lend"] = (agent, change) => {
    const { holder, root: signed } = root(agent, change)
    return Forge.text({ v: 1, tokens: [signed], holder_seed: holder.seed.toString("base64url") })
  }
  return { identity, root, lend }
}

/** The newest record of the relation; the store holds it as signed text. */
const delegationTo = (world: World.World, agent: string): Forge.Payload => {
  const records = Store.read(world, (rows) => rows("SELECT jws FROM records WHERE kind = 'delegation' ORDER BY place"))
  const found = records.map(({ jws }) => Forge.payload(String(jws))).findLast((record) => record.agent === agent)
  if (found === undefined) throw new Error(`nothing was ever lent to ${agent}`)
  return found
}
