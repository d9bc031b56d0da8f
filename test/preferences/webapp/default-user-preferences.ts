/** The settings of a person for whom nothing is stored. Written out in full, since they are part of the contract. */
export const defaultUserPreferences = () => ({
  enable_email_notifications: true,
  enable_schema_change_notifications: true,
  disclaimer_shown: false,
  last_visited_transform_tab: null,
  is_llm_active: false,
  enable_llm_requested: false,
  trial_walkthrough: {},
})
