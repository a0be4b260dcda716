"""What the functions of Helm's templates come to: those that depend on nothing but their arguments.

Source: helm.sh/docs/chart_template_guide/function_list; masterminds.github.io/sprig; text/template
of Go 1.22. What asks a cluster, the clock or chance has no place here: it stays unknown.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Callable
from functools import reduce
from typing import Any

from poollint.reading.deployment.helm.worth import Bare, number_of, text_of

MAX_REPEAT = 10_000
MAX_SEARCHED = 500  # characters of a text, or a pattern
_NESTED = re.compile(r"[+*}][^()]*\)\s*[+*{]|\([^()]*\|[^()]*\)\s*[+*{]|\\\d")
Function = Callable[..., Any]


def _text(function: Callable[..., Any]) -> Function:
    """Return a function of texts: each argument is taken as one."""
    return lambda *args: function(*(text_of(arg) for arg in args))


def _whole(function: Callable[..., Any]) -> Function:
    return lambda *args: function(*(number_of(arg) for arg in args))


def _regular(pattern: str, text: str) -> re.Pattern[str]:
    """Return a pattern; an error where it might take forever, as Go's never does."""
    if len(text) > MAX_SEARCHED or len(pattern) > MAX_SEARCHED or _NESTED.search(pattern):
        raise ValueError(pattern)
    return re.compile(re.sub(r"\[\[:(\w+):\]\]", r"\\w", pattern))


def _indent(deep: Bare, text: Bare) -> str:
    pad = " " * min(number_of(deep), 200)
    return "\n".join(pad + row for row in text_of(text).split("\n"))


