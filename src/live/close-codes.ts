/** The close codes that a client takes as final. The second it may answer with a fresh token, once. */
export const CLOSE_NO_TOKEN = 4001
export const CLOSE_INVALID_TOKEN = 4003

/** A handshake that is accepted only to be closed: a browser cannot read the status of one that is refused. */
export function closedSocket(code: number, reason: string): Response {
  const { 0: client, 1: server } = new WebSocketPair()
  server.accept()
  server.close(code, reason)
  return new Response(null, { status: 101, webSocket: client })
}
