/** Runs a command inside the current project's broker. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import { StateDirectory } from "@bailiwick/storage/StateDirectory"
import * as Pin from "../client/Pin.ts"
import * as Broker from "./Broker.ts"
import * as Project from "./Project.ts"

export const inProject = <A, E, R>(use: (project: ProjectId) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const project = yield* Project.current
    const directory = (yield* StateDirectory).project(project)
    const pin = yield* Pin.read(project)
    const founder = Option.match(pin, { onNone: () => ({}), onSome: ({ founder }) => ({ founder }) })
    return yield* Effect.provide(use(project), Broker.layer({ project, directory, ...founder }))
  })
