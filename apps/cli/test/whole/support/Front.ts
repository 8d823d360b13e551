/**
 * What stands before a fake AWS: hands every request on as it came, so that its signature still holds, until a test puts
 * something else in its place.
 */
import * as Http from "node:http"
import type * as Net from "node:net"

export type Instead = (asked: Http.IncomingMessage, body: Buffer, response: Http.ServerResponse) => void

export interface Front {
  readonly url: string
  /** Requests since it was last put. */
  readonly count: number
  /** What answers from now on; AWS itself if nothing. */
  put(instead?: Instead): void
  close(): void
}

export const start = (behind: string, tunnel: (asked: Http.IncomingMessage) => void = () => {}): Promise<Front> =>
  new Promise((resolve) => {
    let instead: Instead | undefined
    let count = 0
    const server = Http.createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        count++
        const body = Buffer.concat(chunks)
        if (instead !== undefined) return instead(request, body, response)
        const { headers, method, url = "/" } = request
        const onward = Http.request(`${behind}${url}`, { method, headers, agent: false }, (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.headers)
          answer.pipe(response)
        })
        onward.on("error", () => response.destroy())
        onward.end(body)
      })
    })
    // A proxy is asked for a tunnel by the name alone.
    server.on("connect", (request: Http.IncomingMessage, socket: Net.Socket) => {
      count++
      tunnel(request)
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n")
    })
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as Net.AddressInfo // a TCP server that listens has no other address
      resolve({
        url: `http://127.0.0.1:${port}`,
        get count() {
          return count
        },
        put: (next) => {
          instead = next
          count = 0
        },
        close: () => {
          server.closeAllConnections()
          server.close()
        }
      })
    })
  })

/** A server that receives whatever is sent to it, and keeps it. */
export const catcher = async (): Promise<Front & { readonly caught: ReadonlyArray<string> }> => {
  const caught: Array<string> = []
  const keep = ({ headers, method, url }: Http.IncomingMessage, body = ""): void => {
    caught.push(`${method} ${url} ${JSON.stringify(headers)} ${body}`)
  }
  const front = await start("http://127.0.0.1:1", keep)
  front.put((asked, body, response) => {
    keep(asked, body.toString())
    response.writeHead(200).end("{}")
  })
  return Object.assign(front, { caught })
}
