"""What some tests cannot do without, and skip visibly where it is missing."""

from __future__ import annotations

import pytest
from fkb import library
from fkb.errors import EngineError


def _missing_engine() -> str:
    """Return why the engine's library cannot be found, empty where it can."""
    try:
        library.find_library()
    except EngineError as missing:
        return str(missing)
    return ""


_MISSING = _missing_engine()
with_engine = pytest.mark.skipif(bool(_MISSING), reason=_MISSING or "the library is there")


def engine() -> None:
    """Skip the calling module as a whole where the engine's library cannot be found."""
    if _MISSING:
        pytest.skip(_MISSING, allow_module_level=True)
