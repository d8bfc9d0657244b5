"""`python -m captiond`."""

import sys

from captiond.cli import main

if __name__ == "__main__":
    sys.exit(main())
