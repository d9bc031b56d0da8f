import { CATEGORY, type Category } from "../../domain/categories"
import { oneLine } from "../../domain/text"

/** The first line of a message on any channel: `Urgent · Job failure · Acme`. */
export const notificationHeading = ({
  category,
  urgent,
  orgName,
}: {
  category: Category
  urgent: boolean
  orgName: string
}) => [...(urgent ? ["Urgent"] : []), CATEGORY[category].singular, oneLine(orgName)].join(" · ")
