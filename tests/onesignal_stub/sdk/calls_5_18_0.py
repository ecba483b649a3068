"""Every operation of onesignal-python-api 5.18.0."""

from __future__ import annotations

import gzip
import sys
import urllib.request
import uuid
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import onesignal
from onesignal import models
from onesignal.api.default_api import DefaultApi
from onesignal.errors import OneSignalErrors
from onesignal.helpers import is_message_sent
from steps import main, refused, step


@step
def create_app(state: SimpleNamespace) -> None:
    app = state.api.create_app(models.App(name="Game", gcm_key="key"))
    assert (app.name, app.gcm_key, app.players) == ("Game", "key", 0)
    state.app = app.id
    config = onesignal.Configuration(
        host=state.host,
        rest_api_key=app.basic_auth_key,
        organization_api_key=state.user_key,
    )
    state.api = DefaultApi(onesignal.ApiClient(config))


@step
def get_and_update_app(state: SimpleNamespace) -> None:
    assert state.api.get_app(state.app).name == "Game"
    assert state.api.update_app(state.app, models.App(name="Renamed")).name == "Renamed"
    assert [app.id for app in state.api.get_apps().value][-1] == state.app


@step
def create_user(state: SimpleNamespace) -> None:
    user = models.User(
        identity={"al": "id/1", "external_id": "e/1"},
        properties=models.PropertiesObject(tags={"a": "1"}, language="de"),
        subscriptions=[models.Subscription(type="iOSPush", token="tok")],
    )
    created = state.api.create_user(state.app, user)
    state.user = created.identity["onesignal_id"]
    state.subscription = created.subscriptions[0].id
    other = models.User(identity={"external_id": "e2"})
    state.other = state.api.create_user(state.app, other).identity["onesignal_id"]


@step
def get_user(state: SimpleNamespace) -> None:
    user = state.api.get_user(state.app, "external_id", "e/1")
    assert user.identity["onesignal_id"] == state.user
    assert user.properties.tags == {"a": "1"}
    assert user.subscriptions[0].type == "iOSPush"
    error = refused(onesignal.ApiException, state.api.get_user, state.app, "al", "nobody")
    assert error.status == 404
    assert error.error_messages


@step
def update_user(state: SimpleNamespace) -> None:
    request = models.UpdateUserRequest(
        properties=models.PropertiesObject(tags={"a": "", "level": "10"}),
        deltas=models.PropertiesDeltas(
            session_count=1, purchases=[models.Purchase(sku="gem", amount="1.5", iso="USD")]
        ),
    )
    answer = state.api.update_user(state.app, "al", "id/1", request)
    assert answer.properties.tags == {"level": "10"}
    assert answer.properties.amount_spent == 1.5
    assert answer.properties.purchases[0].count == 1


@step
def segments(state: SimpleNamespace) -> None:
    created = state.api.create_segment(
        state.app,
        segment=models.Segment(
            name="Level 10",
            filters=[models.Filter(field="tag", key="level", relation="=", value="10")],
        ),
    )
    assert created.success is True
    state.segment = created.id
    update = models.UpdateSegmentRequest(name="Tens")
    changed = state.api.update_segment(state.app, created.id, update_segment_request=update)
    assert changed.id == created.id
    page = state.api.get_segments(state.app, offset=0, limit=300)
    assert page.total_count == len(page.segments)
    assert page.segments[-1].name == "Tens"
    assert page.segments[-1].read_only is False
    assert state.api.get_segment(state.app, created.id).subscriber_count == 1
    error = refused(onesignal.ApiException, state.api.get_segment, state.app, str(uuid.uuid4()))
    assert error.status == 404


@step
def create_notification_to_a_segment(state: SimpleNamespace) -> None:
    notification = models.Notification(
        app_id=state.app,
        contents=models.LanguageStringMap(en="Hello", de="Hallo"),
        included_segments=["Tens"],
        idempotency_key=str(uuid.uuid4()),
    )
    sent = state.api.create_notification(notification)
    assert is_message_sent(sent)
    state.notification = sent.id
    (push,) = state.pushes(notification_id=sent.id)
    assert (push["player_id"], push["contents"]) == (state.subscription, "Hallo")
    assert state.api.create_notification(notification).id == sent.id
    assert len(state.pushes()) == 1


@step
def create_notification_with_filters(state: SimpleNamespace) -> None:
    notification = models.Notification(
        app_id=state.app,
        contents=models.LanguageStringMap(en="filtered"),
        filters=[
            models.Filter(field="last_session", relation=">", hours_ago="1.1"),
            models.Operator(operator="OR"),
            models.Filter(field="tag", key="level", relation="=", value="10"),
        ],
    )
    assert state.api.create_notification(notification).recipients == 1