def _printf(form: Bare, *args: Bare) -> str:
    """Return what printf writes; the verbs of Go that charts use are those of C."""
    left = list(args)

    def put(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        value = left.pop(0) if left else ""
        if match[2] in "dxXobeEfgG":
            number = float(text_of(value) or 0)
            whole = int(number) if match[2] in "dxXob" else number
            return f"%{match[1]}{match[2]}" % whole if match[2] != "b" else bin(int(number))[2:]
        text = text_of(value)
        return json.dumps(text) if match[2] == "q" else f"%{match[1]}s" % text

    return re.sub(r"%([-+ #0]*\d{0,3}(?:\.\d{1,3})?)([a-zA-Z%])", put, text_of(form))


def _equal(first: Bare, *others: Bare) -> bool:
    return any(_same(first, other) for other in others)


def _same(one: Bare, other: Bare) -> bool:
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    return one == other


def _order(one: Bare, other: Bare) -> int:
    left, right = (text_of(one), text_of(other)) if isinstance(one, str) else (
        number_of(one) if isinstance(one, int) else one,
        other,
    )  # fmt: skip
    try:
        return (left > right) - (left < right)  # type: ignore[operator]
    except TypeError:
        return 0


def _semver(condition: Bare, version: Bare) -> bool:
    """Tell whether a version fits: what is behind `-` is left out, as charts write `-0`."""
    own = _version(text_of(version))
    return any(
        all(_fits(part, own) for part in re.findall(r"[<>=!^~]*\s*v?[\d.x*]+", one))
        for one in re.sub(r"-\d*\w*", "", text_of(condition)).split("||")
    )


def _version(text: str) -> tuple[int, ...]:
    found = [int(n[:9]) for n in re.findall(r"\d+", text.split("-")[0].split("+")[0])[:3]]
    return tuple((*found, 0, 0, 0)[:3])


def _fits(part: str, own: tuple[int, ...]) -> bool:
    sign = re.match(r"[<>=!^~]*", part)
    word = sign[0] if sign else ""
    asked = _version(part)
    length = len(re.findall(r"\d+", part)) or 1
    match word:
        case "" | "=" | "==":
            return own[:length] == asked[:length]
        case "^":
            return own >= asked and own[0] == asked[0]
        case "~" | "~>":
            return own >= asked and own[:2] == asked[:2]
    return {"<": own < asked, "<=": own <= asked, ">": own > asked, ">=": own >= asked,
            "!=": own != asked}.get(word, False)  # fmt: skip


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _kind(value: Bare) -> str:
    kinds = ((bool, "bool"), (str, "string"), (int, "int"), (float, "float64"), (dict, "map"),
             (list, "slice"))  # fmt: skip
    return next((name for kind, name in kinds if isinstance(value, kind)), "invalid")


def _is_kind(name: Bare, value: Bare) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if number and name in ("int", "int64", "float64"):
        return name == "float64"  # as the values come from JSON
    return text_of(name) == _kind(value)


def _divided(one: int, other: int) -> int:
    return int(one / other) if other else 0


def _split(sign: str, text: str) -> dict[str, str]:
    return {f"_{at}": part for at, part in enumerate(text.split(sign))}


def _until(*args: int) -> list[int]:
    start, stop, step = args if len(args) == 3 else (0, args[0], 1)
    return list(range(start, stop, step or 1))[:MAX_REPEAT]


def _cased(sign: str) -> Function:
    return _text(lambda text: re.sub(r"[\s_-]+|(?<=[a-z0-9])(?=[A-Z])", sign, text).lower())


def _camel(text: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[\s_-]+", text))


def _sum(values: tuple[Any, ...]) -> int:
    return sum(number_of(value) for value in values)


OF_TEXT: dict[str, Function] = {
    "trim": _text(str.strip),
    "trimAll": _text(lambda signs, text: text.strip(signs)),
    "trimPrefix": _text(lambda part, text: text.removeprefix(part)),
    "trimSuffix": _text(lambda part, text: text.removesuffix(part)),
    "upper": _text(str.upper),
    "lower": _text(str.lower),
    "title": _text(str.title),
    "untitle": _text(lambda text: text[:1].lower() + text[1:]),
    "kebabcase": _cased("-"),
    "snakecase": _cased("_"),
    "camelcase": _text(_camel),
    "replace": _text(lambda old, new, text: text.replace(old, new)),
    "contains": _text(lambda part, text: part in text),
    "hasPrefix": _text(lambda part, text: text.startswith(part)),
    "hasSuffix": _text(lambda part, text: text.endswith(part)),
    "nospace": _text(lambda text: "".join(text.split())),
    "trunc": lambda n, text: text_of(text)[:number_of(n)] if number_of(n) >= 0
    else text_of(text)[number_of(n) :],
    "substr": lambda a, b, text: text_of(text)[number_of(a) : number_of(b)],
    "repeat": lambda n, text: text_of(text) * min(number_of(n), MAX_REPEAT),
    "cat": _text(lambda *parts: " ".join(parts)),
    "indent": _indent,
    "nindent": lambda deep, text: "\n" + _indent(deep, text),
    "print": _text(lambda *parts: "".join(parts)),
    "println": _text(lambda *parts: " ".join(parts) + "\n"),
    "printf": _printf,
    "toString": _text(lambda text: text),
    "regexMatch": _text(lambda pattern, text: bool(_regular(pattern, text).search(text))),
    "mustRegexMatch": _text(lambda pattern, text: bool(_regular(pattern, text).search(text))),
    "regexReplaceAll": _text(
        lambda pattern, text, new: _regular(pattern, text).sub(
            re.sub(r"\$\{?(\d)\}?", r"\\\1", new), text)
    ),
    "regexReplaceAllLiteral": _text(
        lambda pattern, text, new: _regular(pattern, text).sub(lambda match: new, text)
    ),
    "regexFind": _text(lambda p, text: m[0] if (m := _regular(p, text).search(text)) else ""),
    "b64enc": _text(lambda text: base64.b64encode(text.encode()).decode()),
    "b64dec": _text(_decoded),
    "split": _text(_split),
    "splitList": _text(lambda sign, text: text.split(sign)),
    "semverCompare": _semver,
}  # fmt: skip
OF_NUMBERS: dict[str, Function] = {
    "add": lambda *values: _sum(values),
    "add1": lambda value: number_of(value) + 1,
    "sub": _whole(lambda one, other: one - other),
    "mul": _whole(lambda *values: reduce(lambda one, other: one * other, values, 1)),
    "div": _whole(_divided),
    "mod": _whole(lambda one, other: int(math.fmod(one, other)) if other else 0),
    "max": _whole(lambda *values: max(values)),
    "min": _whole(lambda *values: min(values)),
    "ceil": lambda value: float(math.ceil(float(text_of(value) or 0))),
    "floor": lambda value: float(math.floor(float(text_of(value) or 0))),
    "until": _whole(_until),
    "untilStep": _whole(_until),
    "atoi": number_of,
}
OF_TRUTH: dict[str, Function] = {
    "eq": _equal,
    "ne": lambda one, other: not _same(one, other),
    "lt": lambda one, other: _order(one, other) < 0,
    "le": lambda one, other: _order(one, other) <= 0,
    "gt": lambda one, other: _order(one, other) > 0,
    "ge": lambda one, other: _order(one, other) >= 0,
    "not": lambda value: not value,
    "empty": lambda value: not value,
    "kindOf": _kind,
    "typeOf": _kind,
    "kindIs": _is_kind,
    "typeIs": _is_kind,
}
PURE: dict[str, Function] = {**OF_TEXT, **OF_NUMBERS, **OF_TRUTH}
