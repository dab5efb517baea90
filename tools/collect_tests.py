#!/usr/bin/env python3
"""Write tests/fortran/unit/main.f90, the program that runs every unit-test suite.

Usage: collect_tests.py [--check]

A suite is a file test_<thing>.f90 beside it (fpm reads no directories below), whose module
test_<thing> offers `collect(suite)`.
With --check nothing is written; the exit status is 1 when the program is out of date.
"""

import argparse
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
UNIT = ROOT / "tests" / "fortran" / "unit"


def program(names: list[str]) -> str:
    """Return the source of a program that runs the suites with these names."""
    lines = [
        "!> Runs every unit-test suite. Written by tools/collect_tests.py: run it, do not edit.",
        "program main",
        "   use fkb_testing, only: runner_t, suite_t",
    ]
    lines += [f"   use test_{name}, only: collect_{name} => collect" for name in names]
    lines += [
        "   implicit none (type, external)",
        "   type(runner_t) :: runner",
        "   type(suite_t) :: suite",
    ]
    for name in names:
        lines += [f"   call collect_{name}(suite)", "   call runner%run(suite)"]
    lines += ["   call runner%finish()", "end program main", ""]
    return "\n".join(lines)


def main() -> int:
    """Write or check the program."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, report only")
    check = parser.parse_args().check
    names = sorted(path.stem.removeprefix("test_") for path in UNIT.glob("test_*.f90"))
    target = UNIT / "main.f90"
    text = program(names)
    if target.exists() and target.read_text() == text:
        return 0
    print("stale ", target.relative_to(ROOT))
    if check:
        return 1
    target.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
