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
def create_app(world: SimpleNamespace) -> None:
    app = world.api.create_app(models.App(name="Game", gcm_key="key"))
    assert (app.name, app.gcm_key, app.players) == ("Game", "key", 0)
    world.app = app.id
    config = onesignal.Configuration(
        host=world.host,
        rest_api_key=app.basic_auth_key,
        organization_api_key=world.user_key,
    )
    world.api = DefaultApi(onesignal.ApiClient(config))


@step
def get_and_update_app(world: SimpleNamespace) -> None:
    assert world.api.get_app(world.app).name == "Game"
    assert world.api.update_app(world.app, models.App(name="Renamed")).name == "Renamed"
    assert [app.id for app in world.api.get_apps().value][-1] == world.app


@step
def create_user(world: SimpleNamespace) -> None:
    user = models.User(
        identity={"al": "id/1", "external_id": "e/1"},
        properties=models.PropertiesObject(tags={"a": "1"}, language="de"),
        subscriptions=[models.Subscription(type="iOSPush", token="tok")],
    )
    created = world.api.create_user(world.app, user)
    world.user = created.identity["onesignal_id"]
    world.subscription = created.subscriptions[0].id
    other = models.User(identity={"external_id": "e2"})
    world.other = world.api.create_user(world.app, other).identity["onesignal_id"]


@step
def get_user(world: SimpleNamespace) -> None:
    user = world.api.get_user(world.app, "external_id", "e/1")
    assert user.identity["onesignal_id"] == world.user
    assert user.properties.tags == {"a": "1"}
    assert user.subscriptions[0].type == "iOSPush"
    error = refused(onesignal.ApiException, world.api.get_user, world.app, "al", "nobody")
    assert error.status == 404
    assert error.error_messages


@step
def update_user(world: SimpleNamespace) -> None:
    request = models.UpdateUserRequest(
        properties=models.PropertiesObject(tags={"a": "", "level": "10"}),
        deltas=models.PropertiesDeltas(
            session_count=1, purchases=[models.Purchase(sku="gem", amount="1.5", iso="USD")]
        ),
    )
    answer = world.api.update_user(world.app, "al", "id/1", request)
    assert answer.properties.tags == {"level": "10"}
    assert answer.properties.amount_spent == 1.5
    assert answer.properties.purchases[0].count == 1


@step
def segments(world: SimpleNamespace) -> None:
    created = world.api.create_segment(
        world.app,
        segment=models.Segment(
            name="Level 10",
            filters=[models.Filter(field="tag", key="level", relation="=", value="10")],
        ),
    )
    assert created.success is True
    world.segment = created.id
    update = models.UpdateSegmentRequest(name="Tens")
    changed = world.api.update_segment(world.app, created.id, update_segment_request=update)
    assert changed.id == created.id
    page = world.api.get_segments(world.app, offset=0, limit=300)
    assert page.total_count == len(page.segments)
    assert page.segments[-1].name == "Tens"
    assert page.segments[-1].read_only is False
    assert world.api.get_segment(world.app, created.id).subscriber_count == 1
    error = refused(onesignal.ApiException, world.api.get_segment, world.app, str(uuid.uuid4()))
    assert error.status == 404


@step
def create_notification_to_a_segment(world: SimpleNamespace) -> None:
    notification = models.Notification(
        app_id=world.app,
        contents=models.LanguageStringMap(en="Hello", de="Hallo"),
        included_segments=["Tens"],
        idempotency_key=str(uuid.uuid4()),
    )
    sent = world.api.create_notification(notification)
    assert is_message_sent(sent)
    world.notification = sent.id
    (push,) = world.pushes(notification_id=sent.id)
    assert (push["player_id"], push["contents"]) == (world.subscription, "Hallo")
    assert world.api.create_notification(notification).id == sent.id
    assert len(world.pushes()) == 1


@step
def create_notification_with_filters(world: SimpleNamespace) -> None:
    notification = models.Notification(
        app_id=world.app,
        contents=models.LanguageStringMap(en="filtered"),
        filters=[
            models.Filter(field="last_session", relation=">", hours_ago="1.1"),
            models.Operator(operator="OR"),
            models.Filter(field="tag", key="level", relation="=", value="10"),
        ],
    )
    assert world.api.create_notification(notification).recipients == 1


