"""`python -m l3c.cli`."""

import sys

from l3c.cli import main

sys.exit(main())
