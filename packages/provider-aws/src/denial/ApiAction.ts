/**
 * The IAM action behind a call that an SDK names by service and API.
 *
 * Most actions bear the name of their API. Where they do not, and where one call needs several, only what is certain is
 * said: for everything else there is no answer.
 */
import * as Actions from "../Actions.ts"
import * as ApiNames from "../ApiNames.ts"

/** Undefined for a service or an API whose action is not certain. */
export const of = (table: Actions.Table, service: string, api: string): Actions.Action | undefined => {
  const prefix = ApiNames.prefixes.get(service)
  if (prefix === undefined || !/^[A-Za-z0-9]{1,128}$/u.test(api)) return undefined
  const text = `${prefix}:${api}`
  return Actions.matching(table, ApiNames.renamed.get(text) ?? text)[0]
}
