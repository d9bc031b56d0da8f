/** In the order in which people see them. */
export const CATEGORIES = [
  "incident",
  "schema_change",
  "job_failure",
  "late_run",
  "dbt_test_failure",
  "system",
] as const
export type Category = (typeof CATEGORIES)[number]

/** CSS colours of the category's chip: its text and its background. A contrast of at least 4.5 is tested. */
type ChipColours = { text: string; background: string }

export type CategoryFacts = {
  /** For settings and lists. Also in the subject of an e-mail whose sender gave none. */
  label: string
  /** For one notification. */
  singular: string
  description: string
  /** The text of the button or link that leads to the inbox. */
  action: string
  /** SVG path data in a box of 16 × 16, to be stroked. */
  icon: string
  light: ChipColours
  dark: ChipColours
  /** The audience of the service's own announcements. */
  addresses: "members" | "admins"
  /** Whether the service itself marks it urgent, unless an organisation says otherwise. */
  isUrgent: boolean
}

/** Everything that differs between categories, for the API, the pages and every channel. */
export const CATEGORY: Record<Category, CategoryFacts> = {
  incident: {
    label: "Incident Notifications",
    singular: "Incident",
    description: "Outages or degraded Dalgo services",
    action: "Open Dalgo",
    icon: "M8 2 1.5 13.5h13zM8 6.5v3M8 11.5v.1",
    light: { text: "#8c1d18", background: "#fdecea" },
    dark: { text: "#ffb4ab", background: "#3a1614" },
    addresses: "members",
    isUrgent: true,
  },
  schema_change: {
    label: "Schema Changes",
    singular: "Schema change",
    description: "Columns or tables changed in your sources",
    action: "Open Dalgo",
    icon: "M2 3h12v10H2zM2 6.5h12M7 6.5V13",
    light: { text: "#1f4b99", background: "#e8effc" },
    dark: { text: "#a8c7fa", background: "#14264a" },
    addresses: "members",
    isUrgent: false,
  },
  job_failure: {
    label: "Job Failures",
    singular: "Job failure",
    description: "A sync or pipeline run failed",
    action: "See what happened",
    icon: "M2 8a6 6 0 1 1 12 0A6 6 0 1 1 2 8M6 6l4 4M10 6l-4 4",
    light: { text: "#8a3c00", background: "#fdefe3" },
    dark: { text: "#ffb68a", background: "#3a2110" },
    addresses: "members",
    isUrgent: true,
  },
  late_run: {
    label: "Late Runs",
    singular: "Late run",
    description: "A scheduled run is behind",
    action: "Open Dalgo",
    icon: "M2 8a6 6 0 1 1 12 0A6 6 0 1 1 2 8M8 4.5V8l2.5 1.5",
    light: { text: "#6b4e00", background: "#fdf3d7" },
    dark: { text: "#f0cc6b", background: "#33290c" },
    addresses: "members",
    isUrgent: false,
  },
  dbt_test_failure: {
    label: "dbt Test Failures",
    singular: "dbt test failure",
    description: "A data quality test failed",
    action: "See what happened",
    icon: "M6 2h4M7 2v4L3 13.5h10L9 6V2M5 10h6",
    light: { text: "#6a1f7a", background: "#f7eafa" },
    dark: { text: "#e3b3ef", background: "#33163b" },
    addresses: "members",
    isUrgent: false,
  },
  system: {
    label: "System Notifications",
    singular: "System",
    description: "Product and account messages",
    action: "Open Dalgo",
    icon: "M2 8a6 6 0 1 1 12 0A6 6 0 1 1 2 8M8 7.5V11M8 5v.1",
    light: { text: "#3c4a46", background: "#ebf0ee" },
    dark: { text: "#bccac5", background: "#222d2a" },
    addresses: "members",
    isUrgent: false,
  },
}

export const isCategory = (text: string): text is Category => Object.hasOwn(CATEGORY, text)

/** Whether the service's own announcements are urgent. `chosen`: the organisation's categories; `null`: the default. */
export const isUrgentFor = (category: Category, chosen: Category[] | null) =>
  chosen ? chosen.includes(category) : CATEGORY[category].isUrgent
