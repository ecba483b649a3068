"""What the mock Nakama server and the OneSignal stub share.

Hosting, the clock, the store, the journal and the faults: nothing here knows Nakama or OneSignal.
"""

from server_kit.alarm import Alarm
from server_kit.clock import Clock
from server_kit.data_file import UnusableDataFile
from server_kit.faults import Fault, Faults
from server_kit.hosting import HostedServer
from server_kit.in_loop import InLoop, ServerNotRunning
from server_kit.journal import Entry, Journal
from server_kit.notifier import Notifier
from server_kit.store import Store

__all__ = [
    "Alarm",
    "Clock",
    "Entry",
    "Fault",
    "Faults",
    "HostedServer",
    "InLoop",
    "Journal",
    "Notifier",
    "ServerNotRunning",
    "Store",
    "UnusableDataFile",
]
