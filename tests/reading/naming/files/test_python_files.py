"""Which file of a project a name is imported from."""

from collections.abc import Callable
from posixpath import relpath

import pytest

from poollint.model.source import SourceFile
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.syntax.python import PythonTree

FILES = (
    "manage.py",
    "src/shop/__init__.py",
    "src/shop/db.py",
    "src/shop/web/__init__.py",
    "src/shop/web/views.py",
    "tests/test_views.py",
    "one/app/core.py",
    "two/app/core.py",
    "two/app/main.py",
    "utils.py",
)


def project(paths: tuple[str, ...] = FILES, **texts: str) -> PythonFiles:
    return PythonFiles(paths, lambda path: SourceFile(path, texts.get(path, "")))


@pytest.mark.parametrize(
    ("importer", "name", "file", "rest"),
    [
        ("src/shop/web/views.py", "shop.db.pool", "src/shop/db.py", "pool"),
        ("src/shop/web/views.py", "..db.pool", "src/shop/db.py", "pool"),
        ("src/shop/web/views.py", "..db", "src/shop/db.py", ""),
        ("src/shop/web/views.py", ".views.index", "src/shop/web/views.py", "index"),
        ("src/shop/web/__init__.py", ".views.index", "src/shop/web/views.py", "index"),
        ("src/shop/web/views.py", "..make", "src/shop/__init__.py", "make"),
        ("tests/test_views.py", "shop.web.views.Page.get", "src/shop/web/views.py", "Page.get"),
        ("two/app/main.py", "app.core.pool", "two/app/core.py", "pool"),
        ("two/app/main.py", "utils.now", "utils.py", "now"),
        ("./manage.py", "utils.now", "utils.py", "now"),
    ],
)
def test_a_name_leads_to_the_file_that_has_it(
    importer: str, name: str, file: str, rest: str
) -> None:
    assert project().find(importer, name) == (file, rest)


@pytest.mark.parametrize("home", ["src", "src/shop", "src/shop/web", "tests", "one/app"])
def test_it_leads_there_from_whatever_folder_the_paths_are_told(home: str) -> None:
    paths = tuple(relpath(path, home) for path in FILES)
    files = PythonFiles(paths, lambda path: SourceFile(path, ""), home=home)
    views, db = (relpath(f"src/shop/{path}", home) for path in ("web/views.py", "db.py"))
    assert files.find(views, "shop.db.pool") == (db, "pool")
    assert files.find(views, "..db.pool") == (db, "pool")
    assert files.find(views, "utils.now") == (relpath("utils.py", home), "now")
    assert files.ending("shop/db.py") == (db,)
    assert files.modules("shop.db") == {relpath("src", home): db}


@pytest.mark.parametrize(
    ("importer", "name"),
    [
        ("src/shop/web/views.py", "psycopg2.connect"),
        ("manage.py", "app.core.pool"),  # of two, none is nearer
        ("manage.py", "..shop.db"),  # above the top
        ("tests/test_views.py", "db.pool"),  # a name alone says too little of another folder
        ("src/shop/web/views.py", "...nothing.here"),
    ],
)
def test_what_may_be_meant_otherwise_leads_nowhere(importer: str, name: str) -> None:
    assert project().find(importer, name) is None


@pytest.mark.parametrize(
    ("paths", "name", "file", "rest"),
    [
        (("og/shop/db.py", "og/main.py"), "src.shop.db.pool", "og/shop/db.py", "pool"),
        (("og/shop/__init__.py", "og/shop/db.py"), "app.shop.db", "og/shop/db.py", ""),
    ],
)
def test_a_folder_that_an_image_calls_src_is_looked_through(
    paths: tuple[str, ...], name: str, file: str, rest: str
) -> None:
    assert project(paths).find("og/main.py", name) == (file, rest)


@pytest.mark.parametrize(
    ("paths", "name"),
    [
        (("og/shop/db.py",), "lib.shop.db.pool"),  # may be installed
        (("og/db.py",), "src.db.pool"),  # too little to go by
        (("og/shop/db.py", "src/main.py"), "src.shop.db.pool"),  # it is there, and has none
        (("og/shop/db.py", "up/shop/db.py"), "src.shop.db.pool"),
    ],
)
def test_another_folder_or_one_of_several_is_not(paths: tuple[str, ...], name: str) -> None:
    assert project(paths).find("main.py", name) is None


