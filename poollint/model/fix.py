"""Changes to the text that a rule can offer."""

from dataclasses import dataclass
from enum import Enum

from poollint.model.source import Span


class Safety(Enum):
    """Whether a fix keeps what the program means."""

    SAFE = "safe"
    UNSAFE = "unsafe"


@dataclass(frozen=True, slots=True)
class Edit:
    """Put `text` where `span` stands."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that belong together: all of them, or none."""

    title: str
    edits: tuple[Edit, ...]
    safety: Safety
