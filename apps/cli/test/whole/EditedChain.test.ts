/**
 * An agent that edits its chain, where it lies: in the store of its own user, which it can write.
 *
 * It holds its session's key and, since it redeemed a bearer token, the holder's key too; so beside edits that break a
 * signature there are those that it can sign again.
 */
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterAll, afterEach, assert, beforeAll, describe, it } from "vitest"
import * as Forge from "./support/Forge.ts"
import * as Person from "./support/Person.ts"
import * as Store from "./support/Store.ts"
import * as World from "./support/World.ts"

const ask = ["run", "--on", "dev", "--allow", "orders:read", "--", "true"]
const askMore = ["run", "--on", "dev", "--allow", "orders:delete", "--", "true"]

let world: World.World
let person: Person.Person
let token: Forge.Token
let session: string
let own: Forge.Chain

beforeAll(async () => {
  world = await World.found()
  person = await Person.of(world)
  const text = person.lend("claude")
  token = Forge.read(text)
  session = await world.redeem(text)
  // What the agent finds in the store about itself.
  const [row] = Store.read(world, (rows) =>
    rows(`SELECT proof FROM auth_sessions WHERE id = '${Forge.readSession(session).id}'`)
  )
  own = JSON.parse(String(row?.proof))
}, World.patience)
afterEach(() => plant(own))
afterAll(() => world.remove())

/** Writes another chain in its place, and makes the redemption fit, as somebody with the file in hand can. */
const plant = ({ tokens }: Forge.Chain): void => {
  const database = new DatabaseSync(Path.join(world.store, "store.db"), { timeout: 10_000 })
  const jtis = tokens.map((token) => Forge.payload(token).jti)
  database
    .prepare("UPDATE auth_sessions SET proof = ?, lineage = ?, human = ?, agent = ?, expires = 9999999999 WHERE id = ?")
    .run(
      JSON.stringify({ v: 1, tokens }),
      JSON.stringify(jtis),
      World.human,
      "ai:claude@acme",
      Forge.readSession(session).id
    )
  database
    .prepare("UPDATE redemptions SET hop = ? WHERE session = ?")
    .run(Forge.hash(tokens[1] ?? ""), Forge.readSession(session).id)
  database.close()
}

/** The session hop once more, signed by the holder's key over other claims. */
const signedAgain = (change: Forge.Payload): Forge.Chain => {
  const [root, hop = ""] = own.tokens
  return { v: 1, tokens: [root, Forge.compact("session", { ...Forge.payload(hop), ...change }, Forge.holder(token))] }
}

const refuses = async (exit: number, message: RegExp): Promise<void> => {
  await Promise.all([["whoami"], ask, askMore].map((args) => world.refused(args, { exit, message }, world.as(session))))
}

