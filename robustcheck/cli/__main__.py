"""``python -m robustcheck.cli``: the same as ``robustcheck``."""

import sys

from robustcheck.cli.command import main

sys.exit(main())
