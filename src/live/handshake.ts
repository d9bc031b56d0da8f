import type { Connection } from "./connections"

/** An authorised handshake. `ticket` is set where a ticket authorised it: the object still has to use it up. */
export type Handshake = { connection: Connection; ticket?: { id: string; expiresAt: number } | undefined }

/** The request by which the worker asks the Durable Object for a socket. Only the worker can reach the object. */
export function toHandshakeRequest({ connection, ticket }: Handshake): Request {
  const search = new URLSearchParams({ handshake: JSON.stringify({ connection, ticket }) })
  return new Request(`https://bar/?${search.toString()}`, { headers: { upgrade: "websocket" } })
}

/** Reads what `toHandshakeRequest` wrote. */
export const parseHandshakeRequest = ({ url }: Request) =>
  JSON.parse(new URL(url).searchParams.get("handshake") ?? "") as Handshake

/** Accepts a handshake and closes it with this code, since a browser cannot read the status of a refused handshake. */
export function closedSocket(code: number, reason: string): Response {
  const { 0: client, 1: server } = new WebSocketPair()
  server.accept()
  server.close(code, reason)
  return new Response(null, { status: 101, webSocket: client })
}
