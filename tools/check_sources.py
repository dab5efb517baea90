#!/usr/bin/env python3
"""Check what no compiler checks: the direction of dependencies, sizes, tabs, matmul, names.

Usage: check_sources.py

Prints one line per finding as `file:line: text`; the exit status is 1 when there is an error.
A procedure longer than a screen and a long file of tests are only warnings.
"""

from __future__ import annotations

import pathlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent
FORTRAN = ROOT / "fortran"
FILE_LINES = 400
PROCEDURE_LINES = 60
LINE_LENGTH = 100

# What a module of each group may use besides its own group. A template's group is its directory,
# a written source's is the directory under src; these modules are groups of their own. Parents are
# layers that other layers extend.
SINGLE = {
    "fkb_kinds": "kinds",
    "fkb_layer": "contract",
    "fkb_attention_core": "parents",
    "fkb_identity": "parents",
    "fkb_dropout": "parents",
    "fkb_recurrent": "parents",
    "fkb_registry": "registry",
    "fkb_builtin": "builtin",
    "fkb_layer_probe": "layer_check",
    "fkb_layer_check": "layer_check",
    "fkb_tangent_check": "layer_check",
    "fkb_mpi": "mpi",
}
ALLOWED = {
    "kinds": set(),
    "base": {"kinds"},
    "io": {"kinds", "base"},
    "model": {"kinds", "base", "io"},
    "kernels": {"kinds", "base"},
    "contract": {"kinds", "base", "kernels"},
    "registry": {"kinds", "base", "contract"},
    "parents": {"kinds", "base", "kernels", "contract"},
    "layers": {"kinds", "base", "kernels", "contract", "parents"},
    "layer_check": {"kinds", "base", "kernels", "contract", "registry"},
    "builtin": {"kinds", "base", "contract", "registry", "parents", "layers"},
    "network": {"kinds", "base", "io", "model", "kernels", "contract", "registry", "builtin"},
}
ALLOWED["train"] = {*ALLOWED["network"], "network"}
ALLOWED["couple"] = {*ALLOWED["train"], "train"}
ALLOWED["umbrella"] = {*ALLOWED["couple"], "couple", "parents", "layers", "layer_check"}
ALLOWED["c_api"] = {*ALLOWED["umbrella"], "umbrella"}
ALLOWED["mpi"] = ALLOWED["couple"] | {"couple"}
# A layer never sees another layer, a kernel module may build on another kernel module.
ALONE = {"layers"}

USE = re.compile(r"^\s*use\s*(?:,\s*\w+\s*::|\s)\s*(fkb[\w${}]*)", re.IGNORECASE)
MODULE = re.compile(r"^(?:module|submodule\s*\([^)]*\))\s+([\w${}]+)\s*$", re.IGNORECASE)
KIND = re.compile(r"_(?:sp|dp|\$\{SFX\}\$)$", re.IGNORECASE)
DERIVED = re.compile(r"^\s*(?:type|class)\s*\(\s*(?!\w+_kind)\w+", re.IGNORECASE)
PROCEDURE = re.compile(
    r"^\s*(?:(?:pure|impure|elemental|recursive|module|integer|real|logical|complex|character|type)"
    r"(?:\([^)]*\))?\s+)*(subroutine|function)\s+(\w+)",
    re.IGNORECASE,
)
END_PROCEDURE = re.compile(r"^\s*end\s*(subroutine|function|procedure)\b", re.IGNORECASE)
SEPARATE = re.compile(r"^\s*module\s+procedure\s+(\w+)\s*$", re.IGNORECASE)
BLOCK_INTERFACE = re.compile(r"^\s*(abstract\s+)?interface\b", re.IGNORECASE)
END_INTERFACE = re.compile(r"^\s*end\s*interface\b", re.IGNORECASE)


@dataclass
class Finding:
    """Something a person should look at."""

    path: pathlib.Path
    line: int
    text: str
    error: bool = True

    def __str__(self) -> str:
        """Return one line for the terminal."""
        mark = "" if self.error else "warning: "
        return f"{self.path.relative_to(ROOT)}:{self.line}: {mark}{self.text}"


def code(line: str) -> str:
    """Return a line without its comment and the contents of its strings."""
    line = re.sub(r"\"[^\"]*\"|'[^']*'", "''", line)
    return line.split("!", 1)[0]


def library_sources() -> list[pathlib.Path]:
    """Return the templates and the sources written by hand."""
    found = [*(FORTRAN / "templates").rglob("*.fypp"), *(FORTRAN / "mpi").rglob("*.fypp")]
    for pattern in ("*.f90", "*.F90"):
        found += [p for p in (FORTRAN / "src").rglob(pattern) if "generated" not in p.parts]
    return sorted(found)