@step
def create_notification_to_aliases(world: SimpleNamespace) -> None:
    notification = models.Notification(
        app_id=world.app,
        contents=models.LanguageStringMap(en="named"),
        include_aliases={"external_id": ["e/1", "e2"]},
        target_channel="push",
    )
    assert world.api.create_notification(notification).recipients == 1
    nobody = models.Notification(
        app_id=world.app,
        contents=models.LanguageStringMap(en="lost"),
        include_aliases={"external_id": ["e2"]},
        target_channel="push",
    )
    sent = world.api.create_notification(nobody)
    assert not is_message_sent(sent)
    assert sent.errors == ["All included players are not subscribed"]


@step
def what_is_refused_has_the_text_of_the_sdk(world: SimpleNamespace) -> None:
    untargeted = models.Notification(
        app_id=world.app, contents=models.LanguageStringMap(en="whom?")
    )
    error = refused(onesignal.ApiException, world.api.create_notification, untargeted)
    assert error.status == 400
    assert error.error_messages == [OneSignalErrors.NO_TARGETING_SPECIFIED]
    config = onesignal.Configuration(host=world.host, rest_api_key="wrong")
    stranger = DefaultApi(onesignal.ApiClient(config))
    error = refused(onesignal.ApiException, stranger.get_segments, world.app)
    assert error.status == 403
    assert error.error_messages == [OneSignalErrors.INVALID_API_KEY]
    error = refused(
        onesignal.ApiException, world.api.get_notification, world.app, str(uuid.uuid4())
    )
    assert error.status == 404
    assert error.error_messages == [OneSignalErrors.NOTIFICATION_NOT_FOUND]


@step
def get_notifications(world: SimpleNamespace) -> None:
    found = world.api.get_notification(world.app, world.notification)
    assert found.included_segments == ["Tens"]
    assert (found.successful, found.remaining, found.canceled) == (1, 0, False)
    page = world.api.get_notifications(world.app, limit=1, kind=1)
    assert (page.total_count, len(page.notifications)) == (3, 1)
    first = world.api.get_notifications(world.app, limit=2, time_offset="2020-01-01T00:00:00Z")
    assert first.notifications[0].id == world.notification
    rest = world.api.get_notifications(world.app, limit=2, time_offset=first.next_time_offset)
    assert len(rest.notifications) == 1


@step
def cancel_notification(world: SimpleNamespace) -> None:
    notification = models.Notification(
        app_id=world.app,
        contents=models.LanguageStringMap(en="later"),
        include_subscription_ids=[world.subscription],
        send_after=world.in_a_year,
    )
    scheduled = world.api.create_notification(notification)
    assert world.api.cancel_notification(world.app, scheduled.id).success is True
    assert world.api.get_notification(world.app, scheduled.id).canceled is True


@step
def estimate_notification_recipients(world: SimpleNamespace) -> None:
    request = models.EstimateNotificationRecipientsRequest(
        app_id=world.app, included_segments=["All"]
    )
    assert world.api.estimate_notification_recipients(request).count == 1


@step
def exports(world: SimpleNamespace) -> None:
    request = models.GetNotificationHistoryRequestBody(
        events="sent", email="a@b.co", app_id=world.app
    )
    history = world.api.get_notification_history(world.notification, request)
    assert world.subscription in download(history.destination_url)
    events = world.api.export_events(world.notification, world.app)
    assert world.subscription in download(events.csv_file_url)
    body = models.ExportSubscriptionsRequestBody(extra_fields=["onesignal_id"])
    players = world.api.export_subscriptions(world.app, export_subscriptions_request_body=body)
    assert world.user in download(players.csv_file_url)


@step
def get_outcomes(world: SimpleNamespace) -> None:
    (push,) = world.pushes(notification_id=world.notification)
    world.control("POST", f"/_control/pushes/{push['id']}/open")
    (click,) = world.api.get_outcomes(world.app, "os__click.count").outcomes
    assert (click.id, click.value, click.aggregation) == ("os__click", 1, "count")


