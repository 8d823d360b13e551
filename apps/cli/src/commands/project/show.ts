import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Shape from "../../client/Shape.ts"
import * as Output from "../../ui/Output.ts"
import * as Table from "../../ui/Table.ts"
import { inProject } from "../../wiring/inProject.ts"
import * as Standing from "../../wiring/Standing.ts"

export const show = Command.make("show", {}, () =>
  inProject(() =>
    Effect.gen(function* () {
      const { registry, view } = yield* Standing.read
      const record = view.project
      const owners = view.owners.map(({ member }) => member)
      yield* Output.answer({ ...record, founder: registry.founder, owner_members: owners }, ({ bold, dim }) =>
        [
          Table.pairs([
            ["project", `${record.project} (${record.name})`],
            ["record", `${record.seq}, signed ${UnixTime.toText(record.iat)}`],
            ["founder", registry.founder],
            ["owners", owners.join(", ")],
            [
              "terminal",
              record.require_terminal ? "signatures count only from a terminal" : "signatures count from files too"
            ],
            ["issuer", record.issuer],
            [
              "lifetimes",
              Object.entries(record.ttl)
                .map(([name, seconds]) => `${name} ${seconds} s`)
                .join(", ") || "the defaults"
            ]
          ]),
          "",
          Table.render(
            ["TARGET", "PROVIDER", "PRINCIPAL"],
            Object.entries(record.targets).map(([alias, { principal, provider }]) => [alias, provider, principal]),
            dim
          ),
          "",
          bold("ceiling"),
          ...Shape.policy(record.ceiling),
          ...Shape.policy({ statements: [], deny: record.deny }),
          ...Object.entries(record.profiles).flatMap(([name, policy]) => [
            bold(`profile ${name}`),
            ...Shape.policy(policy)
          ])
        ].join("\n")
      )
    })
  )
).pipe(Command.withDescription("Show the project record in force"))
