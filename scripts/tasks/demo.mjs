// Runs the demo, and says where to read it.
import { run } from "../setup.mjs"

const status = run("node", ["demo/demo.mjs"])
if (status === 0) console.error("demo: the script is demo/demo.mjs")
else console.error("demo: failed; the command above did not do what the story says")
process.exit(status)
