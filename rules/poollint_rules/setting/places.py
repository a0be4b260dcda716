"""Where the name of a setting stands."""

from poollint import Setting, Span


def place(setting: Setting) -> Span:
    """Return the place of the name in a file; of a setting of a deployment the whole of it."""
    if setting.span == setting.value_span:
        return setting.span
    start = setting.span.start
    return Span.at(setting.span.path, start.line, start.column, len(setting.name))
