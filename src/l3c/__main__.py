"""`python -m l3c`."""

import sys

from l3c.cli import main

sys.exit(main())
