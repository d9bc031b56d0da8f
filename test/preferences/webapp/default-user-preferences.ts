/** What the web app finds of somebody for whom nothing was kept yet; in full, since it is the contract. */
export const defaultUserPreferences = () => ({
  enable_email_notifications: true,
  disclaimer_shown: false,
  last_visited_transform_tab: null,
  is_llm_active: false,
  enable_llm_requested: false,
  trial_walkthrough: {},
})
