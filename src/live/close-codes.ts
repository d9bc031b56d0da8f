/** The request carried no token. The client must not reconnect. */
export const CLOSE_NO_TOKEN = 4001
/** The token or ticket is invalid or expired, or the person is no longer a member. The client may refresh once. */
export const CLOSE_INVALID_TOKEN = 4003

/** Accepts a handshake and closes it with this code, since a browser cannot read the status of a refused handshake. */
export function closedSocket(code: number, reason: string): Response {
  const { 0: client, 1: server } = new WebSocketPair()
  server.accept()
  server.close(code, reason)
  return new Response(null, { status: 101, webSocket: client })
}