MIRRORED = ("shop/__init__.py", "shop/jobs/send.py", "tests/shop/__init__.py", "tests/shop/db.py")


@pytest.mark.parametrize("importer", ["shop/jobs/send.py", "manage.py"])
def test_a_package_is_not_looked_for_in_tests_that_are_laid_out_like_it(importer: str) -> None:
    found = project((*MIRRORED, "manage.py")).find(importer, "shop.db")
    assert found == ("shop/__init__.py", "db")


@pytest.mark.parametrize("text", ["__path__ = extend_path(__path__, __name__)", ""])
def test_a_package_that_others_add_to_is_looked_for_in_all_of_them(text: str) -> None:
    paths = ("one/shop/__init__.py", "one/shop/app.py", "two/shop/db.py")
    files = project(paths, **{"one/shop/__init__.py": text})
    found = files.find("one/shop/app.py", "shop.db.pool")
    assert found == (("two/shop/db.py", "pool") if text else ("one/shop/__init__.py", "db.pool"))


def test_a_file_is_read_once_and_only_if_it_is_asked_for() -> None:
    read: list[str] = []

    def load(path: str) -> SourceFile:
        read.append(path)
        return SourceFile(path, "x = 1")

    found = PythonFiles(("a.py", "./b.py", "c.txt"), load)
    assert read == []
    assert isinstance(found.tree("./b.py"), PythonTree)
    assert found.tree("b.py") is found.tree("b.py")
    assert (found.tree("c.txt"), found.tree("d.py")) == (None, None)
    assert read == ["./b.py"]


def test_a_broken_file_has_no_tree() -> None:
    assert PythonFiles(("a.py",), lambda path: SourceFile(path, "def")).tree("a.py") is None
    assert PythonFiles(("a.py",), lambda path: None).tree("a.py") is None


TEXTS = {
    "shop/start.py": "app.state.pool = make()\n",
    "shop/again.py": "app.state.pool = None\n",
    "shop/read.py": "def f(request):\n    return request.app.state.pool\n",
    "shop/mail.py": "class Mailer(Protocol):\n    pass\n\n\nclass Inner(Mailer):\n    pass\n",
    "shop/smtp.py": "class SmtpMailer(Mailer):\n    pass\n\n\nclass Field(Form):\n    pass\n",
    "shop/bank.py": "class Bank(ABC):\n    pass\n",
    "shop/banks.py": "class One(Bank):\n    pass\n",
    "shop/others.py": "class Other(Bank):\n    pass\n",
    "tests/test_mail.py": "class Fake(Mailer):\n    pass\n",
}


def test_places_lead_to_the_files_that_set_them() -> None:
    files = PythonFiles(TEXTS, lambda path: SourceFile(path, TEXTS[path]))
    assert files.setting("state.pool") == ["shop/again.py", "shop/start.py"]
    assert files.setting("class.Mailer") == ["shop/smtp.py"]  # the one that is no test
    assert files.setting("class.Bank") == ()  # one of several
    assert files.setting("class.Form") == ()  # which no file declares
    assert files.keeps(("state.",))
    assert not files.keeps(("g.", "request."))
    assert {place for place, _ in files.places_set()} == {"state.pool", "class.Mailer"}


def test_a_file_that_is_known_to_set_nothing_is_not_read() -> None:
    known: dict[tuple[str, str], bool] = {}

    def answer(path: str, question: str, look: Callable[[], bool]) -> bool:
        if (path, question) not in known:
            known[path, question] = look()
        return known[path, question]

    for read in (set(TEXTS), {"shop/again.py", "shop/start.py"}):
        loaded = []

        def load(path: str) -> SourceFile:
            loaded.append(path)  # noqa: B023
            return SourceFile(path, TEXTS[path])

        files = PythonFiles(TEXTS, load, answer=answer)
        assert files.setting("state.pool") == ["shop/again.py", "shop/start.py"]
        assert {*loaded} == read
