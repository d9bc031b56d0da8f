-- The public key of ours (VAPID) by which a browser knew us as it subscribed: another one can never push to it. Who
-- has a device from before this was kept switches it on again.
ALTER TABLE push_subscriptions ADD COLUMN server_key TEXT NOT NULL DEFAULT '';
