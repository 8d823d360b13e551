// One long-lived client of the real JavaScript SDK with its default chain: `sdk.cjs BUCKET COMMAND…`. `until-refused` reads
// one object over and over, says every key with which that went, and at last why it did not; `times N` reads it N times.
const {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client
} = require("@aws-sdk/client-s3")

const [Bucket, command, ...words] = process.argv.slice(2)

const client = new S3Client({ forcePathStyle: true, maxAttempts: 1 })

const actions = {
  get: (Key) => new GetObjectCommand({ Bucket, Key }),
  put: (Key) => new PutObjectCommand({ Bucket, Key, Body: "new" }),
  delete: (Key) => new DeleteObjectCommand({ Bucket, Key }),
  list: (Prefix) => new ListObjectsV2Command({ Bucket, Prefix })
}

const act = async (action, at) => {
  try {
    const { Body } = await client.send(actions[action](at))
    return Body === undefined ? "done" : await Body.transformToString()
  } catch (error) {
    return `${error.name}: ${error.message}`
  }
}

const say = (...line) => console.log(line.join(" "))

const text = "of team/a.txt"
const read = () => act("get", "team/a.txt")

const keyInUse = () =>
  client.config.credentials().then(
    ({ accessKeyId }) => accessKeyId,
    (error) => `${error.name}: ${error.message}`
  )

const untilRefused = async () => {
  for (let last; ;) {
    const answer = await read()
    const key = answer === text ? await keyInUse() : answer
    if (key !== last) say((last = key))
    if (key.includes(":")) return
  }
}

const times = async (count) => {
  for (let turn = 0; turn < count; turn++) {
    say(await read())
    // It refreshes behind the call: the next one shall not find that under way.
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const steps = async () => {
  for (const step of [command, ...words]) say(await act(...step.split(" ")))
}

const commands = { "until-refused": untilRefused, times: () => times(Number(words[0])) }
;(commands[command] ?? steps)()
