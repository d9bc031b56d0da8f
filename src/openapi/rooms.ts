import { notificationAnswers } from "../notifications/answers"
import { prefectAnswers } from "../signals/prefect/answers"
import { serviceAnswers } from "./answers"
import { liveAnswers, preferenceAnswers } from "./awaited"
import type { Room } from "./described"

/** Every room that answers requests, in the order in which a reader wants them. */
export const ROOMS: Room[] = [
  { name: "Notifications", about: "What was said to me, and saying something.", routes: notificationAnswers },
  { name: "Preferences", about: "How a person wants to be told.", routes: preferenceAnswers },
  { name: "Live", about: "What open tabs are told at once.", routes: liveAnswers },
  { name: "Webhooks", about: "What other systems tell us.", routes: prefectAnswers },
  { name: "Service", about: "The service itself.", routes: serviceAnswers },
]
