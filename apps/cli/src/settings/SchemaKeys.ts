/** The member names that a schema knows at a place, for did-you-mean. */
import * as SchemaAST from "effect/SchemaAST"

/** Empty where any name is allowed, or where the place holds no object. */
export const at = (ast: SchemaAST.AST, path: ReadonlyArray<string>): ReadonlySet<string> => {
  const [key, ...rest] = path
  const encoded = SchemaAST.toEncoded(ast)
  if (key === undefined) {
    return SchemaAST.isObjects(encoded) && encoded.indexSignatures.length === 0
      ? new Set(encoded.propertySignatures.map(({ name }) => String(name)))
      : new Set()
  }
  const child = childOf(encoded, key)
  return child === undefined ? new Set() : at(child, rest)
}

const childOf = (ast: SchemaAST.AST, key: string): SchemaAST.AST | undefined => {
  if (SchemaAST.isArrays(ast)) return ast.elements[Number(key)] ?? ast.rest[0]
  if (!SchemaAST.isObjects(ast)) return undefined
  return ast.propertySignatures.find(({ name }) => String(name) === key)?.type ?? ast.indexSignatures[0]?.type
}
