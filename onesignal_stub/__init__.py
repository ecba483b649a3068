"""OneSignal's REST API on loopback, for tests of backends that send push messages.

`OneSignalStub` answers as OneSignal does, for its official SDKs of any version, and tells which
device would have received what.
"""

from onesignal_stub.pushes import Push
from onesignal_stub.server import OneSignalStub

__all__ = ["OneSignalStub", "Push"]
