// Runs a program behind an endpoint of its own that passes every request on to the real one, and says at last, on stderr,
// how many there were: what an SDK asks, counted where it asks.
const { spawn } = require("node:child_process")
const { createServer, request } = require("node:http")

const name = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
const real = new URL(process.env[name])
const [program, ...words] = process.argv.slice(2)

let fetches = 0
const server = createServer((asked, answer) => {
  fetches++
  const headers = { ...asked.headers, host: real.host }
  request(real, { method: asked.method, headers }, (from) => {
    answer.writeHead(from.statusCode, from.headers)
    from.pipe(answer)
  }).end()
})

server.listen(0, "127.0.0.1", () => {
  const env = { ...process.env, [name]: `http://127.0.0.1:${server.address().port}${real.pathname}` }
  spawn(program, words, { env, stdio: "inherit" }).on("exit", (code) => {
    console.error(`fetches ${fetches}`)
    process.exit(code ?? 1)
  })
})
