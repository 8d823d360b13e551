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

const main = async () => {
  if (steps[0] === "until-refused") {
    // Says only what has changed: another key, or an answer of another kind.
    for (let last; ;) {
      const answer = await act("get team/x")
      const key = answer === "hello" ? (await client.config.credentials()).accessKeyId : answer
      if (key !== last) say((last = key))
      if (answer !== "hello") return
    }
  }
  for (const step of steps) say(await act(step))
  say(Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith("AWS_"))))
}
main()
