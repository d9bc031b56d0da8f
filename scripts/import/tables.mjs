// The target tables in the order of insertion: a row comes after the rows it refers to, and an e-mail opt-out before any
// notification that could send an e-mail. Each statement takes one parameter, a JSON array of rows.
//
// - `select` returns `i` (the index in the array) and `state` for each row that exists. A state that ends in "here" was
//   reached in this service, after the row was created.
// - `insert` skips rows that exist. CROSS JOIN keeps the order of the array, so new ids follow the order of Dalgo's ids.
// - `labels` has the states that a row of the dump can have, as the report names them.

const ORG = "orgs o ON o.slug = row.value ->> 0"
const MEMBER = "org_users p ON p.org_id = o.id AND p.user_id = row.value ->> 1"
/** What was erased at a person's request does not come back, even if the person has returned. */
const NOT_ERASED = "NOT EXISTS (SELECT 1 FROM erasures e WHERE e.org_user_id = p.id)"
const OF_ORG = `FROM json_each(?1) row CROSS JOIN ${ORG}`
const OF_MEMBER = `${OF_ORG} CROSS JOIN ${MEMBER}`
const erasedHere = `UNION ALL SELECT row.key, 'erased here' ${OF_MEMBER} CROSS JOIN erasures e ON e.org_user_id = p.id`
const OF_RECIPIENT = `${OF_MEMBER} CROSS JOIN notifications n ON n.publication_id = row.value ->> 2`
/** A scheduled notification that was deleted here before it was sent. The import does not insert it again. */
const deletedHere = (publication) => `UNION ALL SELECT row.key, 'deleted here'
  FROM json_each(?1) row CROSS JOIN deleted_imports d ON d.publication_id = ${publication}`

/** Matches both read states, because is_read is part of the key: a row that was read here must not be inserted again as unread. */
const INBOX_ROW = "r.org_user_id = p.id AND r.is_read IN (0, 1) AND r.sent_at = n.sent_at AND r.notification_id = n.id"

