/** What the accepted records of a project say at one place of the log and one time (formats §2). */
import type * as DelegationRecord from "@bailiwick/core/DelegationRecord"
import type * as Kid from "@bailiwick/core/Kid"
import * as MemberId from "@bailiwick/core/MemberId"
import * as MemberRecord from "@bailiwick/core/MemberRecord"
import * as RecordRegistry from "@bailiwick/core/ports/RecordRegistry"
import type * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import type * as UnixTime from "@bailiwick/core/UnixTime"
import * as Arr from "effect/Array"
import * as Option from "effect/Option"
import type { PublicKey } from "../PublicKey.ts"

/** Where to look: a record counts from its own place on, a member from `valid_from` until before `revoked_at`. */
export interface Moment {
  readonly place: number
  readonly time: UnixTime.UnixTime
}

/** One accepted record at its place, with the checked key that it brings. */
export interface Standing<Payload> {
  readonly place: number
  readonly hash: string
  readonly payload: Payload
  readonly key: Option.Option<PublicKey>
}

/** The chains as accepted so far, oldest first in each. */
export interface Chains {
  readonly project: Arr.NonEmptyReadonlyArray<Standing<ProjectRecord.ProjectRecord>>
  readonly members: ReadonlyMap<string, ReadonlyArray<Standing<MemberRecord.MemberRecord>>>
  readonly delegations: ReadonlyMap<string, ReadonlyArray<Standing<DelegationRecord.DelegationRecord>>>
}

export interface View {
  readonly moment: Moment
  readonly project: ProjectRecord.ProjectRecord
  /** The newest record of a member, in force or not; a sub-agent's is that of its NAME. */
  readonly member: (id: MemberId.MemberId) => Option.Option<MemberRecord.MemberRecord>
  /** The same, only if it is in force at this time. */
  readonly memberInForce: (id: MemberId.MemberId) => Option.Option<MemberRecord.MemberRecord>
  /** The newest record of every member, in force or not. */
  readonly members: ReadonlyArray<MemberRecord.MemberRecord>
  /** The enrolled key of a member in force. */
  readonly keyOf: (id: MemberId.MemberId) => Option.Option<PublicKey>
  /** The member in force whose enrolled key this is. */
  readonly bearer: (kid: Kid.Kid) => Option.Option<MemberRecord.MemberRecord>
  /** The newest record of a delegation, ended or not. */
  readonly delegation: (
    human: MemberId.HumanId,
    agent: MemberId.MemberId
  ) => Option.Option<DelegationRecord.DelegationRecord>
  /** The newest record of every delegation, ended or not. */
  readonly delegations: ReadonlyArray<DelegationRecord.DelegationRecord>
  /** The delegation key's public half, unless the delegation is ended. */
  readonly verifierOf: (human: MemberId.HumanId, agent: MemberId.MemberId) => Option.Option<PublicKey>
  /** The owners who count: human members in force whose key stands in the project record. */
  readonly owners: ReadonlyArray<MemberRecord.MemberRecord>
  readonly isOwner: (human: MemberId.HumanId) => boolean
}

export const make = (chains: Chains, moment: Moment): View => {
  const newest = <Payload>(chain: ReadonlyArray<Standing<Payload>> | undefined): Option.Option<Standing<Payload>> =>
    Arr.findLast(chain ?? [], (standing) => standing.place <= moment.place)
  const project = Option.getOrElse(newest(chains.project), () => chains.project[0]).payload
  const isInForce = (record: MemberRecord.MemberRecord) => MemberRecord.isInForce(record, moment.time)

  const standingMember = (id: MemberId.MemberId) =>
    newest(chains.members.get(MemberId.isAgent(id) ? MemberId.enrolled(id) : id))
  const standingDelegation = (human: MemberId.HumanId, agent: MemberId.MemberId) =>
    newest(
      chains.delegations.get(
        RecordRegistry.delegationChain(human, MemberId.isAgent(agent) ? MemberId.enrolled(agent) : agent)
      )
    )
  const standingMembers = Arr.getSomes(Arr.map([...chains.members.values()], newest))
  const inForce = standingMembers.filter((standing) => isInForce(standing.payload))
  const hasKey = (kid: Kid.Kid) => (standing: Standing<MemberRecord.MemberRecord>) =>
    Option.exists(standing.key, (key) => key.kid === kid)

  const owners = inForce
    .filter(
      (standing) =>
        standing.payload.kind === "human" && Option.exists(standing.key, (key) => project.owners.includes(key.kid))
    )
    .map((standing) => standing.payload)

  return {
    moment,
    project,
    member: (id) => Option.map(standingMember(id), (standing) => standing.payload),
    memberInForce: (id) =>
      standingMember(id).pipe(
        Option.map((standing) => standing.payload),
        Option.filter(isInForce)
      ),
    members: standingMembers.map((standing) => standing.payload),
    keyOf: (id) =>
      standingMember(id).pipe(
        Option.filter((standing) => isInForce(standing.payload)),
        Option.flatMap((standing) => standing.key)
      ),
    bearer: (kid) => Option.map(Arr.findFirst(inForce, hasKey(kid)), (standing) => standing.payload),
    delegation: (human, agent) => Option.map(standingDelegation(human, agent), (standing) => standing.payload),
    delegations: Arr.getSomes(Arr.map([...chains.delegations.values()], newest)).map((standing) => standing.payload),
    verifierOf: (human, agent) =>
      standingDelegation(human, agent).pipe(
        Option.filter((standing) => standing.payload.ended === undefined),
        Option.flatMap((standing) => standing.key)
      ),
    owners,
    isOwner: (human) => owners.some((owner) => owner.member === human)
  }
}

/** The view behind everything accepted so far, at this time. */
export const everything = (time: UnixTime.UnixTime): Moment => ({ place: Number.MAX_SAFE_INTEGER, time })
