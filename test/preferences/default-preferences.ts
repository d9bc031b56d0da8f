/** The preferences of a person who never changed any. Written out in full, since they are part of the contract. */
export const defaultPreferences = () => ({
  email_notifications_enabled: true,
  timezone: null,
  incident_notifications: true,
  schema_change_notifications: true,
  job_failure_notifications: true,
  late_run_notifications: true,
  dbt_test_failure_notifications: true,
  system_notifications: true,
  channels: {
    incident: { email: true, push: true },
    schema_change: { email: true, push: true },
    job_failure: { email: true, push: true },
    late_run: { email: true, push: true },
    dbt_test_failure: { email: true, push: true },
    system: { email: true, push: true },
  },
})
