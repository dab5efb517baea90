#!/usr/bin/env python3
"""Write the library as one Fortran file that needs nothing but a compiler.

Usage: make_single.py [--kind sp|dp|both] FILE

The file holds the modules that `use fkb_sp`, `use fkb_dp` or `use fkb` needs, in an order in which
a compiler takes them, with the library's own matrix products instead of a BLAS. Comments are left
out. It is made from the sources as they are; nothing is kept in step by hand.
"""

from __future__ import annotations

import argparse
import pathlib
import re
import sys
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ROOT / "fortran" / "src"
# What a program may use; `fkb_layers` has the layers of networks built in Fortran.
FACES = {
    "sp": ["fkb_sp", "fkb_layers"],
    "dp": ["fkb_dp", "fkb_layers"],
    "both": ["fkb_sp", "fkb_dp", "fkb", "fkb_layers"],
}
USE = re.compile(r"^\s*use\s*(?:,\s*non_intrinsic\s*)?(?:::)?\s*(fkb\w*)", re.IGNORECASE)
MODULE = re.compile(r"^\s*module\s+(fkb\w*)\s*$", re.IGNORECASE)
SUBMODULE = re.compile(r"^\s*submodule\s*\((fkb\w*)(?::(\w+))?\)\s*(\w+)\s*$", re.IGNORECASE)
PROCEDURE = re.compile(
    r"^\s*(?:[\w()*:,= ]+\s)??(subroutine|function)\s+(\w+)\s*(?:\(|$)", re.IGNORECASE
)
STRING = re.compile(r"('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")")
DIRECTIVE = re.compile(r"^\s*!(?:\$|dir\$|gcc\$)", re.IGNORECASE)


@dataclass
class Unit:
    """A module or submodule, one source file."""

    name: str
    text: str
    parent: str = ""
    uses: list[str] = field(default_factory=list)


def preprocess(text: str, path: pathlib.Path) -> str:
    """Resolve the few directives, with no macro defined, and leave comments out.

    Raises:
        ValueError: a directive is not one of `#ifdef`, `#ifndef`, `#else`, `#endif`.
    """
    kept: list[str] = []
    states: list[bool] = []
    for line in text.splitlines():
        word = line.split()[0] if line.startswith("#") and line.split() else ""
        if word in ("#ifdef", "#ifndef"):
            states.append(word == "#ifndef")
        elif word == "#else":
            states[-1] = not states[-1]
        elif word == "#endif":
            states.pop()
        elif word:
            raise ValueError(f"{path}: what does {line} do in one file?")
        elif all(states):
            kept.append(line if DIRECTIVE.match(line) else without_comment(line))
    return "".join(f"{line}\n" for line in kept if line.strip())


def without_comment(line: str) -> str:
    """Return a line up to its comment."""
    parts = STRING.split(line)
    for index in range(0, len(parts), 2):
        if "!" in parts[index]:
            return "".join([*parts[:index], parts[index].split("!")[0]]).rstrip()
    return line.rstrip()


def read_units() -> dict[str, Unit]:
    """Return all modules and submodules of the library but those for C."""
    units: dict[str, Unit] = {}
    paths = [path for path in SOURCES.rglob("*.[fF]90") if path.parent.name != "c_api"]
    for path in sorted(paths):
        text = preprocess(path.read_text(), path)
        unit = Unit("", text)
        for line in text.splitlines():
            if (found := MODULE.match(line)) and not unit.name:
                unit.name = found[1].lower()
            elif (found := SUBMODULE.match(line)) and not unit.name:
                unit.name = found[3].lower()
                unit.parent = (found[2] or found[1]).lower()
            elif found := USE.match(line):
                unit.uses.append(found[1].lower())
        if unit.name:
            units[unit.name] = unit
    return units


def order(units: dict[str, Unit], faces: list[str]) -> list[Unit]:
    """Return what the faces need, each unit after those that it uses."""
    children: dict[str, list[str]] = {}
    for unit in units.values():
        if unit.parent:
            children.setdefault(unit.parent, []).append(unit.name)
    done: dict[str, Unit] = {}
    modules: list[str] = []

    def visit(name: str) -> None:
        if name in done:
            return
        unit = units[name]
        for used in [unit.parent, *unit.uses] if unit.parent else unit.uses:
            visit(used)
        if name not in done:
            done[name] = unit
            modules.append(name)

    for face in faces:
        visit(face)
    # Submodules stand behind all modules that they use, and bring more of them.
    for name in modules:
        for child in children.get(name, []):
            visit(child)
    return list(done.values())


