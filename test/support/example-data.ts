import { env } from "cloudflare:workers"
import { fakeFetch } from "./fake-fetch"
import { DISCORD_WEBHOOK, fakeChatProducts, SLACK_WEBHOOK } from "./fake-chat-products"
import { fakeSns } from "./fake-sns"

/**
 * Inserts the rows that the examples of the API description use: notification 1 was sent to acme and to Dora;
 * notification 2 is scheduled; Bob's email about 1 has failed; Alice has a device; Charlie is a member of globex; both
 * organisations have webhooks of Discord and Slack. It may be called again after a request that deleted some of them;
 * rows that a test has put in their place stay.
 */
export async function insertExampleData(): Promise<void> {
  fakeFetch(fakeChatProducts().handler, fakeSns())
  await env.DB.batch([
    env.DB.prepare(
      `INSERT OR IGNORE INTO notifications
         (id, org_id, author, message, category, urgent, audience, created_at, scheduled_at, sent_at, publication_id)
       VALUES
         (1, 1, 'alice@acme.test', 'Dashboards are slow', 'incident', 1, NULL, 1700000000000, NULL, 1700000000000, 'demo 1'),
         (2, 1, 'alice@acme.test', 'Dashboards are back', 'system', 0, '{"kind":"org","orgId":1,"adminsOnly":false}',
          1700000000000, 4000000000000, NULL, 'demo 2')`,
    ),
    env.DB.prepare(
      `INSERT INTO notification_recipients (org_user_id, is_read, sent_at, notification_id, category, urgent)
       SELECT ou.id, 0, n.sent_at, n.id, n.category, n.urgent
       FROM notifications n JOIN org_users ou ON ou.org_id = n.org_id OR ou.user_id = '4'
       WHERE n.publication_id = 'demo 1'
         AND NOT EXISTS (SELECT 1 FROM notification_recipients r WHERE r.org_user_id = ou.id AND r.notification_id = n.id)`,
    ),
    env.DB.prepare(
      `INSERT INTO deliveries
         (notification_id, channel, recipient_id, status, attempts, reason, created_at, updated_at, org_id)
       SELECT id, 'email', 2, 'failed', 1, 'SES answered 400 MessageRejected', sent_at, sent_at, org_id
       FROM notifications WHERE publication_id = 'demo 1'
       ON CONFLICT DO UPDATE SET status = excluded.status, attempts = excluded.attempts, reason = excluded.reason,
         due_at = NULL`,
    ),
    env.DB.prepare(
      `INSERT OR IGNORE INTO push_subscriptions (org_user_id, endpoint, org_id, p256dh, auth, created_at, server_key)
       VALUES (1, 'https://fcm.googleapis.com/fcm/send/demo', 1,
         'BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8',
         'BTBZMqHH6r4Tts7J_aSIgg', 1700000000000, ?)`,
    ).bind(env.VAPID_PUBLIC_KEY),
    env.DB.prepare("UPDATE org_users SET removed_at = NULL WHERE user_id = '3'"),
    env.DB.prepare(
      `INSERT INTO chat_webhooks (org_id, product, enabled, webhook, created_at, updated_at)
       SELECT o.id, w.key, 0, w.value, 0, 0 FROM orgs o, json_each(?) w WHERE o.slug IN ('acme', 'globex')
       ON CONFLICT DO UPDATE SET webhook = coalesce(webhook, excluded.webhook)`,
    ).bind(JSON.stringify({ discord: DISCORD_WEBHOOK, slack: SLACK_WEBHOOK })),
  ])
}