def base_name(module: str) -> str:
    """Return a module's name without its kind."""
    return KIND.sub("", module)


def group_of(path: pathlib.Path) -> str:
    """Return the group of a source, from its name and its directory."""
    if base_name(path.stem) in SINGLE:
        return SINGLE[base_name(path.stem)]
    if path.stem.startswith("fkb_builtin_"):
        return "builtin"
    if path.stem in ("fkb", "fkb_umbrella"):
        return "umbrella"
    return path.parent.name


def check_dependencies(paths: list[pathlib.Path]) -> Iterator[Finding]:
    """Yield every use of a module that the direction of dependencies forbids."""
    groups = {base_name(path.stem): group_of(path) for path in paths}
    groups["fkb"] = "umbrella"
    for path in paths:
        own = group_of(path)
        if own not in ALLOWED:
            yield Finding(path, 1, f"the directory {path.parent.name} is in no group")
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = USE.match(code(line))
            if not match:
                continue
            used = base_name(match[1].lower())
            if used not in groups:
                yield Finding(path, number, f"no source makes the module {match[1]}")
            elif groups[used] == own and own in ALONE:
                yield Finding(path, number, f"one of {own} uses another, {match[1]}")
            elif groups[used] != own and groups[used] not in ALLOWED[own]:
                yield Finding(path, number, f"{own} must not use {groups[used]} ({match[1]})")


def check_lines(path: pathlib.Path, library: bool) -> Iterator[Finding]:
    """Yield tabs, long lines, matmul and derived types in kernels."""
    kernel = library and group_of(path) == "kernels"
    for number, line in enumerate(path.read_text().splitlines(), 1):
        length = len(line.replace("${SFX}$", "sp").replace("${BLAS}$", "s"))
        if "\t" in line:
            yield Finding(path, number, "a tab")
        if length > LINE_LENGTH:
            yield Finding(path, number, f"{length} characters, at most {LINE_LENGTH}")
        if library and re.search(r"\bmatmul\b", code(line), re.IGNORECASE):
            yield Finding(path, number, "matmul: use fkb_gemm")
        if kernel and DERIVED.match(code(line)):
            yield Finding(path, number, "a derived type in a kernel")


def check_sizes(path: pathlib.Path) -> Iterator[Finding]:
    """Yield a file that is too long and procedures longer than a screen."""
    lines = path.read_text().splitlines()
    if len(lines) > FILE_LINES:
        text = f"{len(lines)} lines, split it before {FILE_LINES}"
        yield Finding(path, 1, text, error="tests" not in path.relative_to(ROOT).parts)
    open_procedures: list[tuple[str, int]] = []
    in_interface = False
    for number, line in enumerate(lines, 1):
        text = code(line)
        if BLOCK_INTERFACE.match(text):
            in_interface = True
        elif END_INTERFACE.match(text):
            in_interface = False
        elif in_interface:
            continue
        elif END_PROCEDURE.match(text):
            if open_procedures:
                name, first = open_procedures.pop()
                if number - first + 1 > PROCEDURE_LINES:
                    size = number - first + 1
                    yield Finding(path, first, f"{name} has {size} lines", error=False)
        else:
            start = PROCEDURE.match(text) or SEPARATE.match(text)
            if start:
                open_procedures.append((start[start.lastindex or 1], number))


def check_names(path: pathlib.Path) -> Iterator[Finding]:
    """Yield modules that are not named as their file is."""
    if path.stem == "fkb_umbrella":
        return
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = MODULE.match(line)
        if match and base_name(match[1]) != base_name(path.stem):
            yield Finding(path, number, f"the file holds the module {match[1]}")


def main() -> int:
    """Print the findings; return 1 when there is an error among them."""
    library = library_sources()
    written = library + sorted(
        path
        for folder in ("tests", "examples", "benchmarks", "fortran/mpi", "fortran/compat")
        for path in (ROOT / folder).rglob("*.[fF]90")
        if "build" not in path.parts
    )
    findings = list(check_dependencies(library))
    for path in written:
        findings += check_lines(path, path in library)
        findings += check_sizes(path)
    for path in library:
        findings += check_names(path)
    for path in sorted((ROOT / "python").rglob("*.py")):
        size = len(path.read_text().splitlines())
        if size > FILE_LINES:
            findings.append(Finding(path, 1, f"{size} lines, split it before {FILE_LINES}"))
    for finding in findings:
        print(finding)
    return 1 if any(finding.error for finding in findings) else 0


if __name__ == "__main__":
    sys.exit(main())
