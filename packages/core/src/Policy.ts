/**
 * Policies: what may be done on what, under which conditions, and the algebra that narrows them.
 */
export { Conditions, Context } from "./policy/Condition.ts"
export { Provider } from "./policy/Provider.ts"
export { Deny, maximumBytes, maximumEntries, Policy, Statement } from "./policy/Statement.ts"
