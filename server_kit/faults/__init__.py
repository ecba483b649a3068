"""Troubles on demand: what goes wrong, where, for whom, how often; the same again under a seed.

A `Fault` says what happens, a rule made by `Faults.add` says when. The servers ask `Faults.strike`
at each point where something can happen: an HTTP request, a socket that has opened, a frame that
comes in or goes out.
"""

from server_kit.faults.connection import reset, swallow
from server_kit.faults.control import FaultRoutes
from server_kit.faults.fault import Fault, Kind, Point
from server_kit.faults.http import answer, garbage
from server_kit.faults.rules import UNHARMED, Faults, Rule, Strike

__all__ = [
    "UNHARMED",
    "Fault",
    "FaultRoutes",
    "Faults",
    "Kind",
    "Point",
    "Rule",
    "Strike",
    "answer",
    "garbage",
    "reset",
    "swallow",
]
