"""OneSignal's REST API on loopback, for tests of backends that send push messages.

`OneSignalStub` answers as OneSignal does, for its official SDKs of any version, and records what
each device would have received.
"""

from onesignal_stub.limits import RateLimit
from onesignal_stub.seed import SeedError
from onesignal_stub.sent_pushes import Push
from onesignal_stub.server import OneSignalStub
from onesignal_stub.simulation import SimulatedDevice

__all__ = ["OneSignalStub", "Push", "RateLimit", "SeedError", "SimulatedDevice"]
