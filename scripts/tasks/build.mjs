// Compiles every published package and bundles the command-line tool.
import { run } from "../setup.mjs"

process.exit(run("pnpm", ["exec", "turbo", "run", "build", "bundle"]))