def procedures(unit: Unit) -> dict[str, str]:
    """Return the procedures that a unit defines or states, and whether each is a function."""
    found: dict[str, str] = {}
    for line in unit.text.splitlines():
        match = PROCEDURE.match(line)
        if match and not line.lstrip().lower().startswith("end"):
            found[match[2].lower()] = match[1].lower()
    return found


def renamed(text: str, names: set[str], number: int) -> str:
    """Return a text in which these names, but not components and bindings, have a number."""
    if not names:
        return text
    pattern = re.compile(rf"(?<![%\w])({'|'.join(sorted(names))})\b(?!\s*%)", re.IGNORECASE)
    lines = []
    for line in text.splitlines():
        parts = STRING.split(line)
        parts[::2] = [pattern.sub(rf"\g<1>_{number}", part) for part in parts[::2]]
        lines.append("".join(parts))
    return "\n".join(lines) + "\n"


def make_unique(units: list[Unit]) -> None:
    """Give procedures names of their own where gfortran 12 mistakes them for one another.

    In one file it takes procedures of submodules, and those that submodules call, for global ones.
    """
    defined = {unit.name: procedures(unit) for unit in units}
    stated = {unit.name: stated_names(unit) for unit in units}
    line = {unit.name: {unit.name} for unit in units}
    for unit in units:
        if unit.parent:
            line[unit.name] |= line[unit.parent]
    for number, unit in enumerate(units):
        others = [names for name, names in defined.items() if name not in line[unit.name]]
        if unit.parent:
            taken = set().union(*others)
            unit.text = renamed(unit.text, local_names(unit) & taken, number)
        # Separate procedures are functions here and subroutines there: all that know them change.
        strangers = [names for name, names in defined.items() if unit.name not in line[name]]
        wrong = {
            name
            for name in stated[unit.name]
            if any(
                names.get(name, defined[unit.name][name]) != defined[unit.name][name]
                for names in strangers
            )
        }
        for member in units:
            if unit.name in line[member.name]:
                member.text = renamed(member.text, wrong, number)


def local_names(unit: Unit) -> set[str]:
    """Return the procedures that a unit defines and no interface of its parent states."""
    found = set()
    for line in unit.text.splitlines():
        match = PROCEDURE.match(line)
        if match and not {"end", "module"} & set(prefix(line, match)):
            found.add(match[2].lower())
    return found


def prefix(line: str, match: re.Match[str]) -> list[str]:
    """Return the words before `subroutine` or `function`."""
    return line[: match.start(1)].lower().split()


def stated_names(unit: Unit) -> set[str]:
    """Return the separate procedures that a module states and neither binds nor offers."""
    stated, bound = set(), set()
    for line in unit.text.splitlines():
        match = PROCEDURE.match(line)
        words = line.lower().split()
        if match and "module" in prefix(line, match):
            stated.add(match[2].lower())
        elif "::" in line and words[0].rstrip(",") in ("procedure", "generic", "public"):
            bound |= set(re.findall(r"\w+", line.lower()))
    return stated - bound


def single(kind: str) -> str:
    """Return the text of the file."""
    units = order(read_units(), FACES[kind])
    make_unique(units)
    face = {"sp": "use fkb_sp", "dp": "use fkb_dp"}.get(kind, "use fkb_sp, fkb_dp or fkb")
    note = (
        f"FKB in one file, made by tools/make_single.py: {face}. Not to be edited.\n"
        "Compile it once, before what uses it, such as: gfortran -O3 -fopenmp -c fkb_single.f90\n\n"
    )
    lines = (note + (ROOT / "LICENSE").read_text()).splitlines()
    head = "\n".join(f"! {line}".rstrip() for line in lines)
    return head + "\n" + "".join(unit.text for unit in units)


def main() -> int:
    """Write the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--kind", choices=list(FACES), default="both", help="precisions of the file"
    )
    parser.add_argument("file", type=pathlib.Path, help="file to write, such as fkb_single.f90")
    options = parser.parse_args()
    options.file.write_text(single(options.kind))
    return 0


if __name__ == "__main__":
    sys.exit(main())
