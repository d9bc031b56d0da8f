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

export type CategoryFacts = {
  /** Also what an e-mail's subject says, where its sender gave none. */
  label: string
  description: string
  /** Whom the service itself addresses. */
  addresses: "members" | "admins"
  /** Whether the service itself marks it urgent, unless an organisation says otherwise. */
  isUrgent: boolean
}

/** The one table of what each category means. */
export const CATEGORY: Record<Category, CategoryFacts> = {
  incident: {
    label: "Incident Notifications",
    description: "Outages or degraded Dalgo services",
    addresses: "members",
    isUrgent: true,
  },
  schema_change: {
    label: "Schema Changes",
    description: "Columns or tables changed in your sources",
    addresses: "members",
    isUrgent: false,
  },
  job_failure: {
    label: "Job Failures",
    description: "A sync or pipeline run failed",
    addresses: "members",
    isUrgent: true,
  },
  late_run: {
    label: "Late Runs",
    description: "A scheduled run is behind",
    addresses: "members",
    isUrgent: false,
  },
  dbt_test_failure: {
    label: "dbt Test Failures",
    description: "A data quality test failed",
    addresses: "members",
    isUrgent: false,
  },
  system: {
    label: "System Notifications",
    description: "Product and account messages",
    addresses: "members",
    isUrgent: false,
  },
}

/** Whether the service itself says this urgently to an organisation that chose these categories, or chose nothing. */
export const isUrgentFor = (category: Category, chosen: Category[] | null) =>
  chosen ? chosen.includes(category) : CATEGORY[category].isUrgent
