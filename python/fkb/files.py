"""Files: writing that never leaves half a file, and telling what kind of model a file holds."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path

from .errors import FkbError


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """Return the contents of a file.

    Raises:
        FkbError: it cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except OSError as problem:
        raise FkbError(f"cannot read {path}: {problem.strerror or problem}") from None


def write_atomically(path: str | os.PathLike[str], pieces: Iterable[bytes]) -> None:
    """Write a file so that its name always stands for the old or the new contents, whole.

    The pieces go to a temporary file in the same directory, which is then renamed. Whatever
    goes wrong, the temporary file is removed and the old file stays.

    Raises:
        FkbError: the file cannot be written.
    """
    target = Path(path)
    if target.is_symlink():
        target = target.resolve()
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}.tmp")
    try:
        with temporary.open("xb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        temporary.replace(target)
    except OSError as problem:
        raise FkbError(f"cannot write {path}: {problem.strerror or problem}") from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
