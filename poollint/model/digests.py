"""BLAKE2b, which stands for bytes that are to be told apart.

`hashlib` loads OpenSSL first, whoever asks for what: that takes longer than to read a small file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import blake2b
else:
    try:
        from _blake2 import blake2b
    except ImportError:  # another Python keeps it elsewhere
        from hashlib import blake2b

__all__ = ["blake2b"]
