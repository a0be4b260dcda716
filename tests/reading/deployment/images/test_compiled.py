"""Which folder each program of an image is compiled from."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading.deployment.images.dockerfile import image_file


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("RUN go build -o /out/api ./cmd/api", {"api": "cmd/api"}),
        (
            "RUN CGO_ENABLED=0 go build -ldflags='-s -w' -o api ./cmd/api/main.go && \\\n"
            "    go build -o worker ./cmd/worker",
            {"api": "cmd/api", "worker": "cmd/worker"},
        ),
        ("RUN go build -o app .", {"app": "."}),
        ("RUN go build -o app", {"app": "."}),
        ("RUN go build -tags x -o app ./cmd/api -v", {}),
        ("RUN go build -o /out/ ./cmd/...", {}),
        ("ARG W\nRUN go build -o app ./cmd/$W", {}),
        ("RUN cargo build -o app ./cmd/api", {}),
    ],
)
def test_what_go_build_writes(lines: str, found: dict[str, str]) -> None:
    image = image_file(SourceFile("Dockerfile", f"FROM golang AS b\n{lines}\nFROM alpine\n"))
    assert image
    assert dict(image.programs) == found


def test_a_program_that_is_copied_under_another_name() -> None:
    text = (
        "FROM golang AS b\nRUN go build -o /out/api ./cmd/api\n"
        "FROM alpine\nCOPY --from=b /out/api /usr/bin/shop\n"
    )
    image = image_file(SourceFile("Dockerfile", text))
    assert image
    assert dict(image.programs) == {"api": "cmd/api", "shop": "cmd/api"}
