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
  label: string
  description: string
  /** Whether the service itself marks it urgent, unless an organisation says otherwise. */
  isUrgent: boolean
}

/** The one table of what each category means. */
export const CATEGORY: Record<Category, CategoryFacts> = {
  incident: {
    label: "Incident Notifications",
    description: "Outages or degraded Dalgo services",
    isUrgent: true,
  },
  schema_change: {
    label: "Schema Changes",
    description: "Columns or tables changed in your sources",
    isUrgent: false,
  },
  job_failure: {
    label: "Job Failures",
    description: "A sync or pipeline run failed",
    isUrgent: true,
  },
  late_run: {
    label: "Late Runs",
    description: "A scheduled run is behind",
    isUrgent: false,
  },
  dbt_test_failure: {
    label: "dbt Test Failures",
    description: "A data quality test failed",
    isUrgent: false,
  },
  system: {
    label: "System Notifications",
    description: "Product and account messages",
    isUrgent: false,
  },
}

/** Whether the service itself says this urgently to an organisation that chose these categories, or chose nothing. */
export const isUrgentFor = (category: Category, chosen: Category[] | null) =>
  chosen ? chosen.includes(category) : CATEGORY[category].isUrgent
