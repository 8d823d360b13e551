/** How the AWS packages call: in bounded time, tried again where that is right, and a target's STS only where it is. */
import type { AwsTarget } from "./AwsTarget.ts"

/** For every client. Node's own agent: whoever runs this process says there whether a proxy lies between, as for `fetch`. */
export const common = async () => {
  const { globalAgent } = await import("node:https")
  return {
    retryMode: "standard",
    maxAttempts: 4,
    requestHandler: {
      connectionTimeout: 3000,
      requestTimeout: 10_000,
      throwOnRequestTimeout: true,
      httpsAgent: globalAgent
    }
  } as const
}

/** Always given: otherwise an endpoint variable or a profile would choose who receives the broker's requests. */
export const at = ({ region, sts }: Pick<AwsTarget, "sts" | "region">) => ({
  region,
  endpoint: sts,
  useFipsEndpoint: false,
  useDualstackEndpoint: false
})
