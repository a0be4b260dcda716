"""What `--assume` says: numbers that no file states, and the mode of unknown poolers."""

from __future__ import annotations

from collections.abc import Iterable

from poollint.model.usage import UsageError

MODES = ("session", "transaction", "statement")


def pool_mode(asked: Iterable[str]) -> str:
    """Return the mode that the last `pool-mode=MODE` says, "" where none is among them."""
    mode = ""
    for text in asked:
        name, _, value = text.partition("=")
        if name.strip() != "pool-mode":
            continue
        mode = value.strip()
        if mode not in MODES:
            known = ", ".join(MODES)
            raise UsageError(f"`--assume {text}` names no pool mode", f"one of {known}")
    return mode


def assumed(text: str) -> tuple[str, int, int]:
    """Return the name, lowest and highest number of `NAME=N`, `NAME=LOW..HIGH` or `NAME=..HIGH`."""
    name, _, value = text.partition("=")
    low, dots, high = value.partition("..")
    if not dots:
        high = low
    elif not low:
        low = "0"
    numbers = [part.strip() for part in (low, high)]
    if not name.strip() or not all(n.isascii() and n.isdigit() and len(n) < 10 for n in numbers):
        raise UsageError(f"`--assume {text}` gives no number", "write `--assume cron.workers=2`")
    first, last = (int(number) for number in numbers)
    if first > last:
        raise UsageError(f"`--assume {text}` ends below its start")
    return name.strip(), first, last
