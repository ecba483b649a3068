"""From what happens in other features to pushes: each finds its rule and the rule's recipients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from mock_server.features.accounts.core import Accounts
from mock_server.features.channels.core import ChannelMessage
from mock_server.features.notifications.core import Notification
from mock_server.features.push.chat import ChatMembers
from mock_server.features.push.dispatcher import PushDispatcher
from mock_server.features.push.events import (
    DIRECT_MESSAGE,
    EVENT,
    GROUP_MESSAGE,
    ROOM_MESSAGE,
    PushEvent,
    name_of,
    rpc_event,
)
from mock_server.features.push.recipients import MOST_RECIPIENTS, find_recipients
from mock_server.features.push.rule_set import RuleSet
from mock_server.features.push.rules import EventRule
from mock_server.identity import SYSTEM_USER
from mock_server.realtime.stream import Stream, StreamMode
from mock_server.runtime.events import GeneratedEvent
from mock_server.runtime.rpc import RpcCall
from mock_server.wire import gojson
from mock_server.wire.errors import DecodeError

_MESSAGES = {
    StreamMode.DM: DIRECT_MESSAGE,
    StreamMode.GROUP: GROUP_MESSAGE,
    StreamMode.CHANNEL: ROOM_MESSAGE,
}


class Triggers:
    """Receives what happens, and dispatches a push for each recipient of an event with a rule.

    Args:
        rules: The rules.
        accounts: The names of senders, and which users there are.
        chat: Who gets the push of a message.
        dispatcher: Sends the pushes.
    """

    def __init__(
        self, rules: RuleSet, *, accounts: Accounts, chat: ChatMembers, dispatcher: PushDispatcher
    ) -> None:
        self._rules = rules
        self._accounts = accounts
        self._chat = chat
        self._dispatcher = dispatcher

    def notified(self, notification: Notification) -> None:
        """Push a notification if there is a rule for it."""
        name = name_of(notification.code)
        rule = self._rules.find(name)
        if rule is None:
            return
        self._dispatcher.dispatch(
            PushEvent(
                name=name,
                user_id=notification.user_id,
                sender_id=notification.sender_id,
                sender=self._username(notification.sender_id),
                code=notification.code,
                subject=notification.subject,
                content=_object(notification.content),
                source_id=notification.id,
            ),
            rule,
        )

    def messaged(self, message: ChannelMessage) -> None:
        """Push a chat message if there is a rule for it, to those who are not there."""
        author = message.author
        name = _MESSAGES[StreamMode(author.stream.mode)]
        rule = self._rules.find(name)
        if rule is None:
            return
        event = PushEvent(
            name=name,
            user_id="",
            sender_id=author.user_id,
            sender=author.username,
            subject="" if name == DIRECT_MESSAGE else self._chat.name(author.stream),
            content=_object(message.content),
            source_id=message.id,
            channel_id=author.channel_id,
        )
        if name == DIRECT_MESSAGE:
            recipients = _others(author.stream, author.user_id)
        else:
            recipients = self._chat.absent(author.stream, author.user_id)
        for user_id in recipients[:MOST_RECIPIENTS]:
            self._dispatcher.dispatch(attrs.evolve(event, user_id=user_id), rule)
        if len(recipients) > MOST_RECIPIENTS:
            self._dispatcher.pass_over(
                event,
                f"{event.subject!r} has more than {MOST_RECIPIENTS} members who are not there; the "
                "others get no push",
            )

    def generated(self, event: GeneratedEvent) -> None:
        """Push an event of `nk.event` or of a client if there is a rule for it."""
        self._happened(
            EVENT + event.name, event.properties, event.context.user_id, event.context.username
        )

    def called(self, call: RpcCall) -> None:
        """Push a call of an RPC function if there is a rule for it."""
        name = rpc_event(call.rpc_id)
        if self._rules.find(name) is not None:
            payload = _object(call.payload)
            self._happened(name, payload, call.context.user_id, call.context.username)

    def _happened(
        self, name: str, properties: Mapping[str, Any], sender_id: str | None, sender: str | None
    ) -> None:
        rule = self._rules.find(name)
        if rule is None:
            return
        event = PushEvent(
            name=name,
            user_id="",
            sender_id=sender_id or "",
            sender=sender or "",
            content=properties,
        )
        if rule.audience:
            self._dispatcher.broadcast(event, rule)
        else:
            self._to_recipients(event, rule)

    def _to_recipients(self, event: PushEvent, rule: EventRule) -> None:
        for recipient in find_recipients(
            event.content, named=rule.recipients, sender_id=event.sender_id
        ):
            to_one = attrs.evolve(event, user_id=recipient.user_id)
            if recipient.problem:
                self._dispatcher.refuse(to_one, recipient.problem)
            elif not self._is_user(recipient.user_id):
                self._dispatcher.refuse(to_one, f"there is no user {recipient.user_id}")
            else:
                self._dispatcher.dispatch(to_one, rule)

    def _is_user(self, user_id: str) -> bool:
        return user_id != SYSTEM_USER and self._accounts.find(user_id) is not None

    def _username(self, user_id: str) -> str:
        row = self._accounts.find(user_id) if user_id != SYSTEM_USER else None
        return row["username"] if row is not None else ""


def _others(stream: Stream, user_id: str) -> list[str]:
    """The users of a direct message channel who are not this one."""
    both = dict.fromkeys((stream.subject, stream.subcontext))
    return [each for each in both if each != user_id]


def _object(text: str) -> dict[str, Any]:
    """The JSON object in a text; empty for other JSON, which has no names for templates."""
    try:
        value = gojson.unmarshal(text)
    except DecodeError:
        return {}
    return value if isinstance(value, dict) else {}