@step
def create_notification_to_aliases(state: SimpleNamespace) -> None:
    notification = models.Notification(
        app_id=state.app,
        contents=models.LanguageStringMap(en="named"),
        include_aliases={"external_id": ["e/1", "e2"]},
        target_channel="push",
    )
    assert state.api.create_notification(notification).recipients == 1
    nobody = models.Notification(
        app_id=state.app,
        contents=models.LanguageStringMap(en="lost"),
        include_aliases={"external_id": ["e2"]},
        target_channel="push",
    )
    sent = state.api.create_notification(nobody)
    assert not is_message_sent(sent)
    assert sent.errors == ["All included players are not subscribed"]


@step
def what_is_refused_has_the_text_of_the_sdk(state: SimpleNamespace) -> None:
    untargeted = models.Notification(
        app_id=state.app, contents=models.LanguageStringMap(en="whom?")
    )
    error = refused(onesignal.ApiException, state.api.create_notification, untargeted)
    assert error.status == 400
    assert error.error_messages == [OneSignalErrors.NO_TARGETING_SPECIFIED]
    config = onesignal.Configuration(host=state.host, rest_api_key="wrong")
    stranger = DefaultApi(onesignal.ApiClient(config))
    error = refused(onesignal.ApiException, stranger.get_segments, state.app)
    assert error.status == 403
    assert error.error_messages == [OneSignalErrors.INVALID_API_KEY]
    error = refused(
        onesignal.ApiException, state.api.get_notification, state.app, str(uuid.uuid4())
    )
    assert error.status == 404
    assert error.error_messages == [OneSignalErrors.NOTIFICATION_NOT_FOUND]


@step
def get_notifications(state: SimpleNamespace) -> None:
    found = state.api.get_notification(state.app, state.notification)
    assert found.included_segments == ["Tens"]
    assert (found.successful, found.remaining, found.canceled) == (1, 0, False)
    page = state.api.get_notifications(state.app, limit=1, kind=1)
    assert (page.total_count, len(page.notifications)) == (3, 1)
    first = state.api.get_notifications(state.app, limit=2, time_offset="2020-01-01T00:00:00Z")
    assert first.notifications[0].id == state.notification
    rest = state.api.get_notifications(state.app, limit=2, time_offset=first.next_time_offset)
    assert len(rest.notifications) == 1


@step
def cancel_notification(state: SimpleNamespace) -> None:
    notification = models.Notification(
        app_id=state.app,
        contents=models.LanguageStringMap(en="later"),
        include_subscription_ids=[state.subscription],
        send_after=state.in_a_year,
    )
    scheduled = state.api.create_notification(notification)
    assert state.api.cancel_notification(state.app, scheduled.id).success is True
    assert state.api.get_notification(state.app, scheduled.id).canceled is True


@step
def estimate_notification_recipients(state: SimpleNamespace) -> None:
    request = models.EstimateNotificationRecipientsRequest(
        app_id=state.app, included_segments=["All"]
    )
    assert state.api.estimate_notification_recipients(request).count == 1


@step
def exports(state: SimpleNamespace) -> None:
    request = models.GetNotificationHistoryRequestBody(
        events="sent", email="a@b.co", app_id=state.app
    )
    history = state.api.get_notification_history(state.notification, request)
    assert state.subscription in download(history.destination_url)
    events = state.api.export_events(state.notification, state.app)
    assert state.subscription in download(events.csv_file_url)
    body = models.ExportSubscriptionsRequestBody(extra_fields=["onesignal_id"])
    players = state.api.export_subscriptions(state.app, export_subscriptions_request_body=body)
    assert state.user in download(players.csv_file_url)


@step
def get_outcomes(state: SimpleNamespace) -> None:
    (push,) = state.pushes(notification_id=state.notification)
    state.control("POST", f"/_control/pushes/{push['id']}/open")
    (click,) = state.api.get_outcomes(state.app, "os__click.count").outcomes
    assert (click.id, click.value, click.aggregation) == ("os__click", 1, "count")


