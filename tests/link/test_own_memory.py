"""In a process of its own: what these do cannot be undone."""

import resource
import subprocess
import sys

SCRIPT = """
import ctypes, resource
from quorate.link.own_memory import allow_many_connections, keep_private
resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
keep_private()
allow_many_connections()
print(*resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def test_there_is_no_core_and_no_debugger_and_room_for_all_streams() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    private, files = done.stdout.splitlines()
    assert private == ("0 0 0" if sys.platform == "linux" else private)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert files == f"{most} {most}"
