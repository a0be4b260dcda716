from __future__ import annotations

import pytest

from poollint.syntax.sealed import is_sealed, path_of


@pytest.mark.parametrize(
    ("text", "sealed"),
    [
        ("ENC[AES256_GCM,data:Zm9v,iv:YQ==,tag:Yg==,type:int]", True),
        ("ENC[AES256_GCM,data:Zm9v", False),
        ("postgresql://shop@db/shop", False),
        ("", False),
    ],
)
def test_a_value_of_sops_is_known_by_its_signs(text: str, sealed: bool) -> None:
    assert is_sealed(text) is sealed


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("secrets://env/live.yaml", "env/live.yaml"),
        ("secrets+gpg-import://keys/live.asc?env/live.yaml", "env/live.yaml"),
        ("env/live.yaml", "env/live.yaml"),
        ("https://shop.example/live.yaml", "https://shop.example/live.yaml"),
    ],
)
def test_a_file_that_is_decrypted_first_is_named_by_its_path(text: str, path: str) -> None:
    assert path_of(text) == path
