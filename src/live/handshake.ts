import type { Connection } from "./connections"

/** Whom the worker lets in, and the ticket that they spend for it, if it is by one. */
export type Handshake = { connection: Connection; ticket?: { id: string; expiresAt: number } | undefined }

/** The request by which the worker asks the object for a socket. Nobody else reaches the object. */
export function toHandshakeRequest({ connection, ticket }: Handshake): Request {
  const search = new URLSearchParams({ handshake: JSON.stringify({ connection, ticket }) })
  return new Request(`https://bar/?${search.toString()}`, { headers: { upgrade: "websocket" } })
}

/** What `toRequest` wrote. */
export const parseHandshakeRequest = ({ url }: Request) =>
  JSON.parse(new URL(url).searchParams.get("handshake") ?? "") as Handshake
