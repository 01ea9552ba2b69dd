"""`python -m hadir.cli`."""

import sys

from hadir.cli import main

sys.exit(main())
