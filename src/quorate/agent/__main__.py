"""``python -m quorate.agent``."""

import sys

from quorate.agent.app import main

if __name__ == "__main__":
    sys.exit(main())
