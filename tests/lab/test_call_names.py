"""The catalog's names of what waits exist in the libraries that are installed."""

import pytest

from poollint.catalog import load
from tests.lab.test_driver_names import found, is_proven

CALLS = load.calls()
# Google has a package for each of its services.
KNOWN = {*CALLS.functions, *CALLS.type_of_name}
NAMES = sorted(n for n in KNOWN if not n.startswith("google.") and is_proven(n))
ELSEWHERE = {  # each with who has it
    ("anthropic.client", "completions.create"): "an older anthropic",
    ("anthropic.async_client", "completions.create"): "an older anthropic",
    ("mail.postmark", "emails.send"): "the object",
    ("mail.postmark", "emails.send_batch"): "the object",
    ("mail.postmark", "emails.send_template_batch"): "the object",
    ("mail.postmark", "emails.send_with_template"): "the object",
}
METHODS = sorted(
    (type_id, method)
    for type_id, method in CALLS.methods.keys() - ELSEWHERE.keys()
    if "*" not in method
    and {*CALLS.types[type_id].names} & {*NAMES}
    and {*CALLS.types[type_id].names} <= {*NAMES}
)


@pytest.mark.parametrize("name", NAMES)
def test_the_name_exists(name: str) -> None:
    assert found(name) is not None


@pytest.mark.parametrize(("type_id", "method"), METHODS)
def test_some_class_of_the_type_has_the_method(type_id: str, method: str) -> None:
    classes = [found(name) for name in CALLS.types[type_id].names]
    first = method.partition(".")[0]
    assert any(hasattr(owner, first) or hasattr(owner, "__getattr__") for owner in classes)


def test_what_a_client_of_postmark_sends_with_is_set_on_it() -> None:
    client = found("postmarker.core.PostmarkClient")(server_token="none")
    sending = [m for t, m in ELSEWHERE if t == "mail.postmark"]
    assert sending
    assert all(hasattr(client.emails, method.removeprefix("emails.")) for method in sending)
