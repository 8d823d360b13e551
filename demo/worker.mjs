// What an agent would run: it takes its token from the endpoint of its run, verifies it as the API would, against the
// published keys, and says what it may do. It never sees a key, a store or the person's session.
import { createRemoteJWKSet, jwtVerify } from "jose"

const { BAILIWICK_TOKEN_URL: url, BAILIWICK_TOKEN_AUTHORIZATION: authorization, BAILIWICK_JWKS_URL: jwks } = process.env

const refresh = async () => {
  const response = await fetch(url, { headers: { authorization } })
  const answer = await response.json()
  if (!response.ok) return { refused: `${response.status} ${answer.message}` }
  const { payload } = await jwtVerify(answer.token, createRemoteJWKSet(new URL(jwks)), {
    audience: "urn:acme:api",
    algorithms: ["Ed25519"],
    typ: "at+jwt"
  })
  return { payload }
}

const describe = ({ sub, act, aud, scope, exp }) =>
  `verified: ${act ? `${act.sub} for ${sub}` : sub}, audience ${aud}, scopes [${scope}], dead in ${exp - Math.floor(Date.now() / 1000)} s`

const first = await refresh()
if (first.refused) {
  console.log(`refused: ${first.refused}`)
  process.exit(1)
}
console.log(describe(first.payload))

if (process.argv[2] === "stay") {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 200))
    const next = await refresh()
    if (!next.refused) continue
    console.log(`next refresh refused: ${next.refused}`)
    process.exit(0)
  }
}