@step
def templates(state: SimpleNamespace) -> None:
    template = state.api.create_template(
        models.CreateTemplateRequest(
            app_id=state.app, name="t", contents=models.LanguageStringMap(en="from a template")
        )
    )
    assert template.channel == "push"
    assert state.api.view_template(template.id, state.app).name == "t"
    change = models.UpdateTemplateRequest(name="t2")
    assert state.api.update_template(template.id, state.app, change).name == "t2"
    assert [item.id for item in state.api.view_templates(state.app).templates] == [template.id]
    notification = models.Notification(
        app_id=state.app, template_id=template.id, include_subscription_ids=[state.subscription]
    )
    sent = state.api.create_notification(notification)
    (push,) = state.pushes(notification_id=sent.id)
    assert push["contents"] == "from a template"
    target = models.CopyTemplateRequest(target_app_id=state.app)
    copied = state.api.copy_template_to_app(template.id, state.app, target)
    assert copied.id != template.id
    assert state.api.delete_template(template.id, state.app).success is True
    error = refused(onesignal.ApiException, state.api.view_template, template.id, state.app)
    assert error.status == 404


@step
def live_activity(state: SimpleNamespace) -> None:
    start = models.StartLiveActivityRequest(
        name="n",
        event="start",
        activity_id="a1",
        event_attributes={"a": 1},
        event_updates={"b": 2},
        contents=models.LanguageStringMap(en="c"),
        headings=models.LanguageStringMap(en="h"),
        included_segments=["All"],
    )
    started = state.api.start_live_activity(state.app, "order_status", start)
    assert len(state.pushes(notification_id=started.notification_id)) == 1
    end = models.UpdateLiveActivityRequest(
        name="n", event="end", event_updates={"b": 3}, dismissal_date=1
    )
    ended = state.api.update_live_activity(state.app, "a1", end)
    assert len(state.pushes(notification_id=ended.id)) == 1
    error = refused(onesignal.ApiException, state.api.update_live_activity, state.app, "a1", end)
    assert error.status == 400


@step
def subscriptions(state: SimpleNamespace) -> None:
    body = models.SubscriptionBody(
        subscription=models.Subscription(type="Email", token="a@b.co", enabled=True)
    )
    created = state.api.create_subscription(state.app, "al", "id/1", body).subscription
    off = models.SubscriptionBody(subscription=models.Subscription(enabled=False))
    state.api.update_subscription_by_token(state.app, "Email", "a@b.co", off)
    emails = [
        item
        for item in state.api.get_user(state.app, "al", "id/1").subscriptions
        if item.type == "Email"
    ]
    assert [(item.id, item.enabled, item.notification_types) for item in emails] == [
        (created.id, False, -31)
    ]
    change = models.SubscriptionBody(subscription=models.Subscription(token="c@d.co", enabled=True))
    state.api.update_subscription(state.app, created.id, change)
    email = models.Notification(
        app_id=state.app,
        email_subject="Subject",
        email_body="<p>Body</p>",
        include_aliases={"al": ["id/1"]},
        target_channel="email",
    )
    sent = state.api.create_notification(email)
    (push,) = state.pushes(notification_id=sent.id)
    assert (push["channel"], push["heading"], push["contents"]) == (
        "email",
        "Subject",
        "<p>Body</p>",
    )
    answer = state.api.unsubscribe_email_with_token(state.app, sent.id, created.id)
    assert answer.success is True
    assert not is_message_sent(state.api.create_notification(email))
    state.api.delete_subscription(state.app, created.id)


@step
def create_journey(state: SimpleNamespace) -> None:
    clicked = models.JourneyCondition(
        kind="on_notification_action", action="clicked", client_node_id="hello"
    )
    journey = state.api.create_journey(
        state.app,
        models.CreateJourneyRequest(
            name="Welcome",
            audience=models.JourneyAudience(kind="segment", included_segment_ids=[state.segment]),
            early_exit=models.JourneyEarlyExit(rules=models.JourneyEarlyExitRules(on_session=True)),
            reentry_rules=models.JourneyReentryRules(duration_seconds=600),
            nodes=[
                models.JourneyNode(kind="wait", duration_seconds=60, annotation="short"),
                models.JourneyNode(
                    kind="send_push", template_id=str(uuid.uuid4()), client_node_id="hello"
                ),
                models.JourneyNode(
                    kind="yes_no",
                    branches=[
                        models.JourneyBranch(
                            condition=clicked,
                            nodes=[models.JourneyNode(kind="tag", assignments={"a": "1"})],
                        ),
                        models.JourneyBranch(nodes=[]),
                    ],
                ),
            ],
        ),
    )
    assert (journey.state, journey.created_source, journey.schedule) == (
        "draft",
        "public_api",
        None,
    )
    wait, push, fork = journey.nodes
    assert (wait.kind, wait.duration_seconds, wait.annotation) == ("wait", 60, "short")
    assert fork.branches[0].condition.sending_node_id == push.id
    assert fork.branches[0].nodes[0].assignments == {"a": "1"}
    state.journey = journey
    nameless = models.CreateJourneyRequest(name="")
    error = refused(onesignal.ApiException, state.api.create_journey, state.app, nameless)
    assert (error.status, len(error.error_messages)) == (400, 1)


