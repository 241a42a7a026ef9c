"""``python -m quorate.agent``."""

import sys

from quorate.agent.app import main
from quorate.link.own_memory import allow_many_connections, keep_private

if __name__ == "__main__":
    keep_private()
    allow_many_connections()
    sys.exit(main())
