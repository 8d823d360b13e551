/** IAM of a fake AWS: the inline policies of roles. */
import { authorise, type Caller, contextOf, Refused, type Role, type World } from "./FakeWorld.ts"
import * as IamEvaluator from "./IamEvaluator.ts"

type Parameters = ReadonlyMap<string, string>

const maximum = 10_240

/** IAM counts no white space. */
const sizeOf = (documents: ReadonlyArray<string>): number => documents.join("").replaceAll(/\s/gu, "").length

const missing = (name: string): never => {
  throw new Refused(404, "NoSuchEntity", `The role policy with name ${name} cannot be found.`)
}

const roleOf = (world: World, parameters: Parameters): Role => {
  const name = parameters.get("RoleName")
  const role = [...world.roles.values()].find((each) => each.name === name)
  if (role === undefined) throw new Refused(404, "NoSuchEntity", `The role with name ${name} cannot be found.`)
  return role
}

const actions: Readonly<Record<string, (role: Role, parameters: Parameters) => string>> = {
  GetRolePolicy: (role, parameters) => {
    const name = parameters.get("PolicyName") ?? ""
    const text = role.inline.get(name)
    if (text === undefined) return missing(name)
    return `<RoleName>${role.name}</RoleName><PolicyName>${name}</PolicyName><PolicyDocument>${encodeURIComponent(text)}</PolicyDocument>`
  },
  PutRolePolicy: (role, parameters) => {
    const name = parameters.get("PolicyName") ?? ""
    const text = parameters.get("PolicyDocument") ?? ""
    try {
      IamEvaluator.parse(text)
    } catch (error) {
      throw new Refused(400, "MalformedPolicyDocument", String(error))
    }
    const others = [...role.inline].filter(([other]) => other !== name).map(([, document]) => document)
    if (sizeOf([...others, text]) > maximum) {
      throw new Refused(409, "LimitExceeded", `Maximum policy size of ${maximum} bytes exceeded for role ${role.name}`)
    }
    role.inline.set(name, text)
    return ""
  },
  DeleteRolePolicy: (role, parameters) => {
    const name = parameters.get("PolicyName") ?? ""
    return role.inline.delete(name) ? "" : missing(name)
  }
}

/** Answers one call. */
export const answer = (world: World, action: string, parameters: Parameters, caller: Caller): string => {
  const run = actions[action]
  if (run === undefined) throw new Refused(400, "InvalidAction", `Could not find operation ${action}`)
  const role = roleOf(world, parameters)
  const asked = { action: `iam:${action}`, resource: role.arn, context: contextOf(caller, world.now()) }
  authorise(caller, asked, `role ${role.name}`)
  return `<${action}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><${action}Result>${run(role, parameters)}</${action}Result></${action}Response>`
}