@step
def view_journeys(state: SimpleNamespace) -> None:
    seen = state.api.view_journey(state.app, state.journey.id)
    assert seen.to_dict() == state.journey.to_dict()
    other = state.api.create_journey(state.app, models.CreateJourneyRequest(name="Empty"))
    assert (other.description, other.nodes, other.early_exit) == ("", [], None)
    first = state.api.view_journeys(state.app, limit=1)
    assert ([item.id for item in first.journeys], first.has_more) == ([other.id], True)
    rest = state.api.view_journeys(state.app, limit=1, cursor=first.next_cursor)
    (item,) = rest.journeys
    assert (item.id, item.audience.kind, rest.has_more) == (state.journey.id, "segment", False)
    error = refused(onesignal.ApiException, state.api.view_journey, state.app, str(uuid.uuid4()))
    assert (error.status, error.error_messages) == (404, ["Journey not found"])


@step
def update_journey(state: SimpleNamespace) -> None:
    old = state.journey
    change = models.UpdateJourneyRequest(
        name="Hello", early_exit=None, state="active", concurrency_key=old.concurrency_key
    )
    new = state.api.update_journey(state.app, old.id, change)
    assert (new.name, new.state, new.early_exit, len(new.nodes)) == ("Hello", "active", None, 3)
    assert new.started_at is not None
    error = refused(onesignal.ApiException, state.api.update_journey, state.app, old.id, change)
    assert error.status == 409
    back = models.UpdateJourneyRequest(state="draft")
    error = refused(onesignal.ApiException, state.api.update_journey, state.app, old.id, back)
    assert error.status == 422


@step
def update_journey_node(state: SimpleNamespace) -> None:
    wait = state.journey.nodes[0]
    change = models.UpdateJourneyNodeRequest(duration_seconds=120)
    new = state.api.update_journey_node(state.app, state.journey.id, wait.id, change)
    assert (new.nodes[0].duration_seconds, new.nodes[0].annotation) == (120, "short")
    assert [node.id for node in new.nodes] == [node.id for node in state.journey.nodes]


@step
def view_journey_stats(state: SimpleNamespace) -> None:
    stats = state.api.view_journey_stats(state.app, state.journey.id)
    assert (stats.id, stats.started, stats.completed) == (state.journey.id, 0, 0)
    assert len(stats.nodes) == 4
    push = stats.nodes[state.journey.nodes[1].id]
    assert (push.kind, push.waiting, push.message_stats.totals) == ("send_push", 0, {})
    branch = state.journey.nodes[2].branches[0]
    assert stats.branches[branch.id].completed == 0


@step
def duplicate_and_delete_journey(state: SimpleNamespace) -> None:
    copy = state.api.duplicate_journey(state.app, state.journey.id)
    assert (copy.name, copy.state, copy.started_at) == ("Hello (Copy)", "draft", None)
    assert copy.nodes[2].branches[0].condition.sending_node_id == copy.nodes[1].id
    assert copy.nodes[1].id != state.journey.nodes[1].id
    request = models.DuplicateJourneyRequest(
        overrides=models.DuplicateJourneyOverrides(
            name="Later",
            schedule=models.JourneySchedule(start_at=state.in_a_year.isoformat()),
        )
    )
    later = state.api.duplicate_journey(state.app, copy.id, duplicate_journey_request=request)
    assert (later.name, later.schedule.start_at) == ("Later", state.in_a_year.isoformat())
    assert state.api.delete_journey(state.app, copy.id).success is True
    error = refused(onesignal.ApiException, state.api.delete_journey, state.app, copy.id)
    assert error.status == 404


