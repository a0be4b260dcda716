"""`python -m poollint`.

`-m` puts the working directory first among the places that modules are imported from: what is
checked there could pose as a module of ours, of Python's, or as a plugin. So it is taken out before
anything else is imported.
"""

import sys

if __name__ == "__main__":
    if not getattr(sys.flags, "safe_path", False):
        del sys.path[0]
    from poollint.cli.main import main

    main()
