"""The tables of a server: those of each feature, in the order in which they are made."""

from __future__ import annotations

from mock_server.console import notes
from mock_server.features.accounts import core as accounts
from mock_server.features.channels import core as channels
from mock_server.features.friends import core as friends
from mock_server.features.groups import core as groups
from mock_server.features.leaderboards import boards
from mock_server.features.moderation import core as moderation
from mock_server.features.notifications import core as notifications
from mock_server.features.purchases import core as purchases
from mock_server.features.push import chat, devices, pending, scheduler
from mock_server.features.storage import core as storage
from mock_server.features.wallets import core as wallets

_STORED = (  # in this order: a data file is known again by its tables
    accounts,
    notifications,
    friends,
    groups,
    channels,
    storage,
    wallets,
    purchases,
    boards,
    moderation,
    notes,
    devices,
    pending,
    chat,
    scheduler,
)
SCHEMA = "".join(module.SCHEMA for module in _STORED)
