from __future__ import annotations

from poollint.catalog import settings
from poollint.catalog.platforms import platforms

KINDS = {"threads", "asked", "one", "spread", "single", "async"}


def test_every_tool_says_what_its_number_means() -> None:
    names = [tool.name for tool in platforms().tools]
    assert len(names) == len(set(names)) >= 15
    for tool in platforms().tools:
        assert tool.source, tool.name
        assert set(tool.kinds.values()) <= KINDS, tool.name
        assert tool.kind(tool.default_class) in KINDS, tool.name
        assert tool.role in {"web", "worker", "beat", "migration", "script"}, tool.name
        assert tool.default is None or tool.options or tool.environment or tool.default == 1


def test_no_word_starts_two_tools() -> None:
    commands = [command for tool in platforms().tools for command in tool.commands]
    assert len(commands) == len(set(commands))


def test_pooler_images_know_their_defaults() -> None:
    for image in platforms().pooler_images:
        assert image.owners
        assert image.source
        assert image.port in (5432, 6432)
        assert image.default_alias
        assert set(image.ignored) <= set(settings.pgbouncer().sections["pgbouncer"])


def test_variables_of_pools_are_pairs_of_different_names() -> None:
    sizes = [size for size, *_ in platforms().pool_variables]
    assert len(sizes) == len(set(sizes))
    assert all(size and size != overflow for size, overflow, _ in platforms().pool_variables)
    assert platforms().alone_variables.keys() <= set(sizes)


def test_wrappers_are_found_by_each_of_their_names() -> None:
    wrapper = platforms().wrapper("bash")
    assert wrapper is not None
    assert wrapper.script
    assert platforms().wrapper("gunicorn") is None


def test_languages_are_told_apart_by_program_and_image() -> None:
    known = platforms()
    names = [language.name for language in known.languages]
    assert len(names) == len(set(names)) >= 6
    assert {tool.language for tool in known.tools} <= set(names)
    for words in ("programs", "images"):
        every = [word for language in known.languages for word in getattr(language, words)]
        assert len(every) == len(set(every)), words
    for language in known.languages:
        assert language.source
        assert set(language.single) <= set(language.programs), language.name
    found = known.language("sidekiq")
    assert found
    assert found.name == known.tool_language("sidekiq") == "ruby"
    assert known.language("gunicorn") is None
    assert known.tool_language("gunicorn") == "python"
