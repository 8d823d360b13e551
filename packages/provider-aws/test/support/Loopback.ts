/** A server on loopback that answers as a test says, and remembers what it was asked. */
import * as Effect from "effect/Effect"
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http"

export interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage["headers"]
  readonly body: string
}

export interface Loopback {
  readonly url: string
  readonly asked: ReadonlyArray<Asked>
}

export type Answer = (asked: Asked, response: ServerResponse) => void

/** Until the scope closes. */
export const serve = (answer: Answer) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<Loopback & { readonly close: () => void }>((resume) => {
        const asked: Array<Asked> = []
        const server = createServer((request, response) => {
          const chunks: Array<Buffer> = []
          request.on("data", (chunk: Buffer) => chunks.push(chunk))
          request.on("end", () => {
            const { headers, method = "", url = "" } = request
            const one = { method, url, headers, body: Buffer.concat(chunks).toString() }
            asked.push(one)
            answer(one, response)
          })
        })
        const close = () => {
          server.closeAllConnections()
          server.close()
        }
        server.listen(0, "127.0.0.1", () => {
          const url = `http://127.0.0.1:${Object(server.address()).port}`
          resume(Effect.succeed({ url, asked, close }))
        })
      }),
      ({ close }) => Effect.sync(close)
    ),
    ({ asked, url }): Loopback => ({ asked, url })
  )

/** Answers everything alike. */
export const always =
  (status: number, body = "", headers: Readonly<Record<string, string>> = {}): Answer =>
  (_, response) => {
    response.writeHead(status, headers).end(body)
  }

/** Hands on to another server as it came, so that signatures still hold; `lost` says whose answers never arrive. */
export const forward =
  (url: string, lost: (asked: Asked) => boolean = () => false): Answer =>
  (asked, response) => {
    const { body, headers, method } = asked
    const onward = request(`${url}${asked.url}`, { method, headers, agent: false }, (answer) => {
      if (lost(asked)) {
        answer.resume()
        return void answer.on("end", () => response.destroy())
      }
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    onward.on("error", () => response.destroy())
    onward.end(body)
  }
