// Real peers: a RADOS gateway (STS and S3) against the AWS CLI and SDKs, and what is published against Node alone.
// Needs root and the Debian packages of `.ci/run`.
import { spawnSync } from "node:child_process"
import { environment, run } from "../setup.mjs"

const programs = ["ceph-mon", "ceph-osd", "ceph", "radosgw", "radosgw-admin", "monmaptool", "/usr/bin/aws", "setpriv"]
const isThere = (program) => spawnSync("sh", ["-c", `command -v ${program}`], { env: environment() }).status === 0
const missing = [...(process.getuid?.() === 0 ? [] : ["root"]), ...programs.filter((program) => !isThere(program))]

if (missing.length > 0) {
  console.error(
    `interop: NOTHING WAS PROVEN: the real gateway needs ${missing.join(", ")}; \`.ci/run\` installs the Debian packages`
  )
  process.exit(process.env.CI ? 1 : 0)
}

process.exit(run("vitest", ["run", "--config", "vitest.interop.config.ts", ...process.argv.slice(2)]))
