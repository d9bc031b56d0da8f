import { deviceAnswers } from "../../src/destinations/devices/docs"
import { liveAnswers } from "../../src/live/docs"
import { notificationAnswers } from "../../src/notifications/docs"
import { orgAnswers } from "../../src/orgs/docs"
import { preferenceAnswers } from "../../src/preferences/docs"
import { mailEventAnswers } from "../../src/signals/email-feedback/docs"
import { prefectAnswers } from "../../src/signals/prefect/docs"
import { testSendAnswers } from "../../src/delivery/test-send/docs"
import { serviceAnswers } from "./service-docs"
import type { Room } from "../../src/http/route-docs"

/** Every room that answers requests, in the order in which a reader wants them. */
export const ROOMS: Room[] = [
  { name: "Notifications", about: "What was said to me, and saying something.", routes: notificationAnswers },
  { name: "Live", about: "What open tabs are told at once.", routes: liveAnswers },
  {
    name: "Preferences",
    about: "How a person, and an organisation, wants to be told.",
    routes: { ...preferenceAnswers, ...testSendAnswers },
  },
  { name: "Devices", about: "Where a person takes push messages.", routes: deviceAnswers },
  { name: "Organisations", about: "Who there is.", routes: orgAnswers },
  { name: "Webhooks", about: "What other systems tell us.", routes: { ...prefectAnswers, ...mailEventAnswers } },
  { name: "Service", about: "The service itself.", routes: serviceAnswers },
]
