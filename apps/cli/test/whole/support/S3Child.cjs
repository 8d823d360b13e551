// A program of somebody else's, with the real SDK and its default chain: it does what its arguments say, says how each went
// in a line of JSON, and at last what of AWS stands in its environment.
const { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } = require("@aws-sdk/client-s3")

const steps = process.argv.slice(2)

const Bucket = "acme"
const actions = {
  get: (Key) => new GetObjectCommand({ Bucket, Key }),
  put: (Key) => new PutObjectCommand({ Bucket, Key, Body: "new" }),
  list: (Prefix) => new ListObjectsV2Command({ Bucket, Prefix })
}
const client = new S3Client({ forcePathStyle: true, maxAttempts: 1 })
const act = async (step) => {
  const [action, at = ""] = step.split(" ")
  try {
    const { Body } = await client.send(actions[action](at))
    return Body === undefined ? "done" : await Body.transformToString()
  } catch (error) {
    return error.name
  }
}
const say = (line) => console.log(JSON.stringify(line))

const keyThatReads = async () => {
  const answer = await act("get team/x")
  if (answer !== "hello") return answer
  return client.config.credentials().then(
    ({ accessKeyId }) => accessKeyId,
    (error) => error.name
  )
}

const main = async () => {
  if (steps[0] === "until-refused") {
    // Says only what has changed: the key that works, and at last the refusal.
    for (let last; ;) {
      const key = await keyThatReads()
      if (key !== last) say((last = key))
      if (!key.startsWith("ASIA")) return
    }
  }
  if (steps[0]?.startsWith("throw ")) {
    // As programs do that handle no error.
    const [, action, at] = steps[0].split(" ")
    await client.send(actions[action](at))
    return
  }
  for (const step of steps) say(await act(step))
  say(Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith("AWS_"))))
}
main()
