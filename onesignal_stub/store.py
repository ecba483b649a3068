"""The tables of the stub: what OneSignal knows about apps, users, subscriptions and messages.

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
CREATE INDEX subscriptions_of_user ON subscriptions (onesignal_id);
CREATE TABLE notifications (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    app_id TEXT NOT NULL REFERENCES apps (id),
    request TEXT NOT NULL,
    recipients INTEGER NOT NULL,
    queued_at REAL NOT NULL,
    send_after REAL NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('scheduled', 'sending', 'sent', 'canceled')),
    completed_at REAL
);
CREATE INDEX notifications_of_app ON notifications (app_id, number);
CREATE INDEX notifications_due ON notifications (send_after) WHERE state = 'scheduled';
CREATE TABLE idempotent_replies (
    app_id TEXT NOT NULL,
    key TEXT NOT NULL,
    reply TEXT NOT NULL,
    created_at REAL NOT NULL,
    PRIMARY KEY (app_id, key)
) WITHOUT ROWID;
CREATE TABLE deliveries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    notification_id TEXT NOT NULL REFERENCES notifications (id),
    subscription_id TEXT NOT NULL,
    onesignal_id TEXT NOT NULL,
    external_id TEXT,
    device_type INTEGER NOT NULL,
    language TEXT,
    heading TEXT,
    subtitle TEXT,
    contents TEXT,
    sent_at REAL NOT NULL,
    hidden INTEGER NOT NULL DEFAULT 0,
    received_at REAL,
    clicked_at REAL
);
CREATE INDEX deliveries_of_notification ON deliveries (notification_id);
CREATE INDEX deliveries_of_subscription ON deliveries (subscription_id);
"""
