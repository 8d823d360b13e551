// A program of somebody else's, with the real SDK and its default chain, that does what each line of its input says and
// answers with a line of JSON: `get KEY` by the SDK, `ask` at the endpoint that the SDK takes its credentials from.
const { GetObjectCommand, S3Client } = require("@aws-sdk/client-s3")

const client = new S3Client({ forcePathStyle: true, maxAttempts: 1 })

const steps = {
  get: async (Key) => {
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: "acme", Key }))
      const { accessKeyId } = await client.config.credentials()
      return { body: await Body.transformToString(), key: accessKeyId }
    } catch ({ name, message }) {
      return { name, message }
    }
  },
  ask: async () => {
    const { AWS_CONTAINER_AUTHORIZATION_TOKEN: authorization, AWS_CONTAINER_CREDENTIALS_FULL_URI: url } = process.env
    const answer = await fetch(url, { headers: { authorization } })
    const { AccessKeyId, Code, Message } = await answer.json()
    return { status: answer.status, AccessKeyId, Code, Message }
  }
}

const lines = require("node:readline").createInterface({ input: process.stdin })
lines.on("line", (line) => {
  const [step, at] = line.split(" ")
  void steps[step](at).then((answer) => console.log(JSON.stringify(answer)))
})
