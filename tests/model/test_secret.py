"""What is hidden, what is not, and that no text makes hiding slow."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poollint.model.secret import hidden, mask


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgres://app:hunter2@db/shop", "postgres://app:***@db/shop"),
        ("postgresql+asyncpg://app:p%40ss@db", "postgresql+asyncpg://app:***@db"),
        ("postgres://app:p@ss@db/shop", "postgres://app:***@db/shop"),
        ("postgres://app:p/s#s?@db/shop", "postgres://app:***@db/shop"),
        ("redis://:hunter2@cache:6379/0", "redis://:***@cache:6379/0"),
        ("postgres://u:pw@h/db?email=a@b.c", "postgres://u:***@h/db?email=a@b.c"),
        ("f\"postgres://{d['u']}:hunter2@h\"", "f\"postgres://{d['u']}:***@h\""),
        ("postgres://u:${PW:-hunter2}@h", "postgres://u:${PW:-***}@h"),
    ],
)
def test_the_password_of_a_url_is_hidden(text: str, shown: str) -> None:
    assert mask(text) == shown
    assert mask(text, code=True) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("PGPASSWORD=hunter2", "PGPASSWORD=***"),
        ("host=db password=hunter2 user=app", "host=db password=*** user=app"),
        ("host=db password='it''s' user=app", "host=db password='***' user=app"),
        ('dsn = "host=a password=hunter2 dbname=c"', 'dsn = "host=a password=*** dbname=c"'),
        ('{"password": "hunter2", "a": 1}', '{"password": "***", "a": 1}'),
        (r'"{\"password\": \"hunter2\"}"', r'"{\"password\": \"***\"}"'),
        ("password: correct horse", "password: ***"),
        ("  - POSTGRES_PASSWORD=hunter2", "  - POSTGRES_PASSWORD=***"),
        ("password: |\n  one\n  two\nuser: app", "password: |\n***\nuser: app"),
        ("- name: DB_PASSWORD\n  value: hunter2", "- name: DB_PASSWORD\n  value: ***"),
        ('{ name = "DB_PASSWORD", value = "x" }', '{ name = "DB_PASSWORD", value = "***" }'),
        ('password = "hunter2"', 'password = "***"'),
        ("POSTGRES_PASSWORD: ${PW:-hunter2}", "POSTGRES_PASSWORD: ${PW:-***}"),
        ("x: ${POSTGRES_PASSWORD:-hunter2}", "x: ${POSTGRES_PASSWORD:-***}"),
        ("ALTER ROLE app PASSWORD 'hunter2'", "ALTER ROLE app PASSWORD '***'"),
        ("ENV POSTGRES_PASSWORD hunter2", "ENV POSTGRES_PASSWORD ***"),
        ('    storage_password "hunter2"', '    storage_password "***"'),
        ("redis-server --requirepass hunter2", "redis-server --requirepass ***"),
        ("BOT_TOKEN=123", "BOT_TOKEN=***"),
        ("psql --password hunter2 -h db", "psql --password *** -h db"),
        ("db:5432:shop:app:hunter2", "db:5432:shop:app:***"),
        ("AWS_SECRET_ACCESS_KEY=abc/def", "AWS_SECRET_ACCESS_KEY=***"),
        ("`password`: how-many", "`password`: ***"),
    ],
)
def test_the_value_of_a_name_that_says_password_is_hidden(text: str, shown: str) -> None:
    assert mask(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('connect(password="hunter2")', 'connect(password="***")'),
        ("d = {'PASSWORD': 'hunter2'}", "d = {'PASSWORD': '***'}"),
        ('password: str = "hunter2"', 'password: str = "***"'),
        ('password: Mine[str] = "hunter2"', 'password: Mine[str] = "***"'),
        ('connect("host=h password=hunter2 user=u")', 'connect("host=h password=*** user=u")'),
        ('DSN = """\nhost=h\npassword=hunter2"""', 'DSN = """\nhost=h\npassword=***"""'),
        ('os.environ["PASSWORD"] = "hunter2"', 'os.environ["PASSWORD"] = "***"'),
        ('os.getenv("PASSWORD", "hunter2")', 'os.getenv("PASSWORD", "***")'),
        ('env("DB_PASSWORD", default="hunter2")', 'env("DB_PASSWORD", default="***")'),
        ("# password: hunter2", "# password: ***"),
        ('password = ("hunter2")', 'password = ("***")'),
        ('if password == "hunter2":', 'if password == "***":'),
        ('password = """hunter2"""', 'password = """***"""'),
    ],
)
def test_a_literal_in_python_is_hidden(text: str, shown: str) -> None:
    assert mask(text, code=True) == shown


@pytest.mark.parametrize(
    "text",
    [
        "SCRAM-SHA-256$4096:" + "c2FsdA==$c3RvcmVk:c2VydmVy",
        "md5" + "0123456789abcdef" * 2,
        "sk-" + "proj-abcdefghij0123456789",
        "ghp_" + "abcdefghijklmnopqrst0123456789",
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    ],
)
def test_a_secret_with_a_form_of_its_own_is_hidden_anywhere(text: str) -> None:
    for line in (f"x {text} y", f'f("{text}")'):
        shown = mask(line, code=True)
        assert text[-10:] not in shown
        assert "***" in shown


def test_the_verifiers_and_passwords_of_a_userlist_are_hidden() -> None:
    assert mask('"app" "hunter2"\n"b""c" "pa""ss"\n') == '"app" "***"\n"b""c" "***"\n'


def test_the_body_of_a_private_key_is_hidden_whole() -> None:
    text = "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nAAAA\n-----END RSA PRIVATE KEY-----\nb"
    shown = mask(text)
    assert "MIIE" not in shown
    assert "AAAA" not in shown
    assert shown.endswith("-----END RSA PRIVATE KEY-----\nb")


def test_the_data_of_a_kubernetes_secret_is_hidden_and_that_of_a_config_map_is_not() -> None:
    text = "kind: Secret\ndata:\n  URL: Zm9v\n---\nkind: ConfigMap\ndata:\n  WORKERS: 4\n"
    shown = "kind: Secret\ndata:\n  URL: ***\n---\nkind: ConfigMap\ndata:\n  WORKERS: 4\n"
    assert mask(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        'password = os.environ["DB_PASSWORD"]',
        'password=os.environ.get("DB_PASSWORD")',
        "password: ${PASSWORD}",
        "PGPASSWORD=$PASSWORD",
        "password: {{ db_password }}",
        "${DB_PASSWORD:?must be set}",
        'password = "${var.db_password}"',
        "password = var.db_password",
        "def connect(user: str, password: str) -> None: ...",
        "password: str | None = None",
        "password: Optional[str] = None",
        "host=h password=%(password)s",
        'f"postgres://{user}:{password}@{host}/shop"',
        "postgres://$USER:$PASSWORD@db/shop",
        "password_encryption = scram-sha-256",
        "POSTGRES_PASSWORD_FILE: /run/secrets/db",
        "secretName: shop-db",
        "valueFrom: {secretKeyRef: {name: shop-db, key: url}}",
        "max_tokens = 4096",
        "bypass = 3",
        "max_connections = 200",
        "http://db.example:5432/path",
        "`sync-tokens`: how many connections it opens is not known",
        "`issue-token`: where its pool leads is not known (shop/db.py:3)",
    ],
)
def test_a_reference_a_type_or_another_name_is_kept(text: str) -> None:
    assert mask(text) == text
    assert mask(text, code=True) == text


@pytest.mark.parametrize(
    "text",
    [
        "connect(user=user, password=password)",
        'connect(password=vault["db"], port=5432)',
        'connect(password=read_secret("db/orders"))',
        'if password == given: return "shop"',
        'token = request.headers["X-Token"]; name = "shop"',
        'parts = ("postgres://", "shop:", "db")',
        "password = getpass()",
        'dsn = "host=h password=" + given + " user=u"',
        "token = lexer.next()",
    ],
)
def test_a_bare_word_in_python_is_no_secret(text: str) -> None:
    assert mask(text, code=True) == text


LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!$%&()*+,-./:;<=>?@[]^_|~"
WORDS = st.text(LETTERS, min_size=3, max_size=30).map(lambda word: f"Zq{word}9x")


@given(WORDS)
def test_no_password_survives_whatever_it_is_made_of(secret: str) -> None:
    for text in (
        f"postgres://app:{secret}@db:5432/shop",
        f'DATABASE_URL = "postgres://app:{secret}@db/shop"',
        f"password = {secret}",
        f"db = host=h password={secret} user=u",
        f"PGPASSWORD={secret} psql",
        f'"password": "{secret}"',
        f'"app" "{secret}"',
        f"db:5432:shop:app:{secret}",
        f"ALTER ROLE app PASSWORD '{secret}'",
    ):
        assert secret not in mask(text)
    assert secret not in mask(f"connect(password='{secret}')", code=True)
    assert secret not in mask(f"connect('host=h password={secret} user=u')", code=True)


@given(st.text())
def test_any_text_has_its_secrets_in_order_and_within_it(text: str) -> None:
    for code in (False, True):
        at = 0
        for start, end in hidden(text, code=code):
            assert at <= start < end <= len(text)
            at = end


HOSTILE = (
    "a.a-", "{a}", "password:str,", "password='", "password: ", "password: Optional[", "${A:-",
    "-----BEGIN PRIVATE KEY-----", '"', "x://a:b@", "x://{a}{", "name: PASSWORD ", "password=(",
    "kind: Secret\ndata:\n", "password: |\n", "'''", "--password ", "a:12:", "get('password',",
    "'://' ", "'://:' + a + ", "'password=%s' % ", "password=quote('", "value: ",
    "value: x\nname: ", "data: {", "secretGenerator:\n", "- a=b\n", "curl -u ",
    "password=''x", "password:\n ", "? pw\n",
)  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_the_time_grows_with_the_text_and_no_faster(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    started = time.process_time()
    mask(text)
    mask(text, code=True)
    assert time.process_time() - started < 60  # by its square it takes far longer
