import { orgPreferenceDocs } from "../../src/destinations/chat-webhooks/docs"
import { deviceDocs } from "../../src/destinations/devices/docs"
import { inboxDocs } from "../../src/inbox/docs"
import { liveDocs } from "../../src/live/docs"
import { notificationDocs } from "../../src/notifications/docs"
import { undeliveredDocs } from "../../src/notifications/undelivered/docs"
import { orgDocs } from "../../src/orgs/docs"
import { preferenceDocs } from "../../src/preferences/docs"
import { emailFeedbackDocs } from "../../src/signals/email-feedback/docs"
import { reportedDocs } from "../../src/signals/reported/docs"
import { prefectDocs } from "../../src/signals/prefect/docs"
import { testSendDocs } from "../../src/delivery/test-send/docs"
import { healthDocs } from "../../src/maintenance/docs"
import { serviceDocs } from "./service-docs"
import type { Tag } from "../../src/http/route-docs"

/** All tags, the most used first. */
export const TAGS: Tag[] = [
  {
    name: "Notifications",
    description: "Reading, sending and scheduling notifications.",
    routes: { ...inboxDocs, ...notificationDocs, ...undeliveredDocs },
  },
  { name: "Live", description: "Pushing the urgent bar to open tabs.", routes: liveDocs },
  {
    name: "Preferences",
    description: "The channels that a person and an organisation choose.",
    routes: { ...preferenceDocs, ...orgPreferenceDocs, ...testSendDocs },
  },
  { name: "Devices", description: "The browsers that receive web push messages.", routes: deviceDocs },
  { name: "Organisations", description: "Provisioning organisations and their members.", routes: orgDocs },
  {
    name: "Signals",
    description: "What other programs of the platform notice. The service writes the message.",
    routes: reportedDocs,
  },
  { name: "Webhooks", description: "Events from other systems.", routes: { ...prefectDocs, ...emailFeedbackDocs } },
  { name: "Service", description: "The service itself.", routes: { ...healthDocs, ...serviceDocs } },
]
