import type { Category } from "../../domain/categories"
import { oneLine } from "../../domain/one-line"

type Tint = { ink: string; tint: string }
type CategoryStyle = {
  /** Of one notification, hence in the singular. */
  singular: string
  /** What the button says. */
  action: string
  light: Tint
  dark: Tint
}

const OPEN = "Open Dalgo"
const SEE = "See what happened"

/** How each category looks; the colours are those of its chip in the inbox. */
export const CATEGORY_STYLE: Record<Category, CategoryStyle> = {
  incident: {
    singular: "Incident",
    action: OPEN,
    light: { ink: "#8c1d18", tint: "#fdecea" },
    dark: { ink: "#ffb4ab", tint: "#3a1614" },
  },
  schema_change: {
    singular: "Schema change",
    action: OPEN,
    light: { ink: "#1f4b99", tint: "#e8effc" },
    dark: { ink: "#a8c7fa", tint: "#14264a" },
  },
  job_failure: {
    singular: "Job failure",
    action: SEE,
    light: { ink: "#8a3c00", tint: "#fdefe3" },
    dark: { ink: "#ffb68a", tint: "#3a2110" },
  },
  late_run: {
    singular: "Late run",
    action: OPEN,
    light: { ink: "#6b4e00", tint: "#fdf3d7" },
    dark: { ink: "#f0cc6b", tint: "#33290c" },
  },
  dbt_test_failure: {
    singular: "dbt test failure",
    action: SEE,
    light: { ink: "#6a1f7a", tint: "#f7eafa" },
    dark: { ink: "#e3b3ef", tint: "#33163b" },
  },
  system: {
    singular: "System",
    action: OPEN,
    light: { ink: "#3c4a46", tint: "#ebf0ee" },
    dark: { ink: "#bccac5", tint: "#222d2a" },
  },
}

/** One line: what kind of message this is, and of which organisation. */
export const notificationHeading = ({
  category,
  urgent,
  orgName,
}: {
  category: Category
  urgent: boolean
  orgName: string
}) => [...(urgent ? ["Urgent"] : []), CATEGORY_STYLE[category].singular, oneLine(orgName)].join(" · ")
