"""The flags of Nakama 3.40 by kind, as data (`server/config.go`); `config` itself is left out."""

from __future__ import annotations

_FLAGS = """
bool:
  logger.stdout logger.rotation logger.local_time logger.compress session.single_socket
  session.single_match session.single_party session.single_session runtime.read_only_globals
  runtime.lua_read_only_globals runtime.js_read_only_globals runtime.lua_api_stacktrace
  console.mfa.admin_account_enabled console.disable_display_name_search matchmaker.rev_precision
  satori.cache_enabled satori.cache_disabled storage.disable_index_only
  mfa.admin_account_enabled
int:
  shutdown_grace_sec logger.max_size logger.max_age logger.max_backups
  metrics.reporting_freq_sec metrics.prometheus_port metrics.custom_scope_limit
  session.token_expiry_sec session.refresh_token_expiry_sec socket.port
  socket.max_message_size_bytes socket.max_request_size_bytes socket.read_buffer_size_bytes
  socket.write_buffer_size_bytes socket.read_timeout_ms socket.write_timeout_ms
  socket.idle_timeout_ms socket.write_wait_ms socket.pong_wait_ms socket.ping_period_ms
  socket.ping_backoff_threshold socket.close_ack_wait_ms socket.outgoing_queue_size
  socket.proxy_count database.conn_max_lifetime_ms database.max_open_conns
  database.max_idle_conns database.dns_scan_interval_sec social.steam.app_id runtime.min_count
  runtime.lua_min_count runtime.max_count runtime.lua_max_count runtime.js_min_count
  runtime.js_max_count runtime.call_stack_size runtime.lua_call_stack_size runtime.registry_size
  runtime.lua_registry_size runtime.event_queue_size runtime.event_queue_workers
  match.input_queue_size match.call_queue_size match.signal_queue_size
  match.join_attempt_queue_size match.deferred_queue_size match.join_marker_deadline_ms
  match.max_empty_sec match.label_update_interval_ms tracker.event_queue_size console.port
  console.max_message_size_bytes console.read_timeout_ms console.write_timeout_ms
  console.idle_timeout_ms console.token_expiry_sec leaderboard.callback_queue_size
  leaderboard.callback_queue_workers leaderboard.rank_cache_workers matchmaker.max_tickets
  matchmaker.interval_sec matchmaker.max_intervals matchmaker.rev_threshold
  iap.google.refund_check_period_min satori.cache_ttl_sec satori.http_timeout_ms
  satori.retry_count party.label_update_interval_ms party.idle_check_interval_ms limit limit
str:
  name data_dir logger.level logger.file logger.format metrics.namespace metrics.prefix
  metrics.custom_prefix session.encryption_key session.refresh_encryption_key socket.server_key
  socket.address socket.protocol socket.ssl_certificate socket.ssl_private_key
  social.steam.publisher_key social.facebook_instant_game.app_secret
  social.facebook_limited_login.app_id social.apple.bundle_id runtime.path runtime.http_key
  runtime.js_entrypoint console.address console.username console.password console.signing_key
  console.mfa.storage_encryption_key iap.apple.shared_password
  iap.apple.notifications_endpoint_id iap.google.client_email iap.google.private_key
  iap.google.notifications_endpoint_id iap.google.package_name iap.huawei.public_key
  iap.huawei.client_id iap.huawei.client_secret iap.facebook_instant.app_secret
  iap.samsung.package_name google_auth.credentials_json satori.url satori.api_key_name
  satori.api_key satori.signing_key satori.cache_mode satori.server_key
  mfa.storage_encryption_key
list:
  socket.response_headers database.address runtime.env leaderboard.blacklist_rank_cache
"""


def nakama_flags() -> dict[str, str]:
    """Every flag with its kind: `bool`, `int`, `str`, or `list` for one that may be repeated."""
    kinds, kind = {}, ""
    for line in _FLAGS.strip().splitlines():
        if line.endswith(":"):
            kind = line[:-1]
        else:
            kinds.update(dict.fromkeys(line.split(), kind))
    return kinds
