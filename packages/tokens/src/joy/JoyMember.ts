/** How Joy names an AI member: `ai:claude@joy` up to 0.22, its plain name `claude` from 0.23 on. */

/** Whether Joy 0.16 takes the member for an AI. */
export const isAgent = (member: string): boolean => member.startsWith("ai:")

/** Later a plain name, neither an address nor an opaque id, is one too. */
export const isLaterAgent = (member: string): boolean =>
  isAgent(member) || (member !== "" && !member.includes("@") && !member.startsWith("m-"))

/** The whole id of an AI member that later versions know by name. */
export const agentId = (name: string): string => `ai:${name}@joy`

/** The name of an AI member, whichever of the two forms it has. */
export const agentName = (member: string): string =>
  isAgent(member) ? member.slice("ai:".length).replace(/@joy$/u, "") : member
