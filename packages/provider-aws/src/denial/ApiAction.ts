/**
 * The IAM action behind a call that an SDK names by service and API.
 *
 * Most actions bear the name of their API. Where they do not, and where one call needs several, only what is certain is
 * said: for everything else there is no answer.
 */
import * as Actions from "../Actions.ts"

/** IAM's prefix of a service, by the id that SDKs give it. */
const prefixes: ReadonlyMap<string, string> = new Map([
  ["ACM", "acm"],
  ["Athena", "athena"],
  ["Auto Scaling", "autoscaling"],
  ["Backup", "backup"],
  ["Batch", "batch"],
  ["Bedrock", "bedrock"],
  ["CloudFormation", "cloudformation"],
  ["CloudFront", "cloudfront"],
  ["CloudTrail", "cloudtrail"],
  ["CloudWatch", "cloudwatch"],
  ["CloudWatch Logs", "logs"],
  ["CodeBuild", "codebuild"],
  ["CodeCommit", "codecommit"],
  ["CodePipeline", "codepipeline"],
  ["DynamoDB", "dynamodb"],
  ["EC2", "ec2"],
  ["ECR", "ecr"],
  ["ECS", "ecs"],
  ["EFS", "elasticfilesystem"],
  ["EKS", "eks"],
  ["ElastiCache", "elasticache"],
  ["Elastic Load Balancing", "elasticloadbalancing"],
  ["Elastic Load Balancing v2", "elasticloadbalancing"],
  ["EventBridge", "events"],
  ["Firehose", "firehose"],
  ["Glue", "glue"],
  ["IAM", "iam"],
  ["Kinesis", "kinesis"],
  ["KMS", "kms"],
  ["Lambda", "lambda"],
  ["Organizations", "organizations"],
  ["RDS", "rds"],
  ["Redshift", "redshift"],
  ["Route 53", "route53"],
  ["S3", "s3"],
  ["Secrets Manager", "secretsmanager"],
  ["SFN", "states"],
  ["SNS", "sns"],
  ["SQS", "sqs"],
  ["SSM", "ssm"],
  ["STS", "sts"]
])

/** APIs whose action has another name (Service Authorization Reference). */
const renamed: ReadonlyMap<string, string> = new Map([
  ["lambda:Invoke", "lambda:InvokeFunction"],
  ["s3:CompleteMultipartUpload", "s3:PutObject"],
  ["s3:CreateMultipartUpload", "s3:PutObject"],
  ["s3:DeleteObjects", "s3:DeleteObject"],
  ["s3:HeadBucket", "s3:ListBucket"],
  ["s3:HeadObject", "s3:GetObject"],
  ["s3:ListBuckets", "s3:ListAllMyBuckets"],
  ["s3:ListMultipartUploads", "s3:ListBucketMultipartUploads"],
  ["s3:ListObjects", "s3:ListBucket"],
  ["s3:ListObjectsV2", "s3:ListBucket"],
  ["s3:ListObjectVersions", "s3:ListBucketVersions"],
  ["s3:ListParts", "s3:ListMultipartUploadParts"],
  ["s3:UploadPart", "s3:PutObject"]
])

/** Undefined for a service or an API whose action is not certain. */
export const of = (table: Actions.Table, service: string, api: string): Actions.Action | undefined => {
  const prefix = prefixes.get(service)
  if (prefix === undefined || !/^[A-Za-z0-9]{1,128}$/u.test(api)) return undefined
  const text = `${prefix}:${api}`
  return Actions.matching(table, renamed.get(text) ?? text)[0]
}
