// The close codes of the WebSocket, for the service and its client.

/** RFC 6455: the person sent too many messages. A client reconnects after its usual delay. */
export const CLOSE_POLICY_VIOLATION = 1008
/** RFC 6455: the message is longer than any that a client has to send. */
export const CLOSE_MESSAGE_TOO_BIG = 1009
/** The request carried no token. The client must not reconnect. */
export const CLOSE_NO_TOKEN = 4001
/** The token or ticket is invalid or expired, or the person is no longer a member. The client may refresh once. */
export const CLOSE_INVALID_TOKEN = 4003
/**
 * The person opened more sockets than they may have, and this was their oldest. The client must not reconnect by itself:
 * it would close another tab of the same person, which would reconnect too.
 */
export const CLOSE_REPLACED = 4008
