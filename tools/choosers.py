"""Write the modules that choose, at run time, between kernels compiled for several processors.

A chooser has the name and the public face of a kernel module. Each of its procedures calls the same
procedure of the module with `_v1`, `_v3` or `_v4` at the end of its name, which is the kernel
module compiled for that level (cmake/FkbLevels.cmake). The calls stand in a submodule: with them in
the module, hosts would need the modules of the levels, and gfortran would save and restore the
processor's modes around each call of code that uses an intrinsic IEEE module. Comments stay with
the kernels.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

LEVELS = (4, 3, 1)
MODULE = re.compile(r"^module (\w+)\s*$")
PROCEDURE = re.compile(
    r"^(?P<prefix>(?:pure |impure |recursive |elemental |module )*)"
    r"(?:(?P<type>[\w()=* ]+?) )?(?P<kind>subroutine|function) (?P<name>\w+)"
    r"\s*\((?P<dummies>[^)]*)\)(?:\s*result\s*\((?P<result>\w+)\))?\s*$"
)
END = re.compile(r"^end (?:subroutine|function|procedure)\b")
USE = re.compile(r"^use (\w+), only: (.*)$")
PUBLIC = re.compile(r"^public :: (.*)$")
WORD = re.compile(r"[a-z]\w*", re.IGNORECASE)


@dataclass
class Statement:
    """A statement: its lines without comments, and its code on one line."""

    lines: list[str]
    code: str


@dataclass
class Procedure:
    """A procedure's first statement and the declarations of its arguments."""

    head: Statement
    name: str
    declarations: list[Statement] = field(default_factory=list)

    @property
    def match(self) -> re.Match[str]:
        """Return the parts of the first statement."""
        found = PROCEDURE.match(self.head.code)
        if not found:
            raise ValueError(f"not a procedure: {self.head.code}")
        return found


def without_comment(line: str) -> str:
    """Return the code of a line; kernels have no `!` in a string."""
    return line.split("!")[0].strip()


def statements(text: str) -> Iterator[Statement]:
    """Yield the statements of a source; directives of cpp are none."""
    lines: list[str] = []
    parts: list[str] = []
    for line in text.splitlines():
        code = "" if line.startswith("#") else without_comment(line)
        if not code:
            continue
        lines.append(line.split("!")[0].rstrip())
        parts.append(code.removesuffix("&").strip().removeprefix("&").strip())
        if not code.endswith("&"):
            yield Statement(lines, " ".join(parts))
            lines, parts = [], []


def declared(statement: Statement) -> set[str]:
    """Return the names that a declaration declares."""
    _, _, names = statement.code.partition("::")
    flat = names
    while (shorter := re.sub(r"\([^()]*\)", "", flat)) != flat:
        flat = shorter
    return {part.split("=")[0].strip() for part in flat.split(",")}


def names_of(code: str) -> list[str]:
    """Return the names of a list, without what they are called elsewhere."""
    return [name.split("=>")[0].strip() for name in code.split(",")]


class Module:
    """The specification part and the procedures of a kernel module."""

    def __init__(self, text: str) -> None:
        """Read the generated source of a module."""
        self.name = ""
        self.uses: list[Statement] = []
        self.public: list[str] = []
        self.constants: list[Statement] = []
        self.procedures: list[Procedure] = []
        current: Procedure | None = None
        for statement in statements(text):
            code = statement.code
            if match := MODULE.match(code):
                self.name = match[1]
            elif match := PROCEDURE.match(code):
                current = Procedure(statement, match["name"])
                self.procedures.append(current)
            elif END.match(code):
                current = None
            elif current:
                self.declare(current, statement)
            elif USE.match(code):
                self.uses.append(statement)
            elif match := PUBLIC.match(code):
                self.public += names_of(match[1])
            elif "parameter" in code and "::" in code:
                self.constants.append(statement)
                if ", public" in code:
                    self.public += sorted(declared(statement))

    @staticmethod
    def declare(procedure: Procedure, statement: Statement) -> None:
        """Keep the declaration of an argument or of a function's result."""
        match = procedure.match
        code = statement.code
        result = match["result"] or match["name"]
        own = re.search(r"intent\s*\(|^procedure\s*\(", code)
        if own or (match["kind"] == "function" and re.search(rf":: {result}\b", code)):
            procedure.declarations.append(statement)

    def chosen(self) -> list[Procedure]:
        """Return the procedures that others may call; elemental ones work on single values."""
        return [
            p for p in self.procedures if p.name in self.public and "elemental" not in p.head.code
        ]


