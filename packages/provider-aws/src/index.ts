export * as Actions from "./Actions.ts"
export * as PolicyDocument from "./PolicyDocument.ts"