@step
def templates(world: SimpleNamespace) -> None:
    template = world.api.create_template(
        models.CreateTemplateRequest(
            app_id=world.app, name="t", contents=models.LanguageStringMap(en="from a template")
        )
    )
    assert template.channel == "push"
    assert world.api.view_template(template.id, world.app).name == "t"
    change = models.UpdateTemplateRequest(name="t2")
    assert world.api.update_template(template.id, world.app, change).name == "t2"
    assert [item.id for item in world.api.view_templates(world.app).templates] == [template.id]
    notification = models.Notification(
        app_id=world.app, template_id=template.id, include_subscription_ids=[world.subscription]
    )
    sent = world.api.create_notification(notification)
    (push,) = world.pushes(notification_id=sent.id)
    assert push["contents"] == "from a template"
    target = models.CopyTemplateRequest(target_app_id=world.app)
    copied = world.api.copy_template_to_app(template.id, world.app, target)
    assert copied.id != template.id
    assert world.api.delete_template(template.id, world.app).success is True
    error = refused(onesignal.ApiException, world.api.view_template, template.id, world.app)
    assert error.status == 404


@step
def live_activity(world: SimpleNamespace) -> None:
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
    started = world.api.start_live_activity(world.app, "order_status", start)
    assert len(world.pushes(notification_id=started.notification_id)) == 1
    end = models.UpdateLiveActivityRequest(
        name="n", event="end", event_updates={"b": 3}, dismissal_date=1
    )
    ended = world.api.update_live_activity(world.app, "a1", end)
    assert len(world.pushes(notification_id=ended.id)) == 1
    error = refused(onesignal.ApiException, world.api.update_live_activity, world.app, "a1", end)
    assert error.status == 400


@step
def subscriptions(world: SimpleNamespace) -> None:
    body = models.SubscriptionBody(
        subscription=models.Subscription(type="Email", token="a@b.co", enabled=True)
    )
    created = world.api.create_subscription(world.app, "al", "id/1", body).subscription
    off = models.SubscriptionBody(subscription=models.Subscription(enabled=False))
    world.api.update_subscription_by_token(world.app, "Email", "a@b.co", off)
    emails = [
        item
        for item in world.api.get_user(world.app, "al", "id/1").subscriptions
        if item.type == "Email"
    ]
    assert [(item.id, item.enabled, item.notification_types) for item in emails] == [
        (created.id, False, -31)
    ]
    change = models.SubscriptionBody(subscription=models.Subscription(token="c@d.co", enabled=True))
    world.api.update_subscription(world.app, created.id, change)
    email = models.Notification(
        app_id=world.app,
        email_subject="Subject",
        email_body="<p>Body</p>",
        include_aliases={"al": ["id/1"]},
        target_channel="email",
    )
    sent = world.api.create_notification(email)
    (push,) = world.pushes(notification_id=sent.id)
    assert (push["channel"], push["heading"], push["contents"]) == (
        "email",
        "Subject",
        "<p>Body</p>",
    )
    answer = world.api.unsubscribe_email_with_token(world.app, sent.id, created.id)
    assert answer.success is True
    assert not is_message_sent(world.api.create_notification(email))
    world.api.delete_subscription(world.app, created.id)


