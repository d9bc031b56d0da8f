import type { EventSource } from "../runtime/queue-messages"
import { chatWebhookGoneSource } from "./chat-webhook-gone/process"
import { emailFeedbackSource } from "./email-feedback/process"
import type { SignalSource } from "./events/source"
import { prefectSource } from "./prefect/process"
import { pushKeyRefusedSource } from "./push-key-refused/process"

/** Each source of events. The compiler demands one for each name in EVENT_SOURCES. */
export const SOURCES: Record<EventSource, SignalSource> = {
  prefect: prefectSource,
  room_gone: chatWebhookGoneSource,
  mail_event: emailFeedbackSource,
  push_key_refused: pushKeyRefusedSource,
}
