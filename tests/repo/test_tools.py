"""The tools that guard the repository find what they are there to find."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load_tool(name: str) -> ModuleType:
    """Import one of the scripts in tools/."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def findings(monkeypatch: pytest.MonkeyPatch, root: Path, files: dict[str, str]) -> list[str]:
    """Write a source tree and return what check_sources says about it."""
    checker = load_tool("check_sources")
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(checker, "ROOT", root)
    monkeypatch.setattr(checker, "FORTRAN", root / "fortran")
    paths = checker.library_sources()
    found = list(checker.check_dependencies(paths))
    for path in paths:
        found += checker.check_lines(path, library=True)
        found += checker.check_sizes(path)
        found += checker.check_names(path)
    return [str(finding) for finding in found]


KINDS = {"fortran/src/base/fkb_kinds.f90": "module fkb_kinds\nend module fkb_kinds\n"}
DENSE = "fortran/templates/layers/fkb_dense.fypp"


def layer(*uses: str) -> str:
    """Return a layer module that uses other modules."""
    lines = ["module fkb_dense_${SFX}$", *(f"   use {name}, only: x" for name in uses)]
    return "\n".join([*lines, "end module fkb_dense_${SFX}$", ""])


def test_a_clean_tree_has_no_findings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert findings(monkeypatch, tmp_path, {**KINDS, DENSE: layer("fkb_kinds")}) == []


def test_a_layer_that_uses_a_layer_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = "fortran/templates/layers/fkb_flatten.fypp"
    found = findings(
        monkeypatch,
        tmp_path,
        {DENSE: layer("fkb_flatten_${SFX}$"), other: "module fkb_flatten_${SFX}$\n"},
    )
    assert found == [f"{DENSE}:2: one of layers uses another, fkb_flatten_${{SFX}}$"]


def test_a_kernel_that_uses_the_network_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kernel = "fortran/templates/kernels/fkb_math.fypp"
    network = "fortran/templates/network/fkb_network.fypp"
    found = findings(
        monkeypatch,
        tmp_path,
        {
            kernel: "module fkb_math_${SFX}$\n   use fkb_network_${SFX}$\n   type(error_t) :: e\n",
            network: "module fkb_network_${SFX}$\n",
        },
    )
    assert found == [
        f"{kernel}:2: kernels must not use network (fkb_network_${{SFX}}$)",
        f"{kernel}:3: a derived type in a kernel",
    ]


def test_a_module_that_nobody_makes_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = findings(monkeypatch, tmp_path, {DENSE: layer("fkb_nothing")})
    assert found == [f"{DENSE}:2: no source makes the module fkb_nothing"]


def test_tabs_matmul_long_lines_and_wrong_names_are_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = "fortran/src/base/fkb_text.f90"
    text = f"module fkb_other\n\tc = matmul(a, b)   ! {'x' * 100}\n   ! matmul\n"
    found = findings(monkeypatch, tmp_path, {path: text})
    assert [line.split(": ", 1)[1] for line in found] == [
        "a tab",
        "122 characters, at most 100",
        "matmul: use fkb_gemm",
        "the file holds the module fkb_other",
    ]


def test_long_files_are_errors_and_long_procedures_warnings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = "fortran/src/base/fkb_text.f90"
    body = "   x = 1\n" * 400
    text = f"module fkb_text\n   subroutine long()\n{body}   end subroutine long\nend module\n"
    found = findings(monkeypatch, tmp_path, {path: text})
    assert found == [
        f"{path}:1: 404 lines, split it before 400",
        f"{path}:2: warning: long has 402 lines",
    ]


@pytest.mark.parametrize(
    ("text", "passed", "failed", "skipped"),
    [
        ("3 passed, 2 skipped in 0.1s", 3, 0, 2),
        ("FAIL a\n2 passed, 1 failed", 2, 1, 0),
        ("1 failed, 5 passed, 2 errors in 3 s", 5, 3, 0),
        ("4 passed\nsome farewell", 4, 0, 0),
    ],
)
def test_counts_are_read_from_the_last_line_that_has_them(
    text: str, passed: int, failed: int, skipped: int
) -> None:
    runner = load_tool("run_tests")
    assert runner.count_line(text) == runner.Count(passed, failed, skipped)


def test_a_program_that_fails_without_a_count_is_a_failure() -> None:
    runner = load_tool("run_tests")
    assert runner.counted(139, "3 passed\nSegmentation fault") == runner.Count(3, 1, 0)
    assert runner.counted(1, "nothing") == runner.Count(0, 1, 0)


def test_steps_that_fail_or_run_nothing_are_failures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    runner = load_tool("run_tests")
    monkeypatch.setattr(runner, "ROOT", tmp_path)
    monkeypatch.setattr(runner, "LOGS", tmp_path / "logs")

    def broken(log: object) -> object:
        raise RuntimeError("no")

    assert runner.run_step("empty", lambda log: runner.Count()) == runner.Count(failed=1)
    assert runner.run_step("broken", broken) == runner.Count(failed=1)


def test_setup_names_the_missing_compiler_and_the_remedies(tmp_path: Path) -> None:
    """A path with the basic commands only: no compiler, no apt-get, no conda."""
    commands = ["bash", "dirname", "cat", "cut", "id", "uname", "mktemp", "rm", "printf", "head"]
    for name in commands:
        found = subprocess.run(["which", name], capture_output=True, text=True, check=False)
        if found.returncode == 0:
            (tmp_path / name).symlink_to(found.stdout.strip())
    (tmp_path / "python3").symlink_to(sys.executable)
    clone = tmp_path / "clone"
    (clone / "tools").mkdir(parents=True)
    for name in ("setup.sh", "env.sh", "packages.txt"):
        (clone / "tools" / name).write_bytes((ROOT / "tools" / name).read_bytes())
    done = subprocess.run(
        ["bash", str(clone / "tools" / "setup.sh")],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "FKB needs a Fortran compiler, gfortran 12 or newer" in done.stderr
    assert "apt-get install gfortran" in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
