/** How SDKs and the AWS CLI name services and their APIs, where IAM names them otherwise. */

/** IAM's prefix of a service, by the id that SDKs give it. */
export const prefixes: ReadonlyMap<string, string> = new Map([
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
export const renamed: ReadonlyMap<string, string> = new Map([
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

/** Further APIs that are no actions, with those that they need: enough for a hint, and not for telling what was refused. */
export const meant: ReadonlyMap<string, ReadonlyArray<string>> = new Map([
  ["dynamodb:TransactGetItems", ["dynamodb:GetItem"]],
  ["dynamodb:TransactWriteItems", ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]],
  ["kms:ReEncrypt", ["kms:ReEncryptFrom", "kms:ReEncryptTo"]],
  ["s3:CopyObject", ["s3:GetObject", "s3:PutObject"]],
  ["s3:GetBucketEncryption", ["s3:GetEncryptionConfiguration"]],
  ["s3:GetBucketLifecycleConfiguration", ["s3:GetLifecycleConfiguration"]],
  ["s3:GetBucketReplication", ["s3:GetReplicationConfiguration"]],
  ["sns:PublishBatch", ["sns:Publish"]],
  ["sqs:ChangeMessageVisibilityBatch", ["sqs:ChangeMessageVisibility"]],
  ["sqs:DeleteMessageBatch", ["sqs:DeleteMessage"]],
  ["sqs:SendMessageBatch", ["sqs:SendMessage"]]
])

/** Further names of services, as the AWS CLI and people write them. */
export const aliases: ReadonlyMap<string, string> = new Map([
  ["bedrock-runtime", "bedrock"],
  ["cognito", "cognito-idp"],
  ["elb", "elasticloadbalancing"],
  ["elbv2", "elasticloadbalancing"],
  ["emr", "elasticmapreduce"],
  ["msk", "kafka"],
  ["mwaa", "airflow"],
  ["opensearch", "es"],
  ["stepfunctions", "states"]
])