@step
def email_analytics(state: SimpleNamespace) -> None:
    sent = state.api.create_notification(
        models.Notification(
            app_id=state.app,
            email_subject="Subject",
            email_body="<p>Body</p>",
            email_from_address="game@example.com",
            email_to=["ada@gmail.com", "bob@b.co"],
        )
    )
    push = state.pushes(notification_id=sent.id)[0]
    state.control("POST", f"/_control/pushes/{push['id']}/open")
    week = timedelta(days=7)
    now = datetime.now(UTC)
    window = (state.app, "example.com", now - week, now + week)
    gmail, other = state.api.get_email_provider_metrics(*window).providers
    assert (gmail.provider, other.provider) == ("gmail", "other")
    assert (gmail.metrics.sent, gmail.metrics.delivered, gmail.metrics.bounced) == (1, 1, 0)
    assert gmail.metrics.unique_opened + other.metrics.unique_opened == 1
    events = state.api.get_email_provider_metrics_timeseries(*window, "daily").events
    # The e-mail of an earlier step, which names no sender, counts too.
    assert (len(events), sum(event.metrics.sent for event in events)) == (15, 3)
    only = state.api.get_email_provider_metrics_timeseries(
        *window, "monthly", providers=["gmail", "apple"]
    ).events
    assert sum(event.metrics.sent for event in only) == 1
    assert state.api.get_email_reputation(state.app).last_24_hours.bounce_rate == 0.0
    backwards = (state.app, "example.com", now, now - week)
    error = refused(onesignal.ApiException, state.api.get_email_provider_metrics, *backwards)
    assert (error.status, error.error_messages) == (400, ["start must be before end"])


@step
def aliases(state: SimpleNamespace) -> None:
    body = models.UserIdentityBody(identity={"nl": "ni"})
    assert state.api.create_alias(state.app, "al", "id/1", body).identity["nl"] == "ni"
    body = models.UserIdentityBody(identity={"by": "subscription"})
    found = state.api.create_alias_by_subscription(state.app, state.subscription, body)
    assert found.identity["by"] == "subscription"
    found = state.api.get_aliases_by_subscription(state.app, state.subscription)
    assert found.identity["onesignal_id"] == state.user
    assert state.api.get_aliases(state.app, "al", "id/1").identity["nl"] == "ni"
    assert "nl" not in state.api.delete_alias(state.app, "al", "id/1", "nl").identity
    taken = models.UserIdentityBody(identity={"external_id": "e2"})
    error = refused(onesignal.ApiException, state.api.create_alias, state.app, "al", "id/1", taken)
    assert error.status == 409


@step
def transfer_subscription(state: SimpleNamespace) -> None:
    body = models.TransferSubscriptionRequestBody(identity={"external_id": "e2"})
    answer = state.api.transfer_subscription(state.app, state.subscription, body)
    assert answer.identity["onesignal_id"] == state.other


@step
def create_custom_events(state: SimpleNamespace) -> None:
    event = models.CustomEvent(name="bought", external_id="e2", payload={"gems": 3})
    state.api.create_custom_events(state.app, models.CustomEventsRequest(events=[event]))
    (recorded,) = state.control("GET", "/_control/state")["custom_events"]
    assert recorded["payload"] == {"gems": 3}


@step
def api_keys(state: SimpleNamespace) -> None:
    created = state.api.create_api_key(state.app, models.CreateApiKeyRequest(name="second"))
    (key,) = state.api.view_api_keys(state.app).tokens
    assert (key.token_id, key.name) == (created.token_id, "second")
    assert lists_segments(state, created.formatted_token)
    state.api.update_api_key(state.app, created.token_id, models.UpdateApiKeyRequest(name="k"))
    rotated = state.api.rotate_api_key(state.app, created.token_id)
    assert not lists_segments(state, created.formatted_token)
    assert lists_segments(state, rotated.formatted_token)
    state.api.delete_api_key(state.app, created.token_id)
    assert not lists_segments(state, rotated.formatted_token)


@step
def list_audit_logs(state: SimpleNamespace) -> None:
    logs = state.api.list_audit_logs(str(uuid.uuid4())).audit_logs
    assert logs[0].action == "app.created"
    assert logs[-1].action == "api_key.deleted"


@step
def delete_segment_and_user(state: SimpleNamespace) -> None:
    assert state.api.delete_segment(state.app, state.segment).success is True
    state.api.delete_user(state.app, "onesignal_id", state.user)
    error = refused(onesignal.ApiException, state.api.get_user, state.app, "al", "id/1")
    assert error.status == 404


def lists_segments(state: SimpleNamespace, key: str) -> bool:
    config = onesignal.Configuration(host=state.host, rest_api_key=key)
    try:
        DefaultApi(onesignal.ApiClient(config)).get_segments(state.app)
    except onesignal.ApiException:
        return False
    return True


def download(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        return gzip.decompress(answer.read()).decode()


if __name__ == "__main__":
    host, user_key = sys.argv[1:]
    config = onesignal.Configuration(host=host, organization_api_key=user_key)
    main(host, user_key, DefaultApi(onesignal.ApiClient(config)))