describe("an agent that edits its chain gets no more than it, and never becomes the person", () => {
  it("acts by a chain that it signed again without a change, which shows that the edits below reach the judgement", async () => {
    plant(signedAgain({ jti: Forge.newId() }))
    assert.strictEqual((await world.json(["whoami"], world.as(session))).agent, "ai:claude@acme")
    await world.must(ask, world.as(session))
    await world.refused(askMore, { exit: 4, message: /orders:delete/u }, world.as(session))
  })

  it("is refused with claims changed under the old signature", async () => {
    const [root, hop = ""] = own.tokens
    plant({ v: 1, tokens: [root, Forge.edited(hop, { exp: Forge.payload(hop).exp - 1 })] })
    await refuses(3, /signature of the (root|session) token/u)
  })

  it("is refused with a longer life", async () => {
    const { exp } = Forge.payload(token.tokens[0])
    plant(signedAgain({ exp: exp + 1 }))
    await refuses(4, /\(exp\)/u)
  })

  it("is refused with a wider policy in its hop", async () => {
    plant(signedAgain({ policy: Person.policy("orders:read", "orders:write", "orders:delete") }))
    await refuses(4, /orders:delete/u)
  })

  it("is refused with another target in its hop", async () => {
    plant(
      signedAgain({
        targets: [
          { alias: "dev", provider: "oidc", principal: "urn:acme:api" },
          { alias: "prod", provider: "oidc", principal: "urn:x" }
        ]
      })
    )
    await refuses(4, /prod/u)
  })

  it("is refused with more depth, scopes or accepted dimensions than its parent", async () => {
    for (const [change, message] of [
      [{ max_depth: 4 }, /\(max_depth\): 4/u],
      [{ scopes: ["auth", "crypt"] }, /\(scopes\): crypt/u],
      [{ accept_unenforced: ["actions"] }, /\(accept_unenforced\): actions/u]
    ] as const) {
      plant(signedAgain(change))
      await refuses(4, message)
    }
  })

  it("is refused as another agent", async () => {
    plant(signedAgain({ agent: "ai:other@acme" }))
    await refuses(3, /acts as another than its grant names/u)
  })

  it("is refused as the person, in its hop and in a root that it signs itself", async () => {
    plant(signedAgain({ agent: World.human }))
    await refuses(3, /acts as another than its grant names/u)
    const mine = Forge.holder(token)
    const root = Forge.root(
      {
        ...Forge.payload(token.tokens[0]),
        agent: World.human,
        delegator_kid: mine.kid,
        binding_kid: mine.kid,
        policy: Person.policy("*")
      },
      { delegator: mine, binding: mine }
    )
    plant(Forge.hop("session", { v: 1, tokens: [root] }, mine, { cnf: { jwk: Forge.readSession(session).key.jwk } }))
    await refuses(3, /another key than its place asks for/u)
  })

  it("is refused with a root whose claims it changed under the person's signatures", async () => {
    const [root, hop = ""] = own.tokens
    const payload = Buffer.from(JSON.stringify({ ...Forge.payload(root), policy: Person.policy("*") })).toString(
      "base64url"
    )
    plant({ v: 1, tokens: [{ ...root, payload }, hop] })
    await refuses(3, /signature of the (root|session) token/u)
  })

  it("is refused as a session of the person that it writes into the store itself", async () => {
    const key = Forge.newKey()
    const id = Forge.storageId(World.project, World.human, key)
    const now = Math.floor(Date.now() / 1000)
    const claims = {
      member: World.human,
      project_id: World.project,
      created: now,
      expires: now + 600,
      session_public_key: Buffer.from(key.jwk.x, "base64url").toString("hex"),
      tty: "/dev/pts/1",
      binding: Forge.hash("x")
    }
    const proof = JSON.stringify({
      claims,
      signature: Forge.signature(`bailiwick-session-v1\n${JSON.stringify(claims)}`, key)
    })
    const database = new DatabaseSync(Path.join(world.store, "store.db"), { timeout: 10_000 })
    database
      .prepare(
        "INSERT INTO auth_sessions (id, kind, human, agent, proof, lineage, created, expires, used, status) VALUES (?, 'human', ?, NULL, ?, '[]', ?, ?, ?, 'active')"
      )
      .run(id, World.human, proof, now, now + 600, now)
    database.close()
    await world.refused(
      ["whoami"],
      { exit: 3, message: /signature of the (root|session) token/u },
      world.as(Forge.sessionValue(id, key.seed))
    )
  })
})

describe("an agent that signs grants", () => {
  const grant = (change: Forge.Payload): string => {
    const holder = Forge.newKey()
    const chain = Forge.hop("grant", own, Forge.readSession(session).key, {
      agent: "ai:claude/tests@acme",
      cnf: { jwk: holder.jwk },
      ...change
    })
    return Forge.text({ ...chain, holder_seed: holder.seed.toString("base64url") })
  }

  it("passes a part on to its own sub-agent", async () => {
    const text = grant({ policy: Person.policy("orders:read") })
    const less = await world.redeem(text)
    assert.strictEqual((await world.json(["whoami"], world.as(less))).agent, "ai:claude/tests@acme")
    await world.must(ask, world.as(less))
    await world.refused(
      ["run", "--on", "dev", "--allow", "orders:write", "--", "true"],
      { exit: 4, message: /orders:write/u },
      world.as(less)
    )
  })

  it("is refused when it passes on more than it has", async () => {
    const text = grant({ policy: Person.policy("*") })
    await world.refused(["redeem"], { exit: 4, message: /oidc \* on/u }, { input: text })
  })

  it("is refused in the name of another agent, of the person, and of itself", async () => {
    for (const [agent, exit, message] of [
      ["ai:other@acme", 3, /a grant to ai:other@acme is bound to its enrolled key/u],
      ["ai:other/tests@acme", 3, /a grant to a sub-agent stays under its giver's name/u],
      ["ai:claude@acme", 3, /the chain does not hold together/u],
      [World.human, 2, /a terminal grant has no text form/u]
    ] as const) {
      await world.refused(["redeem"], { exit, message }, { input: grant({ agent }) })
    }
  })
})
