"""Values that SOPS has encrypted: what they hold is not known here, nor what files they stand in.

Source: getsops/sops 3.9, README ("Encryption protocol": `ENC[AES256_GCM,data:…,type:str]`);
jkroepke/helm-secrets 4.6, docs ("Usage": `secrets://PATH`, `secrets+age-import://KEY?PATH`).
"""

from __future__ import annotations

import re

WORDS = "an encrypted value"
"""What stands for such a value where a text has to."""
_FILE = re.compile(r"secrets(?:\+[\w-]+)?://(?:[^?]*\?)?(?P<path>[^?]+)")


def is_sealed(text: str) -> bool:
    """Tell whether a text is an encrypted value."""
    return text.startswith("ENC[") and text.endswith("]")


def path_of(text: str) -> str:
    """Return the path of a file of values that helm-secrets decrypts, another path as it is."""
    match = _FILE.fullmatch(text)
    return match["path"] if match else text
