"""Files with a secret in every place that a reader looks (`secrets.txt`)."""

from __future__ import annotations

import re
from pathlib import Path

HUSH = "hUnter2Zq9x"  # the secret in all of them

_PARTS = re.split(r"(?m)^=== (.+)\n", Path(__file__).with_suffix(".txt").read_text())[1:]

# The name of each file, and its text.
FILES: tuple[tuple[str, str], ...] = tuple(zip(_PARTS[::2], _PARTS[1::2], strict=True))
