"""The flags with which a host program is compiled and linked against the installed library."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .errors import EngineError

PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Flags:
    """What a build needs.

    Attributes:
        compile: for each source that uses the library.
        link: for the program, after its own objects.
        cmake: argument of cmake that makes `find_package(fkb)` work.
        pkg_config: folder to put into PKG_CONFIG_PATH.
    """

    compile: str
    link: str
    cmake: str
    pkg_config: str


def flags(prefix: Path = PACKAGE) -> Flags:
    """Return the flags of the library under `prefix`, which is the package itself.

    Raises:
        EngineError: there is no library, as in a source tree that was not installed.
    """
    config = next(iter(sorted(prefix.glob("lib*/pkgconfig/fkb.pc"))), None)
    if config is None:
        raise EngineError(
            f"there is no FKB library in {prefix}: install the package with pip, or the library "
            "with CMake, which brings a pkg-config file and a CMake package"
        )
    library = config.parent.parent
    include = prefix / "include" / "fkb"
    return Flags(
        compile=f"-I{_quoted(include)}",
        link=_link(config, library),
        cmake=f"-Dfkb_DIR={_quoted(library / 'cmake' / 'fkb')}",
        pkg_config=str(config.parent),
    )


def _link(config: Path, library: Path) -> str:
    """Return flags that link the static library where there is one, else the shared one."""
    fields = dict(re.findall(r"^([A-Za-z.]+):[ \t]*(.*?)[ \t]*$", config.read_text(), re.MULTILINE))
    static = library / "libfkb.a"
    if static.is_file():
        return f"{_quoted(static)} {fields.get('Libs.private', '')}".strip()
    return f"-L{_quoted(library)} -lfkb -Wl,-rpath,{_quoted(library)}"


def _quoted(path: Path) -> str:
    """Return a path as a shell takes it."""
    text = str(path)
    return (
        text
        if re.fullmatch(r"[A-Za-z0-9_@%+=:,./-]+", text)
        else "'" + text.replace("'", "'\\''") + "'"
    )
