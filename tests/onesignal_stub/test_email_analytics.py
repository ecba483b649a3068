"""E-mail analytics: counted from what was sent and what people did."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import DAY, Backend

pytestmark = pytest.mark.asyncio

DOMAIN = "mail.example.com"
NOTHING = dict.fromkeys(
    (
        *("sent", "delivered", "opened", "clicked", "unique_opened", "unique_clicked"),
        *("failed", "bounced", "complained"),
    ),
    0,
)
SENT = {**NOTHING, "sent": 1, "delivered": 1}
OPENED = {**NOTHING, "opened": 1, "clicked": 1, "unique_opened": 1, "unique_clicked": 1}


async def email(backend: Backend, *addresses: str, **fields: Any) -> None:
    body = {
        "app_id": backend.stub.app_id,
        "email_subject": "s",
        "email_body": "b",
        "email_from_address": f"game@{DOMAIN}",
        "include_email_tokens": addresses,
        **fields,
    }
    await backend.ok("POST", "/notifications", body)


def path_of(backend: Backend, name: str) -> str:
    return f"/apps/{backend.stub.app_id}/email_analytics/{name}"


async def providers(backend: Backend, **query: str) -> dict[str, Any]:
    query = {"domain": DOMAIN, "start": "2023-11-01", "end": "2023-12-01", **query}
    answer = await backend.ok("GET", path_of(backend, "provider_metrics"), **query)
    return {entry["provider"]: entry["metrics"] for entry in answer["providers"]}


async def events(backend: Backend, granularity: str, start: str, end: str, **query: Any) -> Any:
    answer = await backend.ok(
        "GET",
        f"/api/v1{path_of(backend, 'provider_metrics_timeseries')}",
        domain=DOMAIN,
        granularity=granularity,
        start=start,
        end=end,
        **query,
    )
    return [(event["date"], event["metrics"]) for event in answer["events"]]


async def test_emails_count_for_the_provider_of_the_inbox(backend: Backend) -> None:
    await email(backend, "ada@gmail.com", "bob@GMAIL.com", "eve@example.org")
    await backend.player()
    await backend.send(included_segments=["All"])
    assert await providers(backend) == {
        "gmail": {**NOTHING, "sent": 2, "delivered": 2},
        "other": SENT,
    }
    push = backend.stub.find_pushes(contains="b")[2]
    for _ in range(2):
        await backend.stub.device(push.player_id).open(push)
    assert (await providers(backend))["other"] == {**SENT, **{k: 1 for k, v in OPENED.items() if v}}


async def test_a_message_belongs_to_its_sending_domain(backend: Backend) -> None:
    await email(backend, "ada@gmail.com", email_from_address="x@example.net")
    await email(backend, "ada@gmail.com", email_sender_domain="Example.NET")
    assert await providers(backend) == {}
    assert await providers(backend, domain="example.net") == {
        "gmail": {**NOTHING, "sent": 2, "delivered": 2}
    }
    await email(backend, "ada@gmail.com", email_from_address=None)
    assert await providers(backend) == {"gmail": SENT}
    assert await providers(backend, start="2023-11-15", end="2023-11-16") == {}


async def test_each_hour_day_and_month_has_an_entry(backend: Backend) -> None:
    await email(backend, "ada@gmail.com")
    await backend.stub.advance(DAY)
    push = backend.stub.pushes[0]
    await backend.stub.device(push.player_id).open(push)
    days = await events(backend, "daily", "2023-11-13T12:00:00Z", "2023-11-16T00:00:00Z")
    assert days == [
        ("2023-11-13T00:00:00.000Z", NOTHING),
        ("2023-11-14T00:00:00.000Z", SENT),
        ("2023-11-15T00:00:00.000Z", OPENED),
    ]
    hours = await events(backend, "hourly", "2023-11-14T22:13:20Z", "2023-11-14T23:00:01Z")
    assert hours == [("2023-11-14T22:00:00.000Z", SENT), ("2023-11-14T23:00:00.000Z", NOTHING)]
    months = await events(backend, "monthly", "2023-01-31", "2023-12-01")
    assert [date[:10] for date, _ in months] == [f"2023-{month:02}-01" for month in range(1, 12)]
    assert months[-1][1] == {name: SENT[name] + OPENED[name] for name in NOTHING}
    window = ("2023-11-01", "2023-12-01")
    (month,) = await events(backend, "monthly", *window, **{"providers[]": "apple"})
    assert month[1] == NOTHING
    assert await events(backend, "daily", *window, **{"providers[]": "gmail"}) == (
        await events(backend, "daily", *window)
    )


async def test_a_domain_that_sent_nothing_has_no_entries(backend: Backend) -> None:
    assert await events(backend, "daily", "2023-11-13", "2023-11-16") == []


async def test_delivery_metrics_count_no_bounces(backend: Backend) -> None:
    rates = {"bounce_rate": 0.0, "complaint_rate": 0.0}
    await email(backend, "ada@gmail.com")
    assert await backend.ok("GET", path_of(backend, "delivery_metrics")) == {
        "last_24_hours": rates,
        "last_7_days": rates,
        "last_30_days": rates,
    }


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"domain": ""}, "domain is required"),
        ({"start": ""}, "start is required"),
        ({"end": "tomorrow"}, "end must be a time in ISO 8601"),
        ({"start": "2023-11-14"}, "start must be before end"),
        ({"start": "2022-11-14"}, "start must be no more than 365 days ago"),
        ({"end": "2025-11-14"}, "end must be no more than 365 days ahead"),
        ({"granularity": "weekly"}, "granularity must be one of hourly, daily, monthly"),
        (
            {"granularity": "hourly", "start": "2023-09-01"},
            "start must be no more than 60 days ago",
        ),
    ],
)
async def test_questions_that_are_refused(
    query: dict[str, str], text: str, backend: Backend
) -> None:
    asked = {"domain": DOMAIN, "start": "2023-11-01", "end": "2023-11-14", "granularity": "daily"}
    path = path_of(backend, "provider_metrics_timeseries")
    answer = await backend("GET", path, **(asked | query))
    assert (answer.status, answer.body) == (400, {"errors": [text]})


@pytest.mark.parametrize(
    "name", ["delivery_metrics", "provider_metrics", "provider_metrics_timeseries"]
)
async def test_email_analytics_without_a_key_is_refused(name: str, backend: Backend) -> None:
    for key in (None, "wrong"):
        assert (await backend("GET", path_of(backend, name), key=key)).status == 403