export const TABLES = [
  {
    name: "orgs",
    title: "organisations",
    labels: { exists: "organisations" },
    select: `SELECT row.key AS i, 'exists' AS state ${OF_ORG}`,
    insert: `INSERT INTO orgs (slug, name)
      SELECT row.value ->> 0, row.value ->> 1 FROM json_each(?1) row WHERE true
      ON CONFLICT (slug) DO NOTHING`,
  },
  {
    name: "members",
    title: "members",
    labels: { exists: "members" },
    select: `SELECT row.key AS i, 'exists' AS state ${OF_MEMBER}`,
    insert: `INSERT INTO org_users (org_id, user_id, email, name, role, removed_at)
      SELECT o.id, row.value ->> 1, row.value ->> 2, row.value ->> 3, row.value ->> 4, row.value ->> 5 ${OF_ORG} WHERE true
      ON CONFLICT (org_id, user_id) DO NOTHING`,
  },
  {
    name: "optOuts",
    title: "e-mail opt-outs",
    labels: { off: "e-mail opt-outs" },
    select: `SELECT row.key AS i, CASE s.enabled WHEN 0 THEN 'off' ELSE 'on here' END AS state ${OF_MEMBER}
      CROSS JOIN user_notification_preferences s
        ON s.org_user_id = p.id AND s.category = 'all' AND s.channel = 'email'
      WHERE ${NOT_ERASED} ${erasedHere}`,
    insert: `INSERT INTO user_notification_preferences (org_user_id, category, channel, enabled, changed_at)
      SELECT p.id, 'all', 'email', 0, row.value ->> 2 ${OF_MEMBER} WHERE ${NOT_ERASED}
      ON CONFLICT (org_user_id, category, channel) DO NOTHING`,
  },
  {
    name: "userPreferences",
    title: "user preferences",
    labels: { exists: "user preferences" },
    select: `SELECT row.key AS i, 'exists' AS state ${OF_MEMBER}
      CROSS JOIN user_preferences s ON s.orguser_id = p.id
      WHERE ${NOT_ERASED} ${erasedHere}`,
    insert: `INSERT INTO user_preferences (orguser_id, disclaimer_shown, last_visited_transform_tab,
        enable_llm_requested, trial_walkthrough, created_at, updated_at)
      SELECT p.id, row.value ->> 2, row.value ->> 3, row.value ->> 4, row.value ->> 5, row.value ->> 6, row.value ->> 7
      ${OF_MEMBER} WHERE ${NOT_ERASED}
      ON CONFLICT (orguser_id) DO NOTHING`,
  },
  {
    name: "orgPreferences",
    title: "organisation preferences",
    labels: { exists: "organisation preferences" },
    select: `SELECT row.key AS i, 'exists' AS state ${OF_ORG} CROSS JOIN org_preferences s ON s.org_id = o.id`,
    insert: `INSERT INTO org_preferences (org_id, llm_optin, created_at, updated_at)
      SELECT o.id, row.value ->> 1, row.value ->> 2, row.value ->> 3 ${OF_ORG} WHERE true
      ON CONFLICT (org_id) DO NOTHING`,
  },
  {
    name: "chatWebhooks",
    title: "chat webhooks",
    labels: { exists: "chat webhooks" },
    select: `SELECT row.key AS i, 'exists' AS state ${OF_ORG}
      CROSS JOIN chat_webhooks s ON s.org_id = o.id AND s.product = row.value ->> 1`,
    insert: `INSERT INTO chat_webhooks (org_id, product, enabled, webhook, created_at, updated_at)
      SELECT o.id, row.value ->> 1, row.value ->> 2, row.value ->> 3, row.value ->> 4, row.value ->> 5 ${OF_ORG} WHERE true
      ON CONFLICT (org_id, product) DO NOTHING`,
  },
  {
    name: "notifications",
    title: "notifications",
    labels: { sent: "notifications, sent", unsent: "notifications, not yet sent" },
    select: `SELECT row.key AS i, CASE
        WHEN n.sent_at IS NULL THEN 'unsent' WHEN n.audience IS NULL THEN 'sent' ELSE 'sent here' END AS state
      FROM json_each(?1) row CROSS JOIN notifications n ON n.publication_id = row.value ->> 0
      ${deletedHere("row.value ->> 0")}`,
    insert: `INSERT INTO notifications (publication_id, org_id, author, message, email_subject, category, urgent,
        created_at, scheduled_at, sent_at, due_at, audience)
      SELECT row.value ->> 0, (SELECT id FROM orgs WHERE slug = row.value ->> 1),
        row.value ->> 2, row.value ->> 3, row.value ->> 4, 'system', row.value ->> 5,
        row.value ->> 6, row.value ->> 7, row.value ->> 8, row.value ->> 9,
        CASE WHEN row.value ->> 8 IS NULL THEN json_object('kind', 'org_users', 'ids', json((
          SELECT json_group_array(p.id) FROM json_each(row.value, '$[10]') member
          CROSS JOIN orgs o ON o.slug = member.value ->> 0
          CROSS JOIN org_users p ON p.org_id = o.id AND p.user_id = member.value ->> 1
        ))) END
      FROM json_each(?1) row WHERE true
      ON CONFLICT (publication_id) DO NOTHING`,
  },
  {
    name: "recipients",
    title: "inbox rows",
    labels: { unread: "inbox rows, unread", read: "inbox rows, read" },
    select: `SELECT row.key AS i, CASE
        WHEN n.sent_at IS NULL THEN 'unsent here'
        WHEN r.is_read = 0 THEN 'unread' WHEN r.read_at IS NULL THEN 'read' ELSE 'read here' END AS state
      ${OF_RECIPIENT} LEFT JOIN notification_recipients r ON ${INBOX_ROW}
      WHERE (r.org_user_id IS NOT NULL OR n.sent_at IS NULL) AND ${NOT_ERASED}
      ${deletedHere("row.value ->> 2")}
      ${erasedHere} WHERE NOT EXISTS (SELECT 1 FROM deleted_imports d WHERE d.publication_id = row.value ->> 2)`,
    insert: `INSERT INTO notification_recipients (org_user_id, is_read, sent_at, notification_id, category, urgent)
      SELECT p.id, row.value ->> 3, n.sent_at, n.id, n.category, n.urgent ${OF_RECIPIENT}
      WHERE n.sent_at IS NOT NULL AND ${NOT_ERASED}
        AND NOT EXISTS (SELECT 1 FROM notification_recipients r WHERE ${INBOX_ROW})`,
  },
]
