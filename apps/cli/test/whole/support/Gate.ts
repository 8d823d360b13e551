/** A gate before a server: requests pass, or are held until the test says so. */
import * as Http from "node:http"
import type { AddressInfo } from "node:net"

export interface Gate {
  readonly url: string
  /** How many stand before it. */
  readonly held: () => number
  close: () => void
  /** Lets those through whose senders still live, and all that come. */
  open: () => void
  stop: () => void
}

export const before = async (url: string): Promise<Gate> => {
  const { hostname, port } = new URL(url)
  let isOpen = true
  let waiting: Array<() => void> = []
  const server = Http.createServer((request, response) => {
    const pass = () => {
      // As it came: the signature covers the host too.
      const { headers, method, url: path } = request
      const onward = Http.request({ hostname, port, path, method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      })
      onward.on("error", () => response.destroy())
      request.pipe(onward)
    }
    if (isOpen) return pass()
    waiting.push(() => {
      if (!request.destroyed && !response.destroyed) pass()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address() as AddressInfo // a TCP server that listens has no other address
  return {
    url: `http://127.0.0.1:${address.port}`,
    held: () => waiting.length,
    close: () => {
      isOpen = false
    },
    open: () => {
      isOpen = true
      const all = waiting
      waiting = []
      for (const pass of all) pass()
    },
    stop: () => {
      server.closeAllConnections()
      server.close()
    }
  }
}
