#!/usr/bin/env python3
"""Run every test of FKB and print the count of what passed and failed.

Usage: run_tests.py [--full] [--only STEP ...] [--list]

Each step runs to its end, whatever the others did; its output goes to build/logs/STEP.log and is
shown when it fails. The last line is `N passed` or `N passed, N failed`; the exit status is 0 only
when something ran and nothing failed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
LOGS = BUILD / "logs"
JOBS = os.environ.get("FKB_JOBS", str(os.cpu_count() or 1))
FLANG = "flang-new-22"
UNIT = "fkb_unit"
MPI = "ON" if shutil.which("mpif90") else "OFF"


@dataclass
class Count:
    """How many tests passed, failed and could not run."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Count) -> Count:
        """Return the sum."""
        return Count(
            self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped
        )

    def __str__(self) -> str:
        """Return the words of pytest's closing line."""
        words = [f"{self.passed} passed"]
        words += [f"{self.failed} failed"] if self.failed else []
        words += [f"{self.skipped} skipped"] if self.skipped else []
        return ", ".join(words)


class Log:
    """Runs the commands of one step and keeps what they print."""

    def __init__(self, name: str) -> None:
        LOGS.mkdir(parents=True, exist_ok=True)
        self.path = LOGS / f"{name}.log"
        self.path.write_text("")

    def run(self, *command: str | Path, **environment: str) -> tuple[int, str]:
        """Run a command in the root; return its exit status and what it printed."""
        words = [str(word) for word in command]
        with self.path.open("a") as file:
            file.write(f"$ {' '.join(words)}\n")
        done = subprocess.run(
            words,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        with self.path.open("a") as file:
            file.write(done.stdout)
        return done.returncode, done.stdout


def count_line(text: str) -> Count | None:
    """Return what the last `N passed, N failed, N skipped` line says, in any order of the parts."""
    for line in reversed(text.splitlines()):
        found = re.findall(r"(\d+) (passed|failed|errors?|skipped)", line)
        parts = {word: int(number) for number, word in found}
        if parts:
            failed = parts.get("failed", 0) + parts.get("error", 0) + parts.get("errors", 0)
            return Count(parts.get("passed", 0), failed, parts.get("skipped", 0))
    return None


def counted(status: int, text: str) -> Count:
    """Return the count a program printed; one that failed without a count is one failure."""
    count = count_line(text) or Count(passed=1 if status == 0 else 0)
    if status != 0 and count.failed == 0:
        count.failed = 1
    return count


def configure_and_build(log: Log, name: str, *options: str, target: str = "all") -> bool:
    """Build one configuration, warnings as errors."""
    program = ROOT / "tools" / "build.sh"
    status, _ = log.run(program, name, "-DFKB_WERROR=ON", *options, FKB_TARGET=target)
    return status == 0


def run_ctest(log: Log, name: str, *options: str) -> Count:
    """Run the tests of a build; a Fortran suite counts as many as it says.

    A test whose program is missing counts as skipped here, but makes ctest fail.
    """
    report = BUILD / name / "junit.xml"
    report.unlink(missing_ok=True)
    command = f"ctest --output-on-failure --parallel {JOBS} --no-tests=error".split()
    status, _ = log.run(*command, "--test-dir", BUILD / name, "--output-junit", report, *options)
    if not report.exists():
        return Count(failed=1)
    total = Count()
    for case in xml.etree.ElementTree.parse(report).getroot().iter("testcase"):
        skipped = case.find("skipped") is not None
        passed = case.get("status") == "run"
        output = case.findtext("system-out") or ""
        total += Count(skipped=1) if skipped else counted(0 if passed else 1, output)
    if status != 0 and total.failed == 0:
        total.failed = 1
    return total


def build_and_test(
    name: str, compiler: str | None, *options: str, target: str = "all"
) -> Callable[[Log], Count]:
    """Return a step that builds one configuration and runs its tests."""

    def step(log: Log) -> Count:
        if compiler is not None and shutil.which(compiler) is None:
            return Count(skipped=1)
        chosen = [f"-DCMAKE_Fortran_COMPILER={compiler}"] if compiler else []
        if not configure_and_build(log, name, *chosen, *options, target=target):
            return Count(failed=1)
        # The examples, MPI and the checks of the repository run once, with the first build.
        selection = [] if name == "gfortran" else ["--label-regex", "unit"]
        count = Count(passed=1) + run_ctest(log, name, *selection)
        if name == "gfortran" and MPI == "OFF":
            count.skipped += 1
        return count

    return step


def fpm_step(compiler: str, full: bool) -> Callable[[Log], Count]:
    """Return a step that builds with fpm and runs an example, and the unit tests where all is run.

    The sources and their tests are those of the other steps: what fpm can break shows in a program.
    """

    def step(log: Log) -> Count:
        if shutil.which(compiler) is None:
            return Count(skipped=1)
        how = ["--profile", "release", "--compiler", compiler]
        example = ROOT / "examples" / "lorenz96"
        with tempfile.TemporaryDirectory(prefix="fkb-fpm-") as folder:
            network = Path(folder) / "closure.fkb"
            convert = [sys.executable, "-m", "fkb", "convert"]
            python = str(ROOT / "python")
            status, _ = log.run(*convert, example / "closure.keras", network, PYTHONPATH=python)
            short: list[str | Path] = [network, Path(folder), "--units", "2", "--statistics", "20"]
            if status == 0:
                status, _ = log.run("fpm", "run", *how, "--example", example.name, "--", *short)
        total = counted(status, "")
        return total + counted(*log.run("fpm", "test", *how)) if full else total

    return step


def lint(log: Log) -> Count:
    """Run the linters, which count themselves."""
    return counted(*log.run(ROOT / "tools" / "lint.sh"))


def python_tests(full: bool) -> Callable[[Log], Count]:
    """Return the step that runs pytest with the engine of the gfortran build."""

    def step(log: Log) -> Count:
        folders = [f"tests/{name}" for name in ("python", "roundtrip")]
        present = [folder for folder in folders if (ROOT / folder).is_dir()]
        environment = {"FKB_LIBRARY": str(BUILD / "gfortran" / "fortran" / "libfkb.so")}
        if full:
            environment["FKB_TEST_LONG"] = "1"
        command = [sys.executable, "-m", "pytest", "-q", "-n", JOBS, *present]
        return counted(*log.run(*command, **environment))

    return step


def extension(log: Log) -> Count:
    """Install the library and build a user's project against it, with each compiler."""
    total = Count()
    for name, compiler in (("gfortran", None), ("flang", FLANG)):
        if compiler and not (shutil.which(compiler) and (BUILD / name).is_dir()):
            continue
        prefix = BUILD / f"prefix-{name}"
        shutil.rmtree(prefix, ignore_errors=True)
        status, _ = log.run("cmake", "--install", BUILD / name, "--prefix", prefix)
        if status != 0:
            total.failed += 1
            continue
        chosen = {"FC": compiler} if compiler else {}
        for script in ("install", "extension"):
            total += counted(*log.run(ROOT / "tests" / script / "run.sh", prefix, **chosen))
    return total


def wheel(log: Log) -> Count:
    """Install with pip into a fresh environment and use what it brings."""
    return counted(*log.run(ROOT / "tests" / "install" / "run_wheel.sh"))


def memory(log: Log) -> Count:
    """Run the unit tests under valgrind."""
    if shutil.which("valgrind") is None:
        return Count(skipped=1)
    options = ["-DFKB_BLAS=OFF", "-DFKB_OPENMP=OFF", "-DCMAKE_BUILD_TYPE=RelWithDebInfo"]
    if not configure_and_build(log, "valgrind", *options, target=UNIT):
        return Count(failed=1)
    command = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full"]
    command += ["--errors-for-leak-kinds=definite", str(BUILD / "valgrind/tests/fkb_unit")]
    return counted(*log.run(*command))


def steps(full: bool) -> dict[str, Callable[[Log], Count]]:
    """Return the steps in order."""
    native = ("-DFKB_NATIVE=ON", "-DFKB_BLAS=OFF", f"-DFKB_MPI={MPI}")
    checked = ("-DFKB_BLAS=ON", "-DFKB_OPENMP=OFF", "-DFKB_CHECKS=ON")
    chosen: dict[str, Callable[[Log], Count]] = {
        "lint": lint,
        "gfortran": build_and_test("gfortran", None, *native),
        "checked": build_and_test("checked", None, *checked, target=UNIT),
        "flang": build_and_test("flang", FLANG, "-DFKB_BLAS=ON"),
        "fpm": fpm_step(os.environ.get("FC", "gfortran"), full),
        "python": python_tests(full),
        "extension": extension,
        "wheel": wheel,
    }
    if full:
        blas = ("-DFKB_BLAS=ON", "-DFKB_NATIVE=ON")
        chosen["blas"] = build_and_test("blas", None, *blas, target=UNIT)
        portable = build_and_test("flang-portable", FLANG, "-DFKB_BLAS=OFF", target=UNIT)
        chosen["flang-portable"] = portable
        chosen["fpm-flang"] = fpm_step(FLANG, full)
        chosen["valgrind"] = memory
    return chosen


def run_step(name: str, step: Callable[[Log], Count]) -> Count:
    """Run a step, print its line, and the end of its log when it failed."""
    log = Log(name)
    print(f"{name:<15}", end=" ", flush=True)
    start = time.monotonic()
    try:
        count = step(log)
    except Exception as problem:  # a broken step is a failure, the others still run
        with log.path.open("a") as file:
            file.write(f"{type(problem).__name__}: {problem}\n")
        count = Count(failed=1)
    if count.passed + count.failed + count.skipped == 0:
        count.failed = 1
    print(f"{count}  ({time.monotonic() - start:.0f} s)", flush=True)
    if count.failed:
        print(f"--- from {log.path.relative_to(ROOT)}:")
        print("\n".join(digest(log.path.read_text().splitlines())))
        print("---", flush=True)
    return count


def digest(lines: list[str]) -> list[str]:
    """Return the lines of a log that name a failure, and its end."""
    tail = lines[-30:]
    telling = [line for line in lines[:-30] if re.search(r"FAIL|[Ee]rror\b|^E  ", line)]
    return [*telling[:60], *(["..."] if telling else []), *tail]


def main() -> int:
    """Run the steps asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--full", action="store_true", help="also run what takes long")
    parser.add_argument("--only", nargs="+", metavar="STEP", help="run these steps only")
    parser.add_argument("--list", action="store_true", help="print the names of the steps")
    options = parser.parse_args()
    if options.full:
        # Examples run at full length then.
        os.environ["FKB_TEST_LONG"] = "1"
    chosen = steps(options.full or bool(options.only))
    if options.list:
        print("\n".join(chosen))
        return 0
    unknown = [name for name in options.only or [] if name not in chosen]
    if unknown:
        parser.error(f"no step is called {', '.join(unknown)}; --list prints them")
    total = Count()
    for name in options.only or list(chosen):
        count = run_step(name, chosen[name])
        if count.skipped and not count.passed and os.environ.get("CI") == "true":
            print(f"{name} must not be skipped in CI")
            count.failed += 1
        total += count
    if total.skipped:
        print(f"{total.skipped} skipped (each named in its log)")
    passed_all = total.failed == 0 and total.passed > 0
    if total.failed:
        print(f"{total.passed} passed, {total.failed} failed")
    else:
        print(f"{total.passed} passed")
    return 0 if passed_all else 1


if __name__ == "__main__":
    sys.exit(main())
