/** Runs a command inside one project's broker. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as NewAuthority from "@bailiwick/broker/NewAuthority"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import { Instance } from "@bailiwick/storage/Instance"
import { StateDirectory } from "@bailiwick/storage/StateDirectory"
import { usage } from "../ui/Failure.ts"
import * as Output from "../ui/Output.ts"
import * as Pin from "../client/Pin.ts"
import * as Broker from "./Broker.ts"
import * as Project from "./Project.ts"

/** The project that was named, else the only one on this machine. */
export const inProject = <A, E, R>(use: (project: ProjectId) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(Project.current, (project) => inBroker(project, use))

/** The project that a token or session speaks of; another one that was named by flag, variable or file is refused. */
export const inProjectOf = <A, E, R>(claimed: ProjectId, use: (project: ProjectId) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const named = yield* Project.named
    if (Option.isSome(named) && named.value !== claimed) {
      return yield* usage(
        "wrong-project",
        `this belongs to project ${claimed}, not to ${named.value}`,
        "choose the project with --project"
      )
    }
    return yield* inBroker(yield* Project.require(claimed), use)
  })

export const inBroker = <A, E, R>(project: ProjectId, use: (project: ProjectId) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const directory = (yield* StateDirectory).project(project)
    const pin = yield* Pin.read(project)
    const founder = Option.match(pin, { onNone: () => ({}), onSome: ({ founder }) => ({ founder }) })
    // What the command opens is closed while its store is still open.
    const run = Effect.andThen(settle, Effect.scoped(use(project)))
    return yield* Effect.provide(run, Broker.layer({ project, directory, ...founder }))
  })

/** A store that was put back from a copy may miss redemptions: before anything else it gets a new authority key. */
const settle = Effect.gen(function* () {
  const instance = yield* Instance
  if (!instance.restored) return
  yield* NewAuthority.afterRestore(instance.renew)
  yield* Output.warn("this store was restored from a copy: every session and token from before is dead")
})
