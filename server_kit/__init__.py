"""What the mock Nakama server and the OneSignal stub are both built on.

Hosting, the clock, the store, the journal and the faults: nothing here knows Nakama or OneSignal.
"""

from server_kit.bell import Bell
from server_kit.clock import Clock
from server_kit.faults import Fault, Faults
from server_kit.hosting import HostedServer, ServerNotRunning
from server_kit.journal import Entry, Journal
from server_kit.store import Store, WrongTables

__all__ = [
    "Bell",
    "Clock",
    "Entry",
    "Fault",
    "Faults",
    "HostedServer",
    "Journal",
    "ServerNotRunning",
    "Store",
    "WrongTables",
]
