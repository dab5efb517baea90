"""The page on extending shows code that is compiled and tested: its excerpts are in the files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "extending.md"
EXCERPT = re.compile(r"^<!-- (\S+) -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^```(?:fortran|python)$", re.MULTILINE)


def excerpts() -> list[tuple[str, str]]:
    """Return (file, code) of every excerpt; a line `...` stands for what is left out."""
    return EXCERPT.findall(PAGE.read_text())


def missing(code: str, text: str) -> str | None:
    """Return the first piece of an excerpt that the text does not have after the one before."""
    at = 0
    for piece in re.split(r"^\.\.\.\n", code, flags=re.MULTILINE):
        found = f"\n{text}".find(f"\n{piece}", at)
        if found < 0:
            return piece
        at = found + len(piece)
    return None


def test_every_excerpt_says_where_it_is_from() -> None:
    assert len(excerpts()) == len(CODE.findall(PAGE.read_text())) > 10


@pytest.mark.parametrize(("name", "code"), excerpts())
def test_an_excerpt_is_in_its_file(name: str, code: str) -> None:
    assert missing(code, (ROOT / name).read_text()) is None, name


def test_a_changed_line_is_noticed() -> None:
    text = "one\n two\nthree\nfour\n"
    assert missing(" two\n", text) is None
    assert missing("one\n...\nthree\nfour\n", text) is None
    for code in ("two\n", " two\nfour\n", "four\n...\none\n", " tw\n", "five\n"):
        assert missing(code, text) is not None, code
