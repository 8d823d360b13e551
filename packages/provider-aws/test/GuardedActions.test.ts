import * as Policy from "@bailiwick/core/Policy"
import * as Actions from "@bailiwick/provider-aws/Actions"
import { isGuarded, named } from "@bailiwick/provider-aws/document/GuardedActions"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"

const find = Effect.fnUntraced(function* (text: string) {
  const [action] = Actions.matching(yield* Actions.load, text)
  assert.isDefined(action, text)
  return action
})

describe("guarded actions", () => {
  it.effect("are actions of AWS, each named once", () =>
    Effect.gen(function* () {
      const table = yield* Actions.load
      assert.deepStrictEqual(
        named.filter((text) => Actions.matching(table, text).length === 0),
        []
      )
      assert.strictEqual(new Set(named).size, named.length)
    })
  )

  it.effect.each([
    "deadline:AssumeQueueRoleForUser",
    "eks-auth:AssumeRoleForPodIdentity",
    "ecs:Poll",
    "signin:CreateOAuth2Token",
    "ssm:GetAccessToken",
    "finspace-api:GetProgrammaticAccessCredentials",
    "redshift-serverless:GetCredentials",
    "sagemaker:CreatePresignedDomainUrl",
    "connect:GetFederationToken",
    "ssm:CreateAssociation",
    "cloudformation:UpdateStack",
    "eks:AssociateAccessPolicy",
    "ram:AssociateResourceShare",
    "rolesanywhere:CreateTrustAnchor",
    "kinesis:PutResourcePolicy",
    "lex:CreateResourcePolicyStatement",
    "logs:PutDestinationPolicy",
    "ec2:ModifyImageAttribute"
  ])("hold %s", (text) =>
    Effect.gen(function* () {
      assert.isTrue(isGuarded(yield* find(text)))
    })
  )

  it.effect.each([
    "ecr:GetAuthorizationToken",
    "codeartifact:GetAuthorizationToken",
    "lambda:UpdateFunctionCode",
    "codebuild:StartBuild",
    "s3express:CreateSession",
    "kinesis:GetResourcePolicy",
    "ram:GetResourceShares",
    "ecr:PutLifecyclePolicy",
    "autoscaling:PutScalingPolicy",
    "logs:PutRetentionPolicy",
    "cloudformation:CreateStack"
  ])("do not hold %s", (text) =>
    Effect.gen(function* () {
      assert.isFalse(isGuarded(yield* find(text)))
    })
  )

  it.effect("hold nothing of a portable verb", () =>
    Effect.gen(function* () {
      const table = yield* Actions.load
      const actions = Policy.verbs.flatMap((verb) => Result.getOrElse(Policy.expandVerbs("aws", [verb]), () => []))
      assert.isAbove(actions.length, 50)
      const guarded = actions.flatMap((text) => Actions.matching(table, text)).filter(isGuarded)
      assert.deepStrictEqual(
        guarded.map(({ text }) => text),
        []
      )
    })
  )
})
