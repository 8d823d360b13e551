/** One real gateway for all files of a run of vitest that names this file as its `globalSetup`. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { inject } from "vitest"
import type { TestProject } from "vitest/node"
import * as CephGateway from "./CephGateway.ts"

declare module "vitest" {
  export interface ProvidedContext {
    gateway: CephGateway.Gateway
  }
}

/** The gateway, in a test. Files share its users and its role, so each makes a bucket of its own. */
export const get = (): CephGateway.Gateway => inject("gateway")

/** Starts it before the first file, and ends it after the last. */
export default async ({ provide }: TestProject): Promise<() => Promise<void>> => {
  const scope = await Effect.runPromise(Scope.make())
  const close = () => Effect.runPromise(Scope.close(scope, Exit.void))
  try {
    provide("gateway", await Effect.runPromise(Scope.provide(CephGateway.make, scope)))
  } catch (error) {
    await close()
    throw error
  }
  return close
}
