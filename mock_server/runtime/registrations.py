"""What server modules have registered, also while others are being loaded."""

from __future__ import annotations

from mock_server.runtime.callbacks import Callbacks


class Registrations:
    """The registered functions of one server, through loads and reloads.

    A load fills `pending` while calls go on with `active`, so that a load that fails leaves no
    trace.

    Attributes:
        active: What calls use.
        pending: What `nk.register_*` writes to: `active`, but for the time of a load.
    """

    def __init__(self) -> None:
        self.active = self.pending = Callbacks()
        self._may_run_once = False

    @property
    def is_loading(self) -> bool:
        """Whether modules are being loaded."""
        return self.pending is not self.active

    def begin(self) -> None:
        """Begin a load: from now on `pending` is an empty one."""
        self._may_run_once = True
        self.pending = Callbacks()

    def commit(self) -> None:
        """End a load that succeeded: calls use what it registered."""
        self.active = self.pending

    def abort(self) -> None:
        """End a load that failed: what it registered is dropped."""
        self.pending = self.active

    def may_run_once(self) -> bool:
        """Whether this is the first `nk.run_once` of a load."""
        may, self._may_run_once = self._may_run_once, False
        return may
