"""The documentation names what exists: files, headings, pictures, sub-commands and their options."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from contrapposto.backend import cli

ROOT: Final = Path(__file__).resolve().parents[2]
_OWN: Final = ("*.md", "docs/*.md", "docs/guide/*.md", "training/**/*.md", "tests/**/*.md", "benchmarks/**/*.md")
PAGES: Final = sorted({page for pattern in _OWN for page in ROOT.glob(pattern)})
_LINK: Final = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_COMMAND: Final = re.compile(r"(?:^|[\s`/$])contrapposto ([a-z][a-z-]*)((?:[^`\n]|\\\n)*)")
_OPTION: Final = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


@cache
def options_of_commands() -> dict[str, frozenset[str]]:
    """Every sub-command with its options."""
    parser: Any = cli._parser(only_doctor=False)  # pyright: ignore[reportPrivateUsage]
    (commands,) = (action for action in parser._actions if action.dest == "command")
    return {name: frozenset(sub._option_string_actions) for name, sub in commands.choices.items()}


def links(text: str) -> list[str]:
    """The targets of all links and pictures that lead into the repository."""
    return [target for target in _LINK.findall(text) if not re.match(r"[a-z]+:", target)]


def anchors(text: str) -> set[str]:
    """The names by which the headings of a page are linked to."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere."""
    wrong: list[str] = []
    for target in links(page.read_text(encoding="utf-8")):
        name, _, anchor = target.partition("#")
        there = page.parent / name if name else page
        if not there.exists() or (anchor and anchor not in anchors(there.read_text(encoding="utf-8"))):
            wrong.append(target)
    return wrong


def misnamed(text: str) -> list[str]:
    """Sub-commands, and options of sub-commands, that the parser does not know."""
    known, wrong = options_of_commands(), list[str]()
    for command, rest in _COMMAND.findall(text):
        if command not in known:
            wrong.append(command)
            continue
        wrong += [f"{command} {option}" for option in _OPTION.findall(rest) if option not in known[command]]
    return wrong


def written_as_code(text: str) -> str:
    """What stands in blocks and between back-ticks: there commands are meant, elsewhere the word may be our name."""
    lines = [line.split(" #")[0] for line in text.splitlines() if line.startswith("    ")]
    return "\n".join(lines + [f"`{code}`" for code in re.findall(r"`([^`\n]+)`", text)])


def test_the_pages_are_found() -> None:
    names = {str(page.relative_to(ROOT)) for page in PAGES}
    assert {"README.md", "CHANGELOG.md", "docs/pipeline.md", "docs/guide/photo.md"} <= names


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_pictures_exist(page: Path) -> None:
    assert not broken(page)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_and_options_exist(page: Path) -> None:
    assert not misnamed(written_as_code(page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", ["pipeline.md", "video.md"])
def test_options_in_running_text_exist(name: str) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8").replace("blender --command", "")
    every = frozenset[str]().union(*options_of_commands().values(), {"--help"})
    assert set(_OPTION.findall(text)) <= every


def test_every_command_is_documented() -> None:
    text = (ROOT / "docs" / "pipeline.md").read_text(encoding="utf-8")
    missing = [name for name in options_of_commands() if f"`contrapposto {name}`" not in text]
    assert not missing


def test_a_wrong_page_would_be_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Head\n[a](none.md) [b](#head) [c](#none) ![d](x.png) [e](https://x.org)\n", encoding="utf-8")
    assert broken(page) == ["none.md", "#none", "x.png"]
    assert misnamed(written_as_code("    contrapposto foto a.jpg\n`contrapposto photo a.jpg --colour`")) == [
        "foto", "photo --colour",
    ]  # fmt: skip


def test_every_page_of_the_guide_is_linked_from_the_readme() -> None:
    linked = set(links((ROOT / "README.md").read_text(encoding="utf-8")))
    guide = {f"docs/guide/{page.name}" for page in (ROOT / "docs" / "guide").glob("*.md")}
    assert len(guide) >= 5
    assert guide <= linked
