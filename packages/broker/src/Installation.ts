/** What a broker knows about itself before it opens its store: whose it is, and where it stands. */
import type { Isolation } from "@bailiwick/core/Isolation"
import type { Kid } from "@bailiwick/core/Kid"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"

export interface Options {
  readonly project: ProjectId
  readonly isolation: Isolation
  /** The pinned founder: a registry that begins with another key is refused. */
  readonly founder?: Kid
}

export class Installation extends Context.Service<Installation, Options>()("@bailiwick/broker/Installation") {
  static readonly layer = (options: Options): Layer.Layer<Installation> => Layer.succeed(Installation, options)
}
