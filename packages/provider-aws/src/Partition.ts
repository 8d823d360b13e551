/** The partitions of AWS: where STS and IAM answer in each. */

export interface Partition {
  /** Where the target names no region. */
  readonly region: string
  /** With which the names of its regions begin; of the first partition's none begins like another's. */
  readonly prefix: string
  /** Behind `sts.REGION.`. */
  readonly suffix: string
  /** IAM is one service for a whole partition. */
  readonly iam: { readonly host: string; readonly region: string }
}

const partitions: ReadonlyMap<string, Partition> = new Map([
  [
    "aws",
    {
      region: "us-east-1",
      prefix: "",
      suffix: "amazonaws.com",
      iam: { host: "iam.amazonaws.com", region: "us-east-1" }
    }
  ],
  [
    "aws-cn",
    {
      region: "cn-north-1",
      prefix: "cn-",
      suffix: "amazonaws.com.cn",
      iam: { host: "iam.cn-north-1.amazonaws.com.cn", region: "cn-north-1" }
    }
  ],
  [
    "aws-us-gov",
    {
      region: "us-gov-west-1",
      prefix: "us-gov-",
      suffix: "amazonaws.com",
      iam: { host: "iam.us-gov.amazonaws.com", region: "us-gov-west-1" }
    }
  ],
  [
    "aws-eusc",
    {
      region: "eusc-de-east-1",
      prefix: "eusc-",
      suffix: "amazonaws.eu",
      iam: { host: "iam.eusc-de-east-1.amazonaws.eu", region: "eusc-de-east-1" }
    }
  ],
  [
    "aws-iso",
    {
      region: "us-iso-east-1",
      prefix: "us-iso-",
      suffix: "c2s.ic.gov",
      iam: { host: "iam.us-iso-east-1.c2s.ic.gov", region: "us-iso-east-1" }
    }
  ],
  [
    "aws-iso-b",
    {
      region: "us-isob-east-1",
      prefix: "us-isob-",
      suffix: "sc2s.sgov.gov",
      iam: { host: "iam.us-isob-east-1.sc2s.sgov.gov", region: "us-isob-east-1" }
    }
  ],
  [
    "aws-iso-e",
    {
      region: "eu-isoe-west-1",
      prefix: "eu-isoe-",
      suffix: "cloud.adc-e.uk",
      iam: { host: "iam.eu-isoe-west-1.cloud.adc-e.uk", region: "eu-isoe-west-1" }
    }
  ],
  [
    "aws-iso-f",
    {
      region: "us-isof-south-1",
      prefix: "us-isof-",
      suffix: "csp.hci.ic.gov",
      iam: { host: "iam.us-isof-south-1.csp.hci.ic.gov", region: "us-isof-south-1" }
    }
  ]
])

/** Undefined for a partition that is not known here; its targets name an endpoint. */
export const of = (name: string): Partition | undefined => partitions.get(name)

/** The name of the partition that a region belongs to, by its name. */
export const ofRegion = (region: string): string =>
  [...partitions].find(([, { prefix }]) => prefix !== "" && region.startsWith(prefix))?.[0] ?? "aws"

/**
 * Whether a host is one of the partition's own for STS and nothing else: by FIPS, by dual stack or in a VPC
 * (`sts-fips.us-east-1.amazonaws.com`, `sts.eu-west-1.api.aws`, `vpce-….sts.eu-west-1.vpce.amazonaws.com`).
 */
export const isSts = ({ suffix }: Partition, host: string): boolean =>
  /(?:^|\.)sts(?:-fips)?\./u.test(host) &&
  [suffix, "api.aws", "api.amazonwebservices.com.cn"].some((end) => host.endsWith(`.${end}`))
