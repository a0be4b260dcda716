"""What a value may be that has no one type."""

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.waits.calls.alternatives import (
    Option,
    alternatives,
    declares,
    fitting,
    implementations,
    lacks,
)
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Shape, of_ast

HEAD = """
class A: ...
class B: ...
def either(key):
    if key:
        return A()
    return B()
def told(key) -> A:
    if key:
        return A()
    return B()
async def awaited(key) -> Any:
    if key:
        return A()
    return B()
table = {"a": A(), "b": B()}
filled = {"a": A()}
filled["b"] = B()
more = {"a": A()}
more.update(given)
kinds = {"a": A, "b": B}
def go(): ...
def come(): ...
ways = {"go": go, "come": come}
others = {"go": go, "come": lambda: 3}
class Kept:
    def __init__(self):
        self.all = {}
        self.all["a"] = A()
        self.all["b"] = B()
    def f(self, key): ...
class Port:
    def go(self): raise NotImplementedError
    def come(self): return 3
class Wire(Port):
    def go(self): ...
class Radio(Port):
    def go(self): ...
class Phone(Radio): ...
class Cable(Unknown): ...
class Proxy:
    def __getattr__(self, name): return 3
class Filled:
    def __init__(self, go): self.go = go
"""


def shapes(body: str, call: str, parameters: str = "key, given=None") -> tuple[Shape, ...]:
    text = f"{HEAD}\ndef f({parameters}):\n    {body}\n"
    names = Names(ast.parse(text), drivers())
    callee = of_ast(ast.parse(call, mode="eval").body)
    return tuple(option.shape for option in alternatives(callee, "f", names))


BOTH = tuple(of_ast(ast.parse(text, mode="eval").body) for text in ("A().go", "B().go"))


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ("if key: c = A()\n    else: c = B()", "c.go"),
        ("c = None\n    if key: c = A()\n    else: c = B()", "c.go"),
        ("pass", "either(key).go"),
        ("pass", "table[key].go"),
        ("pass", "table['a'].go"),
        ("pass", "table.get(key).go"),
        ("pass", "(A() if key else B()).go"),
        ("pass", "filled['a'].go"),
        ("pass", "told(key).go"),  # whatever the annotation says
        ("pass", "(await awaited(key)).go"),
        ("pass", "kinds[key]().go"),
        ("c = kinds.get(key)", "c().go"),
    ],
)
def test_all_that_it_may_be_is_told(body: str, call: str) -> None:
    assert set(shapes(body, call)) == set(BOTH)


def test_what_an_object_puts_into_its_own_mapping_is_told() -> None:
    callee = of_ast(ast.parse("self.all[key].go", mode="eval").body)
    found = alternatives(callee, "Kept.f", Names(ast.parse(HEAD), drivers()))
    assert {option.shape for option in found} == {*BOTH}


def test_what_is_given_or_made_is_like_what_is_made() -> None:
    assert shapes("pass", "(given or A()).go", "given") == BOTH[:1]


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ("c = given", "given.go"),
        ("for c in key: c = A()", "c.go"),
        ("with key as c: c = A()", "c.go"),
        ("pass", "more['a'].go"),
        ("pass", "unknown['a'].go"),
        ("pass", "go"),
    ],
)
def test_where_one_is_not_told_nothing_is(body: str, call: str) -> None:
    assert shapes(body, call) == ()


def implementing(method: str) -> list[Shape]:
    names = Names(ast.parse(HEAD), drivers())
    return [option.shape for option in implementations(Member(names, method))]


def test_what_an_interface_declares_is_done_by_the_classes_beside_it() -> None:
    classes = ("Wire", "Radio", "Phone")
    assert implementing("Port.go") == [
        of_ast(ast.parse(f"{name}().go", mode="eval").body) for name in classes
    ]


@pytest.mark.parametrize("method", ["Port.come", "either"])
def test_what_has_a_body_stands_for_itself(method: str) -> None:
    assert implementing(method) == []


@pytest.mark.parametrize(
    ("cls", "body", "declaration"),
    [
        ("P(Protocol)", "...", True),
        ("P(ABC)", "pass", True),
        ("P(typing.Protocol[T])", "'What it does.'", True),
        ("P", "...", False),  # it may be meant to do nothing
        ("P", "raise NotImplementedError", True),
        ("P", "'What it does.'; raise NotImplementedError('later')", True),
        ("P", "raise ValueError", False),
        ("P(ABC)", "return None", False),
        ("P(ABC)", "work()", False),
        ("P(ABC)", "work(); raise NotImplementedError", False),
    ],
)
def test_a_declaration_does_nothing(cls: str, body: str, declaration: bool) -> None:
    names = Names(ast.parse(f"class {cls}:\n    def f(self): {body}\n"), drivers())
    assert declares(Member(names, "P.f")) is declaration


def test_an_abstract_method_is_a_declaration_whatever_it_does() -> None:
    names = Names(ast.parse("@abc.abstractmethod\ndef f(): return 3\n"), drivers())
    assert declares(Member(names, "f"))


@pytest.mark.parametrize(
    ("call", "lacking"),
    [
        ("Wire().go", False),
        ("A().go", True),
        ("x.go", False),
        ("Cable().go", False),
        ("Proxy().go", False),
        ("Filled().go", False),
        ("Phone().come", False),
        ("Phone().leave", True),
    ],
)
def test_an_object_without_the_method_is_not_meant(call: str, lacking: bool) -> None:
    shape = of_ast(ast.parse(call, mode="eval").body)
    assert lacks(Option(shape, "", Names(ast.parse(HEAD), drivers()))) is lacking


WAYS = tuple(of_ast(ast.parse(text, mode="eval").body) for text in ("go", "come"))


@pytest.mark.parametrize(
    ("body", "call", "told"),
    [
        ("pass", "ways[key]", WAYS),
        ("pass", "ways.get(key)", WAYS),
        ("way = ways[key]", "way", WAYS),
        ("way = other = ways[key]", "way", WAYS),
        ("way = ways[key]\n    way = given", "way", ()),
        ("pass", "others[key]", (*WAYS[:1], None)),
        ("pass", "key[given]", ()),
        ("way = key", "way", ()),
    ],
)
def test_a_function_of_a_table_may_be_any_of_it(
    body: str, call: str, told: tuple[Shape, ...]
) -> None:
    assert shapes(body, call) == told


PROTOCOL = """
class Shelf(Protocol):
    name: str
    async def count(self, kind, *, deep=False): ...
class Fits:
    async def count(self, kind, *, deep=True): return 1
class Inherits(Fits): ...
class Plain:
    def count(self, kind, *, deep): return 1
class Otherwise:
    async def count(self, kind): return 1
class Declares(Protocol):
    async def count(self, kind, *, deep=False): ...
class Abstract(ABC):
    @abstractmethod
    def go(self): ...
class Goes:
    def go(self): return 1
"""


@pytest.mark.parametrize(
    ("method", "classes"), [("Shelf.count", ["Fits", "Inherits"]), ("Abstract.go", [])]
)
def test_what_has_all_that_a_protocol_asks_for_fits_it(method: str, classes: list[str]) -> None:
    names = Names(ast.parse(PROTOCOL), drivers())
    name = method.rpartition(".")[2]
    found = [option.shape for option in fitting(Member(names, method))]
    assert found == [of_ast(ast.parse(f"{cls}().{name}", mode="eval").body) for cls in classes]
