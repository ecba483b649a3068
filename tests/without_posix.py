"""Runs a program as if the system had none of POSIX's own modules and functions.

python -P tests/without_posix.py PROGRAM
"""

import importlib.abc
import importlib.machinery
import os
import runpy
import signal
import socket
import sys
from collections.abc import Sequence
from types import ModuleType

OWN = ("nakama_client", "mock_server", "onesignal_stub", "server_kit")
_MODULES = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty", "uvloop"}
_SIGNALS = (
    "SIGALRM", "SIGCHLD", "SIGCONT", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGSTOP",
    "SIGUSR1", "SIGUSR2", "alarm", "pthread_sigmask", "setitimer", "sigwait",
)  # fmt: skip
_FUNCTIONS = (
    "O_DIRECTORY", "O_NOFOLLOW", "chown", "fchmod", "fchown", "fork", "getegid", "geteuid",
    "getgid", "getloadavg", "getpgid", "getuid", "killpg", "mkfifo", "setsid", "statvfs", "sysconf",
    "uname",
)  # fmt: skip
_SOCKETS = ("SO_REUSEPORT",)  # AF_UNIX makes the pipe of POSIX' event loop


class _Hidden(importlib.abc.MetaPathFinder):
    """Finds nothing where only POSIX has something, for our own packages."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name in _MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


def hide() -> None:
    """Take away what Windows has not; what is imported already keeps what it has.

    `os.name` stays: pathlib would make paths of Windows.
    """
    sys.platform = "win32"
    sys.meta_path.insert(0, _Hidden())
    for name in _MODULES:
        sys.modules.pop(name, None)
    for module, names in ((signal, _SIGNALS), (os, _FUNCTIONS), (socket, _SOCKETS)):
        for name in names:
            vars(module).pop(name, None)


if __name__ == "__main__":
    program = sys.argv.pop(1)
    runpy.run_path(program)  # the other libraries are loaded: they have their own ways on Windows
    for name in [name for name in sys.modules if name.partition(".")[0] in OWN]:
        del sys.modules[name]
    hide()
    runpy.run_path(program, run_name="__main__")
