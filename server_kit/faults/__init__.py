"""Fault injection: what goes wrong, where, for whom, how often; repeatable under a seed.

A `Fault` says what happens, a rule made by `Faults.add` says when. The servers ask `Faults.decide`
at each point where a fault can happen: an HTTP request, a socket that has opened, a frame that
comes in or goes out.
"""

from server_kit.faults.connection import black_hole, reset
from server_kit.faults.control import FaultRoutes
from server_kit.faults.fault import Fault, FaultKind, Point
from server_kit.faults.http import answer, garbage
from server_kit.faults.rules import NO_FAULT, FaultDecision, FaultRule, Faults
from server_kit.faults.targets import FaultTargets

__all__ = [
    "NO_FAULT",
    "Fault",
    "FaultDecision",
    "FaultKind",
    "FaultRoutes",
    "FaultRule",
    "FaultTargets",
    "Faults",
    "Point",
    "answer",
    "black_hole",
    "garbage",
    "reset",
]
