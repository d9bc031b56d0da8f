import type { ChatProduct } from "../../../domain/channels"
import type { ChatAdapter } from "./adapter"
import { discordAdapter } from "./discord"
import { slackAdapter } from "./slack"

export const CHAT_ADAPTERS: Record<ChatProduct, ChatAdapter> = { discord: discordAdapter, slack: slackAdapter }