def stated(procedure: Procedure) -> list[str]:
    """Return the interface of a procedure, as the chooser's module states it."""
    first = procedure.head.lines[0]
    move = 6 - (len(first) - len(first.lstrip()))
    lines = [line for s in [procedure.head, *procedure.declarations] for line in s.lines]
    lines = [" " * move + line for line in lines]
    if "module" not in procedure.match["prefix"]:
        lines[0] = f"      module {first.strip()}"
    return [*lines, f"      end {procedure.match['kind']} {procedure.name}", ""]


def calls(procedure: Procedure) -> list[str]:
    """Return the body of a procedure, which calls that of the level."""
    match = procedure.match
    name = procedure.name
    target = "call " if match["kind"] == "subroutine" else f"{match['result'] or name} = "
    lines = [f"   module procedure {name}", "      select case (code_level)"]
    for level in LEVELS:
        lines.append(f"      case ({level})" if level > 1 else "      case default")
        lines += wrapped(f"         {target}{name}_v{level}({match['dummies']})")
    return [*lines, "      end select", f"   end procedure {name}", ""]


def wrapped(line: str, width: int = 100) -> list[str]:
    """Return a call in lines that are not too long, cut after commas."""
    lines = []
    indent = " " * (line.index("(") + 1)
    while len(line) > width:
        cut = line.rindex(", ", 0, width - 1) + 2
        lines.append(line[:cut] + "&")
        line = indent + line[cut:]
    return [*lines, line]


def chooser(text: str, origin: str) -> str:
    """Return the chooser of a kernel module.

    Args:
        text: generated source of the module.
        origin: template, for the first line.
    """
    module = Module(text)
    procedures = module.chosen()
    used = {
        word
        for procedure in procedures
        for statement in [procedure.head, *procedure.declarations]
        for word in WORD.findall(statement.code)
    }
    used |= set(module.public)
    kept: list[Statement] = []
    for statement in reversed(module.constants):
        if used & declared(statement):
            kept.insert(0, statement)
            used |= set(WORD.findall(statement.code))
    own = {p.name for p in module.procedures}
    constants = {name for s in kept for name in declared(s)}
    uses = [line for statement in module.uses for line in pruned(statement, used - own)]
    imported = {name for s in module.uses for name in WORD.findall(s.code)}
    public = [n for n in module.public if n in {p.name for p in procedures} | imported]
    inline = {n for s in kept if ", public" in s.code for n in declared(s)}
    public += [n for n in module.public if n in constants - inline and n not in public]
    lines = [f"! Generated from {origin}: edit that file and run tools/generate.py"]
    lines += [f"!> The procedures of `{module.name}`, each compiled for several processors."]
    lines += [f"module {module.name}", *uses]
    lines += ["   implicit none (type, external)", "   private"]
    lines += [f"   public :: {name}" for name in dict.fromkeys(public)]
    lines += ["", *(line for statement in kept for line in statement.lines)]
    lines += ["", "   interface"]
    lines += [line for procedure in procedures for line in stated(procedure)][:-1]
    lines += ["   end interface", "", f"end module {module.name}", ""]
    lines += ["!> The calls; hosts need no modules of levels."]
    lines += [f"submodule({module.name}) {module.name[:-3]}_levels{module.name[-3:]}"]
    for level in reversed(LEVELS):
        names = [f"{p.name}_v{level} => {p.name}" for p in procedures]
        lines += wrapped_use(f"   use {module.name}_v{level}, only: ", names)
    lines += ["   use fkb_processor, only: code_level"]
    lines += ["   implicit none (type, external)", "", "contains", ""]
    lines += [line for procedure in procedures for line in calls(procedure)]
    lines += [f"end submodule {module.name[:-3]}_levels{module.name[-3:]}"]
    return re.sub(r"\n\n\n+", "\n\n", "\n".join(lines) + "\n")


def pruned(statement: Statement, used: set[str]) -> list[str]:
    """Return a `use` statement with the names that are used, or nothing."""
    match = USE.match(statement.code)
    if not match:
        raise ValueError(f"which names? {statement.code}")
    names = [n.strip() for n in match[2].split(",") if n.split("=>")[0].strip() in used]
    return wrapped_use(f"   use {match[1]}, only: ", names) if names else []


def wrapped_use(start: str, names: list[str], width: int = 100) -> list[str]:
    """Return a `use` statement in lines that are not too long."""
    lines = [start + names[0]]
    for name in names[1:]:
        if len(lines[-1]) + len(name) + 5 > width:
            lines[-1] += ", &"
            lines.append("      " + name)
        else:
            lines[-1] += f", {name}"
    return lines


def modules_used(text: str) -> set[str]:
    """Return the modules that a source uses."""
    return set(re.findall(r"^\s*use\s+(fkb_\w+)", text, re.MULTILINE))
