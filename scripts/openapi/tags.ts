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
    description:
      "The channels that a person and an organisation choose.\n\nIf the service is connected to Dalgo's backend " +
      "(`PLATFORM_ORIGIN`), every other path below `/api/userpreferences/` and `/api/orgpreferences/`, such as " +
      "`/api/orgpreferences/org-plan`, is handed to the backend as it came, with any method, and answered as it answers: " +
      "413 for a body of more than 1 MiB, 503 and 504 if the backend does not answer (in 25 seconds), 508 if " +
      "`PLATFORM_ORIGIN` leads back to this service. Without a backend these paths are 404.",
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
