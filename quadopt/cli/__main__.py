"""`python -m quadopt.cli` is `quadopt`."""

import sys

from quadopt.cli import main

if __name__ == "__main__":
    sys.exit(main())
