// `npm run NAME`: sets the workspace up when needed, then runs the task of that name on the workspace's own Node.
import { root, run, setup } from "./setup.mjs"

const [name, ...args] = process.argv.slice(2)
const tasks = ["demo", "test", "interop", "check", "build", "bench"]
if (!tasks.includes(name)) {
  console.error(`run: no task named ${name}\nhint: one of ${tasks.join(", ")}`)
  process.exit(2)
}
setup()
process.exit(run("node", [`${root}scripts/tasks/${name}.mjs`, ...args]))
