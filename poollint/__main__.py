"""`python -m poollint`."""

import os
import sys

from poollint.cli.main import main

if __name__ == "__main__":
    # `-m` puts the working directory first: what is checked there could pose as a plugin.
    if sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
    main()
