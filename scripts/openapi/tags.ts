import { deviceDocs } from "../../src/destinations/devices/docs"
import { inboxDocs } from "../../src/inbox/docs"
import { liveDocs } from "../../src/live/docs"
import { notificationDocs } from "../../src/notifications/docs"
import { undeliveredDocs } from "../../src/notifications/undelivered/docs"
import { orgDocs } from "../../src/orgs/docs"
import { preferenceDocs } from "../../src/preferences/docs"
import { emailFeedbackDocs } from "../../src/signals/email-feedback/docs"
import { prefectDocs } from "../../src/signals/prefect/docs"
import { testSendDocs } from "../../src/delivery/test-send/docs"
import { serviceDocs } from "./service-docs"
import type { Tag } from "../../src/http/route-docs"

/** Every room that answers requests, in the order in which a reader wants them. */
export const TAGS: Tag[] = [
  {
    name: "Notifications",
    description: "My inbox, and sending notifications.",
    routes: { ...inboxDocs, ...notificationDocs, ...undeliveredDocs },
  },
  { name: "Live", description: "What open tabs are told at once.", routes: liveDocs },
  {
    name: "Preferences",
    description: "How a person, and an organisation, wants to be told.",
    routes: { ...preferenceDocs, ...testSendDocs },
  },
  { name: "Devices", description: "Where a person takes push messages.", routes: deviceDocs },
  { name: "Organisations", description: "Who there is.", routes: orgDocs },
  { name: "Webhooks", description: "What other systems tell us.", routes: { ...prefectDocs, ...emailFeedbackDocs } },
  { name: "Service", description: "The service itself.", routes: serviceDocs },
]
