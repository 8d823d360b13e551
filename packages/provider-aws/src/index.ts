export * as Actions from "./Actions.ts"
export * as IamDocument from "./IamDocument.ts"
export * as PolicyDocument from "./PolicyDocument.ts"
