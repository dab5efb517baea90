#!/usr/bin/env python3
"""Write the single- and double-precision Fortran sources from the fypp templates.

Kernels that others use get a chooser too, which calls them compiled for the processor at hand.

Usage: generate.py [--check]

With --check nothing is written; the exit status is 1 when a committed file is out of date.
"""

import argparse
import pathlib
import sys

import fypp
from choosers import chooser, modules_used

ROOT = pathlib.Path(__file__).resolve().parent.parent
FORTRAN = ROOT / "fortran"
# Where templates are, and where their sources go: the library, and what needs MPI.
PLACES = {
    FORTRAN / "templates": FORTRAN / "src" / "generated",
    FORTRAN / "mpi" / "templates": FORTRAN / "mpi" / "generated",
}
PRECISIONS = {"sp": "s", "dp": "d"}
# What is compiled for several processors, and where its choosers go.
KERNELS = ("kernels/*.fypp", "train/*_kernels.fypp")
CHOOSERS = FORTRAN / "levels" / "generated"
# Who else may call kernels.
CALLERS = (FORTRAN / "src", ROOT / "tests" / "fortran", ROOT / "benchmarks", ROOT / "examples")


def render(template: pathlib.Path, templates: pathlib.Path, kind: str) -> str:
    """Return the Fortran source of one template in one precision."""
    options = fypp.FyppOptions()
    options.defines = [f"SFX='{kind}'", f"BLAS='{PRECISIONS[kind]}'"]
    options.includes = [str(templates)]
    text: str = fypp.Fypp(options).process_text(template.read_text())
    name = template.relative_to(templates)
    return f"! Generated from {name}: edit that file and run tools/generate.py\n{text}"


def target(template: pathlib.Path, generated: pathlib.Path, text: str, kind: str) -> pathlib.Path:
    """Return the path of a generated file; sources with cpp directives get the suffix F90."""
    stem = "fkb" if template.stem == "fkb_umbrella" else template.stem
    extension = "F90" if "\n#if" in text else "f90"
    return generated / kind / f"{stem}_{kind}.{extension}"


def choosers(rendered: dict[pathlib.Path, str]) -> dict[pathlib.Path, str]:
    """Return the choosers of the kernels that other sources use, or other choosers.

    Args:
        rendered: the library's generated sources.
    """
    templates, generated = next(iter(PLACES.items()))
    origins = {path.stem: path for pattern in KERNELS for path in templates.glob(pattern)}
    kernels = {path.stem: path for path in rendered if path.stem[:-3] in origins}
    texts = [text for path, text in rendered.items() if path.stem not in kernels]
    for folder in CALLERS:
        files = (path for path in folder.rglob("*.?90") if generated not in path.parents)
        texts += [path.read_text() for path in files]
    todo = {name for text in texts for name in modules_used(text)} & kernels.keys()
    written: dict[pathlib.Path, str] = {}
    while todo:
        name = todo.pop()
        origin = origins[name[:-3]].relative_to(templates)
        text = chooser(rendered[kernels[name]], str(origin))
        written[CHOOSERS / name[-2:] / f"{name}.f90"] = text
        done = {path.stem for path in written}
        todo |= (modules_used(text) & kernels.keys()) - done
    return written


def main() -> int:
    """Write or check all generated files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, report stale files")
    check = parser.parse_args().check
    wanted: dict[pathlib.Path, str] = {}
    present: set[pathlib.Path] = set()
    for templates, generated in PLACES.items():
        present |= {path for path in generated.rglob("*") if path.is_file()}
        for template in sorted(templates.rglob("*.fypp")):
            for kind in PRECISIONS:
                text = render(template, templates, kind)
                wanted[target(template, generated, text, kind)] = text
    written = choosers({p: t for p, t in wanted.items() if (FORTRAN / "src") in p.parents})
    wanted |= written
    present |= {path for path in CHOOSERS.rglob("*") if path.is_file()}
    stale = sorted(p for p, t in wanted.items() if p not in present or p.read_text() != t)
    orphans = sorted(present - wanted.keys())
    for path in stale + orphans:
        state = "stale " if path in wanted else "orphan"
        print(state, path.relative_to(ROOT))
    if check:
        return 1 if stale or orphans else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path])
    for path in orphans:
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
