"""The tables of the stub: apps, users, subscriptions and messages.

A player and a subscription are one record. A player's `external_user_id` is its user's alias
`external_id`. Times are seconds since the epoch on the stub's clock.
"""

SCHEMA = """
CREATE TABLE apps (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    settings TEXT NOT NULL DEFAULT '{}',
    basic_auth_key TEXT NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL
);
CREATE TABLE api_keys (
    number INTEGER PRIMARY KEY,
    token_id TEXT NOT NULL UNIQUE,
    app_id TEXT NOT NULL REFERENCES apps (id),
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    ip_allowlist_mode TEXT NOT NULL,
    ip_allowlist TEXT NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL
);
CREATE INDEX api_keys_of_app ON api_keys (app_id);
CREATE TABLE users (
    onesignal_id TEXT PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES apps (id),
    tags TEXT NOT NULL DEFAULT '{}',
    language TEXT,
    timezone_id TEXT,
    lat REAL,
    long REAL,
    country TEXT,
    ip TEXT,
    first_active INTEGER NOT NULL,
    last_active INTEGER NOT NULL,
    amount_spent REAL NOT NULL DEFAULT 0,
    purchases TEXT NOT NULL DEFAULT '[]'
) WITHOUT ROWID;
CREATE INDEX users_by_age ON users (first_active DESC, onesignal_id);
CREATE TABLE aliases (
    number INTEGER PRIMARY KEY,
    app_id TEXT NOT NULL,
    label TEXT NOT NULL,
    alias_id TEXT NOT NULL,
    onesignal_id TEXT NOT NULL REFERENCES users (onesignal_id) ON DELETE CASCADE,
    UNIQUE (app_id, label, alias_id),
    UNIQUE (onesignal_id, label)
);
CREATE TABLE subscriptions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    app_id TEXT NOT NULL,
    onesignal_id TEXT NOT NULL REFERENCES users (onesignal_id) ON DELETE CASCADE,
    device_type INTEGER NOT NULL,
    token TEXT,
    notification_types INTEGER,
    invalid_identifier INTEGER NOT NULL DEFAULT 0,
    session_count INTEGER NOT NULL DEFAULT 1,
    session_time INTEGER NOT NULL DEFAULT 0,
    badge_count INTEGER NOT NULL DEFAULT 0,
    sdk TEXT,
    device_model TEXT,
    device_os TEXT,
    app_version TEXT,
    net_type INTEGER,
    carrier TEXT,
    rooted INTEGER,
    web_auth TEXT,
    web_p256 TEXT,
    ad_id TEXT,
    test_type INTEGER,
    timezone INTEGER,
    language TEXT, -- what its device, or its user since then, said; NULL takes the user's
    created_at INTEGER NOT NULL,
    last_active INTEGER NOT NULL,
    unsubscribed_at INTEGER,
    -- E-mail and SMS need an explicit opt-out, push an identifier and no refusal.
    subscribed INTEGER AS (
        coalesce(token, '') <> '' AND NOT invalid_identifier AND CASE
            WHEN device_type IN (11, 14) THEN coalesce(notification_types, 1) NOT IN (-2, -31, -98)
            ELSE coalesce(notification_types, 1) > 0
        END
    )
);
CREATE INDEX subscriptions_by_token ON subscriptions (app_id, device_type, token);
CREATE INDEX subscriptions_of_app ON subscriptions (app_id); -- and number, by which it is walked
CREATE INDEX subscriptions_of_user ON subscriptions (onesignal_id);
CREATE TABLE segments (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    app_id TEXT NOT NULL REFERENCES apps (id),
    name TEXT NOT NULL,
    description TEXT,
    filters TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('default', 'custom')),
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    UNIQUE (app_id, name)
);
CREATE TABLE templates (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    app_id TEXT NOT NULL REFERENCES apps (id),
    name TEXT NOT NULL,
    content TEXT NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL
);
CREATE TABLE notifications (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    app_id TEXT NOT NULL REFERENCES apps (id),
    request TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('scheduled', 'sending', 'sent', 'canceled')),
    recipients INTEGER NOT NULL,
    failed INTEGER NOT NULL DEFAULT 0,
    queued_at REAL NOT NULL,
    send_after REAL NOT NULL,
    completed_at REAL,
    collapse_id TEXT,
    ttl INTEGER NOT NULL
);
CREATE INDEX notifications_of_app ON notifications (app_id, number);
CREATE INDEX notifications_due ON notifications (send_after) WHERE state = 'scheduled';
CREATE TABLE idempotent_replies (
    number INTEGER PRIMARY KEY,
    app_id TEXT NOT NULL,
    key TEXT NOT NULL,
    reply TEXT NOT NULL,
    created_at REAL NOT NULL,
    UNIQUE (app_id, key)
);
-- Notifications whose recipients are being written, a part at a time: nothing of them shows.
CREATE TABLE unfinished (notification INTEGER PRIMARY KEY);
-- Whom a message with a delayed_option still goes to, and when.
CREATE TABLE pending (
    notification INTEGER NOT NULL, -- which may be unfinished, and not there yet
    subscription INTEGER NOT NULL,
    due REAL NOT NULL,
    way INTEGER NOT NULL DEFAULT 0, -- as in deliveries
    PRIMARY KEY (notification, subscription)
) WITHOUT ROWID;
CREATE INDEX pending_due ON pending (due);
CREATE TABLE texts (
    number INTEGER PRIMARY KEY,
    notification INTEGER NOT NULL,
    language TEXT,
    contents TEXT,
    heading TEXT,
    subtitle TEXT,
    words TEXT -- for a search; only where a device's own data is filled in
);
CREATE INDEX texts_of_notification ON texts (notification);
CREATE INDEX texts_with_words ON texts (notification, words) WHERE words IS NOT NULL;
-- What each device got. A device's user may change later; this is how it was at the time.
CREATE TABLE delivery_rows (
    number INTEGER PRIMARY KEY,
    notification INTEGER NOT NULL,
    subscription INTEGER NOT NULL,
    subscription_id TEXT NOT NULL,
    onesignal_id TEXT NOT NULL,
    external_id TEXT,
    device_type INTEGER NOT NULL,
    text INTEGER NOT NULL, -- in texts
    way INTEGER NOT NULL DEFAULT 0, -- which of the audience's ways let it in
    sent_at REAL NOT NULL,
    hidden INTEGER NOT NULL DEFAULT 0,
    received_at REAL,
    clicked_at REAL,
    clicked_on TEXT, -- the id of the button; '' is the message itself
    dismissed_at REAL
);
CREATE INDEX deliveries_of_notification ON delivery_rows (notification);
CREATE INDEX deliveries_counted ON delivery_rows
    (notification, device_type, way, text, received_at, clicked_at, dismissed_at);
CREATE INDEX deliveries_of_subscription ON delivery_rows (subscription);
CREATE VIEW deliveries AS SELECT * FROM delivery_rows
    WHERE notification NOT IN (SELECT notification FROM unfinished);
-- What the inbox lists: every request to send that was taken, also one that reached nobody.
CREATE TABLE messages (
    number INTEGER PRIMARY KEY,
    app_id TEXT NOT NULL,
    notification INTEGER UNIQUE REFERENCES notifications (number), -- NULL: it reached nobody
    request TEXT NOT NULL, -- as it came
    content TEXT NOT NULL, -- with its template's fields
    ignored TEXT NOT NULL,
    audience TEXT NOT NULL,
    words TEXT NOT NULL, -- for a search
    template_id TEXT,
    asked_at REAL NOT NULL,
    hidden INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX messages_shown ON messages (number) WHERE NOT hidden;
-- Devices that were meant and got nothing; a thousand of them for each message.
CREATE TABLE left_out (
    message INTEGER NOT NULL REFERENCES messages (number),
    subscription_id TEXT NOT NULL,
    onesignal_id TEXT NOT NULL,
    external_id TEXT,
    device_type INTEGER NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX left_out_of_message ON left_out (message);
CREATE TABLE outcomes (
    number INTEGER PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES apps (id),
    name TEXT NOT NULL,
    value REAL NOT NULL,
    device_type INTEGER,
    attribution TEXT NOT NULL,
    notification INTEGER REFERENCES notifications (number),
    time REAL NOT NULL
);
CREATE INDEX outcomes_by_name ON outcomes (app_id, name);
CREATE TABLE live_activities (
    number INTEGER PRIMARY KEY,
    app_id TEXT NOT NULL,
    activity_id TEXT NOT NULL,
    ended INTEGER NOT NULL DEFAULT 0,
    UNIQUE (app_id, activity_id)
);
CREATE TABLE live_activity_tokens (
    number INTEGER PRIMARY KEY,
    app_id TEXT NOT NULL,
    activity_id TEXT NOT NULL,
    subscription_id TEXT NOT NULL,
    push_token TEXT,
    UNIQUE (app_id, activity_id, subscription_id)
);
CREATE TABLE custom_events (
    number INTEGER PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES apps (id),
    event TEXT NOT NULL,
    idempotency_key TEXT,
    received_at REAL NOT NULL,
    UNIQUE (app_id, idempotency_key)
);
CREATE TABLE exports (
    path TEXT PRIMARY KEY,
    content BLOB NOT NULL,
    created_at REAL NOT NULL
);
CREATE TABLE audit_logs (
    number INTEGER PRIMARY KEY,
    app_id TEXT NOT NULL,
    action TEXT NOT NULL,
    target_type TEXT NOT NULL,
    target_id TEXT NOT NULL,
    time REAL NOT NULL
);
CREATE TABLE webhooks (
    number INTEGER PRIMARY KEY,
    url TEXT NOT NULL,
    events TEXT NOT NULL
);
"""
