import { createServer } from "node:net"

export const HOST = "127.0.0.1"
export const DEFAULT_PORT = 8787

/** The three addresses of a local instance: the worker on `port`, the fake Prefect API and the mail catcher on the next two. */
export function addressesFrom(port) {
  const first = Number(port)
  if (!Number.isInteger(first) || first < 1 || first > 65533)
    throw new Error(`PORT must be a whole number from 1 to 65533, not "${port}".`)
  const at = (number) => ({ port: number, url: `http://${HOST}:${number}` })
  return { worker: at(first), prefect: at(first + 1), mail: at(first + 2) }
}

const isFree = (port) =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once("error", (error) => (error.code === "EADDRINUSE" ? resolve(false) : reject(error)))
    probe.listen({ port, host: HOST, exclusive: true }, () => probe.close(() => resolve(true)))
  })

export async function requireFreePorts({ worker, prefect, mail }) {
  const ports = [worker.port, prefect.port, mail.port]
  const free = await Promise.all(ports.map(isFree))
  const taken = ports.filter((_, index) => !free[index])
  if (taken.length > 0)
    throw new Error(
      `${taken.length > 1 ? "Ports" : "Port"} ${taken.join(", ")} on ${HOST} ${taken.length > 1 ? "are" : "is"} in use. ` +
        `The local instance needs ${ports.join(", ")}. Stop the process that uses them, or choose another port: PORT=9000 npm start`,
    )
}
