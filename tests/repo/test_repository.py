"""The repository itself: versions in step, nothing stale, nothing of one machine, nothing large."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LARGEST_FILE = 1_000_000
LARGEST_TREE = 30_000_000


def tracked() -> list[Path]:
    """Return the files of the repository."""
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if names.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in names.stdout.split("\0") if name and (ROOT / name).is_file()]


def run_tool(*words: str) -> subprocess.CompletedProcess[str]:
    """Run one of the tools and return what it says."""
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )


def first_match(path: str, pattern: str) -> str:
    """Return the first group of a pattern's first match in a file."""
    match = re.search(pattern, (ROOT / path).read_text(), re.MULTILINE)
    assert match, f"{path} has nothing like {pattern}"
    return match[1]


def test_generated_sources_are_those_of_the_templates() -> None:
    pytest.importorskip("fypp")
    done = run_tool("tools/generate.py", "--check")
    assert done.returncode == 0, done.stdout


def test_the_test_program_runs_every_suite() -> None:
    done = run_tool("tools/collect_tests.py", "--check")
    assert done.returncode == 0, done.stdout


def test_dependencies_point_one_way_and_files_are_small() -> None:
    done = run_tool("tools/check_sources.py")
    assert done.returncode == 0, done.stdout


def test_all_builds_have_the_same_version() -> None:
    versions = {
        "pyproject.toml": first_match("pyproject.toml", r'^version = "([^"]+)"'),
        "fpm.toml": first_match("fpm.toml", r'^version = "([^"]+)"'),
        "CMakeLists.txt": first_match("CMakeLists.txt", r"^project\(fkb VERSION (\S+)"),
        "python/fkb/__init__.py": first_match(
            "python/fkb/__init__.py", r'^__version__ = "([^"]+)"'
        ),
    }
    assert len(set(versions.values())) == 1, versions


def test_the_changelog_begins_with_this_version() -> None:
    newest = first_match("CHANGELOG.md", r"^## \[?(\d+\.\d+\.\d+)")
    assert newest == first_match("pyproject.toml", r'^version = "([^"]+)"')


def test_no_file_names_a_machine_or_a_registry() -> None:
    home = "/" + "home/"
    words = [home, "/" + "root/", "/" + "work/", "/" + "Users/", "--index" + "-url"]
    found = []
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {word}" for word in words if word in text]
    assert not found


def test_no_file_is_large() -> None:
    sizes = {path: path.stat().st_size for path in tracked()}
    large = [str(path.relative_to(ROOT)) for path, size in sizes.items() if size > LARGEST_FILE]
    assert not large
    assert sum(sizes.values()) < LARGEST_TREE


def test_build_products_are_not_committed() -> None:
    products = {".o", ".a", ".so", ".mod", ".smod", ".pyc", ".whl"}
    assert not [path for path in tracked() if path.suffix in products]


def packages() -> list[list[str]]:
    """Return the rows of tools/packages.txt: group, proof, Debian's name, conda-forge's name."""
    lines = (ROOT / "tools" / "packages.txt").read_text().splitlines()
    return [line.split() for line in lines if line and not line.startswith("#")]


def conda_packages() -> set[str]:
    """Return the names in environment.yml, which has no nested lists."""
    text = (ROOT / "environment.yml").read_text()
    entries = re.findall(r"^  - ([a-z0-9_-]+)(.*)$", text.split("dependencies:")[1], re.MULTILINE)
    assert entries
    for name, version in entries:
        assert re.fullmatch(r"(|[<>=]=?[0-9.]+(,<[0-9.]+)?)", version), f"{name}{version}"
    return {name for name, _ in entries}


def test_every_row_of_the_package_list_is_complete() -> None:
    rows = packages()
    assert rows
    for row in rows:
        assert len(row) == 4, row
        assert row[0] in ("build", "test"), row


def test_conda_gets_what_debian_gets() -> None:
    wanted = {row[3] for row in packages() if row[0] == "build"}
    # A make and a C compiler are what a newcomer has already, but perhaps not a conda user.
    assert conda_packages() == wanted | {"make", "c-compiler"}


def test_the_conda_environment_has_a_name_and_one_open_channel() -> None:
    text = (ROOT / "environment.yml").read_text()
    assert first_match("environment.yml", r"^name: (\S+)$") == "fkb"
    assert re.findall(r"^channels:\n((?:  - \S+\n)+)", text, re.MULTILINE) == ["  - conda-forge\n"]


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert re.search(r"^make .*\btest <", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    assert "make test" in (ROOT / "README.md").read_text()


def test_shell_scripts_parse() -> None:
    scripts = [path for path in tracked() if path.suffix == ".sh"] + [ROOT / ".ci" / "run"]
    for script in scripts:
        done = subprocess.run(["bash", "-n", script], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
