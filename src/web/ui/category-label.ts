const LABELS: Record<string, string> = {
  incident: "Incident",
  schema_change: "Schema change",
  job_failure: "Job failure",
  late_run: "Late run",
  dbt_test_failure: "dbt test failure",
  system: "System",
}

/** Of one notification, hence in the singular. A category that this page does not know yet keeps its own name. */
export const categoryLabel = (category: string) => LABELS[category] ?? category.replaceAll("_", " ")
