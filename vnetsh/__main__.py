"""`python -m vnetsh`: the command line, where its script is not on the path."""

import sys

from vnetsh.cli import main

sys.exit(main())
