"""Where in a text secrets are.

What counts as a secret: the password of a URL; the value of anything whose name says password,
secret, token or key, in Python, JSON, YAML, ini, HCL, SQL, shell and Dockerfile notation; keys
and tokens with a form of their own; the verifiers of `userlist.txt`; lines of `.pgpass`; private
keys; the data of a Kubernetes Secret. A reference (`${PASSWORD}`, `os.environ["PASSWORD"]`)
or a type (`password: str`) is none. In doubt it is hidden: a name too much costs a moment.

Files are hostile: no expression here takes more than linear time (repetitions are bounded, or
end where the next search begins).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from poollint.model.literals import Literals
from poollint.model.manifests import in_manifests

Range = tuple[int, int]
Hidden = Callable[[str], tuple[Range, ...]]

_WORD = (
    r"(?:pa?ss?w?(?:or|ro|ow?r)d|pass?(?:wr?d|phrase|code)|pwd|(?<![a-z])pw(?![a-z])|(?:pg|db|user|admin|root|my|sql|require|(?<![a-z]))pass(?![a-z])"
    r"|secret|token(?!i[sz])|credential|(?:api|access|private|signing|encryption)[_-]?key)"
)
# How a name goes on that is about a secret and holds none: `password_file`, `secretKeyRef`.
_ABOUT = re.compile(
    r"(?:file|path|dir|encryption|length|len|min|max|type|name|field|ur[li]|endpoint|policy|hasher"
    r"|validators?|ref|count|limit|ttl|expir\w*|age|timeout|header|prefix|arn|version|required"
    r"|prompt|hint|label|column|param|cmd|command|method|provider|class|query|manager|store|mount"
    r"|bits|algorithm)s?$",
    re.I,
)
_TYPE = (
    r"(?:\w{1,40}\.)?(?:(?:str|bytes|int|bool|float|object|Any|string|SecretStr|SecretBytes)\b"
    r"|(?:Optional|Annotated|Union|Final|ClassVar|Literal|Mapped|Secret)\[[^\n]{0,80}?\]{1,3})"
    r"(?:[ ]?\|[ ]?(?:None|str|bytes|SecretStr))*"
)
_KEY = rf"(?P<key>{_WORD}[\w.-]{{0,40}})"
_SIGN = r"[ \t]{0,20}(?::=|=>|==|!=|[:=])[ \t(]{0,20}"
_FLAGS = re.I | re.M


def _assigned(annotation: str, more: str = "") -> re.Pattern[str]:
    typed = rf"[ \t]{{0,9}}:[ \t]{{0,9}}{annotation}[ \t]{{0,9}}=(?!=)[ \t(]{{0,20}}"
    return re.compile(rf"{_KEY}\\?[\"'`]?\]?(?:{typed}|{_SIGN}{more})(?P<value>)(?=\S)", _FLAGS)


_ASSIGNED = _assigned(_TYPE)
# In code, the value may stand in the next line.
_ASSIGNED_IN_CODE = _assigned(
    r"[^\n=\"'#]{1,80}?", r"|[ \t]{0,20}=[\s(\\]{0,80}(?=[rbuf]{0,2}[\"'])"
)
# Places where a secret follows something other than `name =`.
_LEADS = (
    re.compile(  # - name: DB_PASSWORD / value: x, in YAML, JSON and HCL
        rf"\bname\b[\"']?[ \t]*[:=][ \t]*[\"']?[\w.-]{{0,60}}?{_KEY}[\"']?[ \t]*,?\s{{0,80}}"
        rf"[\"']?value[\"']?[ \t]*[:=][ \t]*(?P<value>)(?=\S)",
        _FLAGS,
    ),
    re.compile(  # CREATE ROLE x PASSWORD 'y'
        r"\b(?P<key>password|identified[ ]by)\s{1,20}(?P<value>)(?=E?')", _FLAGS
    ),
    re.compile(  # ENV PASSWORD x, in a Dockerfile
        rf"^[ \t]*(?:ENV|ARG)[ \t]+\w{{0,60}}?{_KEY}[ \t]+(?P<value>)(?=[^\s=])", _FLAGS
    ),
    re.compile(  # storage_password "x", in odyssey.conf
        rf"^[ \t]*\w{{0,60}}?{_KEY}[ \t]+(?P<value>)(?=[\"'])", _FLAGS
    ),
    re.compile(  # --password x, and the items of a list
        rf"(?<![\w-])--[\w-]{{0,40}}?{_KEY}[\"']?(?:[ \t]*,\s{{0,80}}|\s{{1,80}}(?:-[ \t]+)?)"
        rf"(?P<value>)(?=[^\s=-])",
        _FLAGS,
    ),
    re.compile(  # curl -u name:x
        r"\b(?:curl|wget)\b[^\n]{0,200}?[ \t](?P<key>-u|--user)[ \t=]{0,9}[\"']?[^\s:\"']{1,80}:"
        r"(?P<value>)(?=[^\s])",
        re.M,
    ),
    re.compile(  # SET app.secret TO 'x', ssl_passphrase_command = 'echo x'
        rf"{_KEY}[ \t]{{1,20}}TO[ \t]{{1,20}}(?P<value>)(?=E?')", _FLAGS
    ),
    re.compile(r"(?P<key>passphrase)_command[ \t]{0,20}=?[ \t]{0,20}(?P<value>)(?=\S)", _FLAGS),
    re.compile(  # the SQL of pgbouncer.ini, which may hold anything
        r"\b(?P<key>connect)_query[ \t]{0,20}=[ \t]{0,20}(?P<value>)(?=\S)", _FLAGS
    ),
    re.compile(  # a key and, indented below it, its value; `? key` and `: value`
        rf"^(?P<in>[ \t]{{0,200}})(?:\?[ \t]+)?[\"']?[\w.-]{{0,60}}?{_KEY}[\"']?[ \t]{{0,20}}"
        r"(?::[ \t]{0,20}\r?\n(?P=in)[ \t]{1,80}|\r?\n(?P=in):[ \t]{1,20})"
        r"(?P<value>)(?=[^\s#-])(?![\"']?[\w.-]{1,60}[\"']?:(?:\s|\Z))",
        _FLAGS,
    ),
    re.compile(  # os.getenv("PASSWORD", "x")
        r"(?:get|env|config|environ|setdefault|pop)\w{0,20}\([ \t]*"
        rf"[\"']{{1,2}}[\w.-]{{0,60}}?{_KEY}"
        rf"[\"']{{1,2}}[ \t]*,[ \t]*(?:default[ \t]*=[ \t]*)?(?P<value>)(?=[rbuf]{{0,2}}[\"'])",
        _FLAGS,
    ),
)
_VALUE_FIRST = re.compile(  # value: x / name: DB_PASSWORD
    r"\bvalue[\"']?:[ \t]+(?P<value>[^\n]{1,1000})\n[ \t]*[\"']?name[\"']?:[ \t]*"
    rf"[\"']?[\w.-]{{0,60}}?{_KEY}"
    r"[\"']?[ \t]*\r?$",
    _FLAGS,
)
_FALLBACK = re.compile(r"\$\{(?P<name>\w{1,80}):?[-=+](?P<value>[^{}\n]{1,400})\}")
_VARIABLE = (
    r"(?:\$\{\{[^{}\n]{0,200}\}\}|\$\{[^{}\n]{0,400}\}|\$\([^()\n]{0,200}\)"
    r"|\$[A-Z_][A-Z0-9_]{0,80}(?![A-Za-z0-9_])"
    r"|\{\{[^{}\n]{0,200}\}\}|\{[^{}\n]{0,200}\}|%\(\w{1,80}\)s|%s|\*{3})"
)
_VARIABLES = re.compile(rf"{_VARIABLE}{{1,9}}")
_END = r"(?=[\s,;:)\]}&\"'`]|\Z)"
# Our own words of something with such a name: `sync-tokens`: how many connections it opens ….
_SAID = re.compile(
    r"`: (?:how many|what (?:it|its)|where its|the size|its (?:own|pools?)|a (?:pool|connection)|"
    r"databases of) [a-z]"
)
_REFERENCE = re.compile(
    rf"{_VARIABLE}{{1,9}}{_END}|{_TYPE}{_END}|(?:None|null|nil|~|True|False|true|false){_END}"
    r"|(?:os|env|environ|settings|config|conf|cfg|self|cls|args|options|params|secrets|var|local"
    r"|data|module|each|process|app|request|random_password|(?:aws|google|azurerm|kubernetes|vault)"
    r"_\w{1,60})(?=[.(\[])|!(?:Ref|Sub|GetAtt|reference|vault)\b"
)
_QUOTED = re.compile(
    r"[rbuf]{0,2}(?P<quote>[\"'])(?:(?P=quote)(?!(?P=quote))|"
    r"(?P<value>(?:(?P=quote){2}|\\.|(?!(?P=quote))[^\\\n])*)(?P=quote)?)",
    re.I,
)
_DOUBLED = re.compile(r"''(?=[^\s',;)\]}:])(?P<value>[^\n]*?)(?:''|$)", re.M)
_ESCAPED = re.compile(r"\\(?P<quote>[\"'])(?P<value>[^\n]*?)(?:\\(?P=quote)|$)", re.M)
_NUMBER = re.compile(rf"\d{{1,7}}{_END}")
_BARE = re.compile(r"\S+")
_REST = re.compile(r"[^\n]+")
_OPENS_LINE = re.compile(r"[ \t#;-]*(?:export |set )?[\"']?[\w.-]*")
_BLOCK = re.compile(r"[|>][+-]?\d?[+-]?[ \t]*(?:#[^\n]*)?\r?$", re.M)

_URL = re.compile(r"\b[a-z][a-z0-9+.-]{1,30}://(?:\{[^{}\n]{0,200}\}|[^\s:/?#@\"'])*+:", re.I)
_QUERY = re.compile(r"[?&][A-Za-z_]\w*=")
_SHAPES = tuple(
    re.compile(pattern, flags)
    for pattern, flags in (
        (r"(?<![\w-])sk-(?=[\w-]{0,80}\d)[\w-]{16,}", 0),  # OpenAI, Anthropic, Stripe
        (r"\b[rs]k_(?:live|test)_\w{16,}", 0),
        (r"\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|glpat-[\w-]{16,})", 0),
        (r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b", 0),  # AWS access key
        (r"\b(?:xox[abeprs]-[\w-]{10,}|AIza[\w-]{30,}|npm_\w{30,}|hv[sb]\.[\w-]{20,})", 0),
        (r"\beyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?", 0),  # JSON web token
        (r"(?<=\bbearer )[ ]*[\w.~+/=-]{10,}", re.I),
        (r"(?<=authorization: basic )[\w+/=]{4,}", re.I),
        (r"(?<=SCRAM-SHA-256\$)\d+:[^\s\"']+", 0),  # verifiers of pg_authid and userlist.txt
        (r"(?<=\bmd5)[0-9a-f]{32}\b", 0),
    )
)
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?P<value>(?:(?!-----END)[\s\S])+)"
)
# userlist.txt: "name" "password"; .pgpass: host:port:database:user:password
_USERLIST = re.compile(r'^[ \t]*"(?:[^"\n]|"")*"[ \t]+"(?P<value>(?:[^"\n]|"")+)"', re.M)
_PGPASS = re.compile(r"^[^\s:#]+:(?:\d{2,5}|\*):[^\s:]+:[^\s:]+:(?P<value>\S+)[ \t]*\r?$", re.M)


def found(text: str, code: bool, hidden: Hidden) -> Iterator[Range]:
    """Yield the offsets (start, end exclusive) of secrets, in no order; some may be empty.

    `code` tells that a bare word is an expression; `hidden` finds the secrets within literals.
    """
    literals = Literals(text) if code else None
    yield from _named(text, _ASSIGNED_IN_CODE if literals else _ASSIGNED, literals)
    for lead in _LEADS:
        yield from _named(text, lead, literals)
    yield from _urls(text)
    for shape in _SHAPES:
        yield from (match.span() for match in shape.finditer(text))
    yield from (match.span("value") for match in _PRIVATE_KEY.finditer(text))
    for match in _FALLBACK.finditer(text):
        if re.search(_WORD, match["name"], re.I):
            yield match.span("value")
    if literals is not None:
        yield from literals.assembled(hidden, _WORD)
    else:
        for match in _VALUE_FIRST.finditer(text):
            yield match.span("value")
        for pattern in (_USERLIST, _PGPASS):
            yield from (match.span("value") for match in pattern.finditer(text))
        yield from in_manifests(text)


def _named(text: str, lead: re.Pattern[str], literals: Literals | None) -> Iterator[Range]:
    """Yield the values that follow `lead`."""
    match = lead.search(text)
    while match:
        at = match.start("value")
        key = match["key"]
        if not (_ABOUT.search(key) or any(plain(text, match) for plain in _PLAIN)):
            for start, end in _value(text, match.start("key"), at, literals):
                yield start, end
                at = max(at, end)
        match = lead.search(text, at)


def _counts(text: str, match: re.Match[str]) -> bool:
    """Tell whether this is a number of tokens (`max_tokens = 4096`)."""
    return "tokens" in match["key"].lower() and bool(_NUMBER.match(text, match.start("value")))


def _expands(text: str, match: re.Match[str]) -> bool:
    """Tell whether the name is that of a `${NAME:-fallback}`."""
    key = match.start("key")
    opening = text.rfind("${", max(0, key - 80), key)
    return opening >= 0 and bool(_VARIABLES.match(text, opening)) and "}" not in text[opening:key]


def _is_said(text: str, match: re.Match[str]) -> bool:
    """Tell whether a sentence of ours goes on after the name."""
    return bool(_SAID.match(text, max(0, match.start("value") - 3)))


_PLAIN = (_counts, _expands, _is_said)


def _value(text: str, key: int, at: int, literals: Literals | None) -> Iterator[Range]:
    """Yield what is secret in the value that begins at `at`, of the name at `key`."""
    literal = literals.around(at) if literals else None
    limit = literal[1] if literal else len(text)
    reference = _REFERENCE.match(text, at, limit)
    if reference:
        yield from _fallbacks(text, at, reference.end())
        if not literals or literal:
            return
    if literals and not literal:
        for start, end in literals.within(at):
            yield from _unless_variable(text, start, end)
        return
    for pattern in (_ESCAPED, _DOUBLED, _QUOTED):
        quoted = pattern.match(text, at, limit)
        if quoted:
            yield from _unless_variable(text, *quoted.span("value"))
            return
    yield from _bare(text, key, at, limit)


def _unless_variable(text: str, start: int, end: int) -> Iterator[Range]:
    """Yield this stretch; of `${NAME:-fallback}` only the fallback."""
    if start >= 0 and _VARIABLES.fullmatch(text, start, end):
        yield from _fallbacks(text, start, end)
    else:
        yield start, end


def _fallbacks(text: str, start: int, end: int) -> Iterator[Range]:
    return (match.span("value") for match in _FALLBACK.finditer(text, start, end))


def _bare(text: str, key: int, at: int, limit: int) -> Iterator[Range]:
    """Yield an unquoted value: to the end of the line where its name opens the line."""
    line = text.rfind("\n", max(0, key - 200), key) + 1
    opens = (line > 0 or key <= 200) and _OPENS_LINE.fullmatch(text, line, key)
    if opens and _BLOCK.match(text, at):
        yield from _block(text, line, at)
        return
    run = (_REST if opens else _BARE).match(text, at, limit)
    if not run:
        return
    end = run.end()
    around = text[max(line, key - 200) : key]
    for quote in "\"'`":
        closing = text.find(quote, at, end) if quote in around else -1
        end = closing if closing > at else end
    yield at, end


def _block(text: str, line: int, at: int) -> Iterator[Range]:
    """Yield the lines of a YAML block that are indented deeper than the line of its key."""
    indent = len(text[line:at]) - len(text[line:at].lstrip(" "))
    deeper = re.compile(
        rf"[^\n]*\n(?P<value>(?:[ \t]*\r?\n|[ ]{{{indent + 1},}}[^\n]*(?:\n(?=[ \r\n])|))*)"
    )
    match = deeper.match(text, at)
    if match:
        yield match.start("value"), match.start("value") + len(match["value"].rstrip())


def _urls(text: str) -> Iterator[Range]:
    """Yield the passwords of URLs: up to the last `@` before a query, whatever they hold."""
    match = _URL.search(text)
    while match:
        start = at = match.end()
        quote = text[match.start() - 1 : match.start()]
        stop = rf"[^\s{quote}]+" if quote and quote in "\"'`" else r"\S+"
        run = re.compile(stop).match(text, start)
        if run:
            query = _QUERY.search(text, start, run.end())
            end = text.rfind("@", start, query.start() if query else run.end())
            end = text.rfind("@", start, run.end()) if end < 0 else end
            if end > start:
                yield from _unless_variable(text, start, end)
                at = end
        match = _URL.search(text, at)
