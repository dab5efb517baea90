"""Named arrays of an `.npz` file."""

from __future__ import annotations

import os
import zipfile

import numpy as np

from .errors import FkbError, FormatError
from .graph import Array

PathLike = str | os.PathLike[str]


def read_arrays(path: PathLike) -> dict[str, Array]:
    """Return the arrays of an `.npz` file by their names.

    Raises:
        FkbError: it cannot be read, or is no such file.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise FormatError("this is no .npz file of named arrays: use numpy.savez", path)
            return {name: file[name] for name in file.files}
    except OSError as problem:
        raise FkbError(f"cannot read {path}: {problem.strerror or problem}") from None
    except (ValueError, EOFError, zipfile.BadZipFile) as problem:
        raise FormatError(f"this is no .npz file: {problem}", path) from None
