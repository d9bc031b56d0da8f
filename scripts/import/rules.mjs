const ENTRY = `
export { parseEmailAddress } from "./src/domain/email-address"
export { ROLE_BY_NAME } from "./src/domain/roles"
export { USER_ID } from "./src/domain/user-id"
export { parseStoredWebhook } from "./src/destinations/chat-webhooks/url"
`

/** The rules of the service for people and webhooks, so that the import takes what every other door takes. */
export async function loadRules() {
  const { loadSource } = await import("../build/load-source.mjs")
  return loadSource(ENTRY)
}
