/**
 * A project with targets at a fake AWS that decides by policies, and the broker's own login there: so a test sees what an
 * agent can really do with what it is given.
 */
import * as FakeAws from "@bailiwick/testkit/aws/FakeAws"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Path from "node:path"
import type * as Forge from "./Forge.ts"
import * as RecordText from "./RecordText.ts"
import * as World from "./World.ts"

export type Variables = Readonly<Record<string, string>>

/** Asks for the team's objects, to read them. */
export const read = ["--on", "cloud", "--allow", "s3:GetObject", "--resource", "s3://acme/team/*"]

/** The command of a child with the real SDK, which does what its arguments say. */
export const child = [process.execPath, Path.join(import.meta.dirname, "S3Child.cjs")]

/** A key as SDKs find it in an environment. */
export const keyOf = ({ accessKeyId, secretAccessKey, sessionToken }: FakeAws.Key): Variables => ({
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken })
})

export class AwsWorld extends World.World {
  readonly aws: FakeAws.FakeAws
  /** The broker's own. */
  readonly login: Variables
  private readonly scope: Scope.Closeable

  constructor({ entry, home, secrets }: World.World, aws: FakeAws.FakeAws, scope: Scope.Closeable) {
    super(entry, home, secrets)
    this.aws = aws
    this.login = { ...keyOf(aws.broker), AWS_REGION: RecordText.region }
    this.scope = scope
  }

  /** The environment of an agent in a new session with this grant, beside the broker's login. */
  async agent(grant: ReadonlyArray<string>, name = "claude"): Promise<Variables> {
    return { ...this.login, BAILIWICK_SESSION: await this.session(name, grant) }
  }

  /** What the SDK in the child of a run says of each step, and at last what of AWS stands in its environment. */
  async sdk(
    flags: ReadonlyArray<string>,
    steps: ReadonlyArray<string>,
    env: Variables
  ): Promise<ReadonlyArray<Forge.Json>> {
    const text = await this.must(["run", ...flags, "--", ...child, ...steps], { env })
    return text.split("\n").map((line) => JSON.parse(line))
  }

  /** The sessions that AWS was asked for by role, until now. */
  assumed(): FakeAws.FakeAws["calls"] {
    return this.aws.calls.filter(({ action }) => action === "AssumeRole")
  }

  async close(): Promise<void> {
    this.remove()
    await Effect.runPromise(Scope.close(this.scope, Exit.void))
  }
}

/** With a record that may speak of this AWS, once the test has put into it what it needs. */
export const open = async (
  record: (aws: FakeAws.FakeAws) => RecordText.Fields | Promise<RecordText.Fields>
): Promise<AwsWorld> => {
  const scope = await Effect.runPromise(Scope.make())
  const aws = await Effect.runPromise(Scope.provide(FakeAws.make, scope))
  const fields = await record(aws)
  const world = new AwsWorld(await World.found(), aws, scope)
  await world.apply(fields)
  return world
}
