// Real peers: a RADOS gateway (STS and S3) against the AWS CLI and SDK. Needs root and the Debian packages of `.ci/run`.
import { run } from "../setup.mjs"

process.exit(
  run("vitest", ["run", "--config", "packages/provider-aws/vitest.interop.config.ts", ...process.argv.slice(2)])
)