@step
def create_journey(world: SimpleNamespace) -> None:
    clicked = models.JourneyCondition(
        kind="on_notification_action", action="clicked", client_node_id="hello"
    )
    journey = world.api.create_journey(
        world.app,
        models.CreateJourneyRequest(
            name="Welcome",
            audience=models.JourneyAudience(kind="segment", included_segment_ids=[world.segment]),
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
    world.journey = journey
    nameless = models.CreateJourneyRequest(name="")
    error = refused(onesignal.ApiException, world.api.create_journey, world.app, nameless)
    assert (error.status, len(error.error_messages)) == (400, 1)


@step
def view_journeys(world: SimpleNamespace) -> None:
    seen = world.api.view_journey(world.app, world.journey.id)
    assert seen.to_dict() == world.journey.to_dict()
    other = world.api.create_journey(world.app, models.CreateJourneyRequest(name="Empty"))
    assert (other.description, other.nodes, other.early_exit) == ("", [], None)
    first = world.api.view_journeys(world.app, limit=1)
    assert ([item.id for item in first.journeys], first.has_more) == ([other.id], True)
    rest = world.api.view_journeys(world.app, limit=1, cursor=first.next_cursor)
    (item,) = rest.journeys
    assert (item.id, item.audience.kind, rest.has_more) == (world.journey.id, "segment", False)
    error = refused(onesignal.ApiException, world.api.view_journey, world.app, str(uuid.uuid4()))
    assert (error.status, error.error_messages) == (404, ["Journey not found"])


@step
def update_journey(world: SimpleNamespace) -> None:
    old = world.journey
    change = models.UpdateJourneyRequest(
        name="Hello", early_exit=None, state="active", concurrency_key=old.concurrency_key
    )
    new = world.api.update_journey(world.app, old.id, change)
    assert (new.name, new.state, new.early_exit, len(new.nodes)) == ("Hello", "active", None, 3)
    assert new.started_at is not None
    error = refused(onesignal.ApiException, world.api.update_journey, world.app, old.id, change)
    assert error.status == 409
    back = models.UpdateJourneyRequest(state="draft")
    error = refused(onesignal.ApiException, world.api.update_journey, world.app, old.id, back)
    assert error.status == 422


@step
def update_journey_node(world: SimpleNamespace) -> None:
    wait = world.journey.nodes[0]
    change = models.UpdateJourneyNodeRequest(duration_seconds=120)
    new = world.api.update_journey_node(world.app, world.journey.id, wait.id, change)
    assert (new.nodes[0].duration_seconds, new.nodes[0].annotation) == (120, "short")
    assert [node.id for node in new.nodes] == [node.id for node in world.journey.nodes]


@step
def view_journey_stats(world: SimpleNamespace) -> None:
    stats = world.api.view_journey_stats(world.app, world.journey.id)
    assert (stats.id, stats.started, stats.completed) == (world.journey.id, 0, 0)
    assert len(stats.nodes) == 4
    push = stats.nodes[world.journey.nodes[1].id]
    assert (push.kind, push.waiting, push.message_stats.totals) == ("send_push", 0, {})
    branch = world.journey.nodes[2].branches[0]
    assert stats.branches[branch.id].completed == 0


@step
def duplicate_and_delete_journey(world: SimpleNamespace) -> None:
    copy = world.api.duplicate_journey(world.app, world.journey.id)
    assert (copy.name, copy.state, copy.started_at) == ("Hello (Copy)", "draft", None)
    assert copy.nodes[2].branches[0].condition.sending_node_id == copy.nodes[1].id
    assert copy.nodes[1].id != world.journey.nodes[1].id
    request = models.DuplicateJourneyRequest(
        overrides=models.DuplicateJourneyOverrides(
            name="Later",
            schedule=models.JourneySchedule(start_at=world.in_a_year.isoformat()),
        )
    )
    later = world.api.duplicate_journey(world.app, copy.id, duplicate_journey_request=request)
    assert (later.name, later.schedule.start_at) == ("Later", world.in_a_year.isoformat())
    assert world.api.delete_journey(world.app, copy.id).success is True
    error = refused(onesignal.ApiException, world.api.delete_journey, world.app, copy.id)
    assert error.status == 404


@step
def email_analytics(world: SimpleNamespace) -> None:
    sent = world.api.create_notification(
        models.Notification(
            app_id=world.app,
            email_subject="Subject",
            email_body="<p>Body</p>",
            email_from_address="game@example.com",
            email_to=["ada@gmail.com", "bob@b.co"],
        )
    )
    push = world.pushes(notification_id=sent.id)[0]
    world.control("POST", f"/_control/pushes/{push['id']}/open")
    week = timedelta(days=7)
    now = datetime.now(UTC)
    window = (world.app, "example.com", now - week, now + week)
    gmail, other = world.api.get_email_provider_metrics(*window).providers
    assert (gmail.provider, other.provider) == ("gmail", "other")
    assert (gmail.metrics.sent, gmail.metrics.delivered, gmail.metrics.bounced) == (1, 1, 0)
    assert gmail.metrics.unique_opened + other.metrics.unique_opened == 1
    events = world.api.get_email_provider_metrics_timeseries(*window, "daily").events
    # The e-mail of an earlier step, which names no sender, counts too.
    assert (len(events), sum(event.metrics.sent for event in events)) == (15, 3)
    only = world.api.get_email_provider_metrics_timeseries(
        *window, "monthly", providers=["gmail", "apple"]
    ).events
    assert sum(event.metrics.sent for event in only) == 1
    assert world.api.get_email_reputation(world.app).last_24_hours.bounce_rate == 0.0
    backwards = (world.app, "example.com", now, now - week)
    error = refused(onesignal.ApiException, world.api.get_email_provider_metrics, *backwards)
    assert (error.status, error.error_messages) == (400, ["start must be before end"])


@step
def aliases(world: SimpleNamespace) -> None:
    body = models.UserIdentityBody(identity={"nl": "ni"})
    assert world.api.create_alias(world.app, "al", "id/1", body).identity["nl"] == "ni"
    body = models.UserIdentityBody(identity={"by": "subscription"})
    found = world.api.create_alias_by_subscription(world.app, world.subscription, body)
    assert found.identity["by"] == "subscription"
    found = world.api.get_aliases_by_subscription(world.app, world.subscription)
    assert found.identity["onesignal_id"] == world.user
    assert world.api.get_aliases(world.app, "al", "id/1").identity["nl"] == "ni"
    assert "nl" not in world.api.delete_alias(world.app, "al", "id/1", "nl").identity
    taken = models.UserIdentityBody(identity={"external_id": "e2"})
    error = refused(onesignal.ApiException, world.api.create_alias, world.app, "al", "id/1", taken)
    assert error.status == 409


@step
def transfer_subscription(world: SimpleNamespace) -> None:
    body = models.TransferSubscriptionRequestBody(identity={"external_id": "e2"})
    answer = world.api.transfer_subscription(world.app, world.subscription, body)
    assert answer.identity["onesignal_id"] == world.other


@step
def create_custom_events(world: SimpleNamespace) -> None:
    event = models.CustomEvent(name="bought", external_id="e2", payload={"gems": 3})
    world.api.create_custom_events(world.app, models.CustomEventsRequest(events=[event]))
    (recorded,) = world.control("GET", "/_control/state")["custom_events"]
    assert recorded["payload"] == {"gems": 3}


@step
def api_keys(world: SimpleNamespace) -> None:
    created = world.api.create_api_key(world.app, models.CreateApiKeyRequest(name="second"))
    (key,) = world.api.view_api_keys(world.app).tokens
    assert (key.token_id, key.name) == (created.token_id, "second")
    assert lists_segments(world, created.formatted_token)
    world.api.update_api_key(world.app, created.token_id, models.UpdateApiKeyRequest(name="k"))
    rotated = world.api.rotate_api_key(world.app, created.token_id)
    assert not lists_segments(world, created.formatted_token)
    assert lists_segments(world, rotated.formatted_token)
    world.api.delete_api_key(world.app, created.token_id)
    assert not lists_segments(world, rotated.formatted_token)


@step
def list_audit_logs(world: SimpleNamespace) -> None:
    logs = world.api.list_audit_logs(str(uuid.uuid4())).audit_logs
    assert logs[0].action == "app.created"
    assert logs[-1].action == "api_key.deleted"


@step
def delete_segment_and_user(world: SimpleNamespace) -> None:
    assert world.api.delete_segment(world.app, world.segment).success is True
    world.api.delete_user(world.app, "onesignal_id", world.user)
    error = refused(onesignal.ApiException, world.api.get_user, world.app, "al", "id/1")
    assert error.status == 404


def lists_segments(world: SimpleNamespace, key: str) -> bool:
    config = onesignal.Configuration(host=world.host, rest_api_key=key)
    try:
        DefaultApi(onesignal.ApiClient(config)).get_segments(world.app)
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
