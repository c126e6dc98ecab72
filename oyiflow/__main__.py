"""`python -m oyiflow`."""

import sys

from oyiflow.cli import main

sys.exit(main())
