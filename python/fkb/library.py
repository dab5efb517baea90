"""The shared library of the engine: where it is, and its functions for ctypes (fkb.h)."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator, Sequence
from ctypes import POINTER, byref, c_char, c_char_p, c_double, c_int, c_int64, c_size_t, c_void_p
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from .errors import EngineError
from .graph import Array

MAX_RANK = 9
_PACKAGE = Path(__file__).resolve().parent
_NAMES = {"darwin": ("libfkb.dylib",), "win32": ("fkb.dll", "libfkb.dll")}


class CError(ctypes.Structure):
    """`fkb_error` of fkb.h."""

    _fields_ = (("code", c_int), ("line", c_int), ("message", c_char * 1024))


class CArray(ctypes.Structure):
    """`fkb_array` of fkb.h."""

    _fields_ = (
        ("data", c_void_p),
        ("bytes", c_int),
        ("rank", c_int),
        ("shape", c_int64 * MAX_RANK),
    )


class CSamples(ctypes.Structure):
    """`fkb_samples` of fkb.h."""

    _fields_ = (
        ("n_inputs", c_int),
        ("n_outputs", c_int),
        ("inputs", POINTER(CArray)),
        ("targets", POINTER(CArray)),
        ("weights", POINTER(CArray)),
    )


class CMinimum(ctypes.Structure):
    """`fkb_minimum` of fkb.h."""

    _fields_ = (
        ("reason", c_int),
        ("iterations", c_int),
        ("evaluations", c_int),
        ("value", c_double),
        ("largest_gradient", c_double),
    )


class CCounts(ctypes.Structure):
    """`fkb_online_counts` of fkb.h."""

    _fields_ = (
        *((name, c_int64) for name in ("observations", "updates", "refused", "rollbacks")),
        ("limited", c_int64),
        ("loss", c_double),
        ("mean_loss", c_double),
    )


# `fkb_callback` of fkb.h.
CALLBACK = ctypes.CFUNCTYPE(
    c_int, c_void_p, c_int, c_int, c_int, c_int, POINTER(c_char_p), POINTER(c_double)
)
_ARRAYS = POINTER(CArray)
_ERROR = POINTER(CError)
_SHAPE = POINTER(c_int64)
_DOUBLES = POINTER(c_double)
# Result and arguments of each function, as in fkb.h.
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "fkb_version": (c_char_p, []),
    "fkb_processor_level": (c_char_p, []),
    "fkb_network_load": (c_int, [c_char_p, c_int, POINTER(c_void_p), _ERROR]),
    "fkb_network_free": (None, [c_void_p]),
    "fkb_network_save": (c_int, [c_void_p, c_char_p, c_int, _ERROR]),
    "fkb_network_bytes": (c_int, [c_void_p]),
    "fkb_network_inputs": (c_int, [c_void_p]),
    "fkb_network_outputs": (c_int, [c_void_p]),
    "fkb_network_shape": (c_int, [c_void_p, c_int, c_int, _SHAPE]),
    "fkb_network_set_trainable": (c_int, [c_void_p, c_char_p, c_int, _ERROR]),
    "fkb_network_freeze": (c_int, [c_void_p, c_int, _ERROR]),
    "fkb_network_thaw": (None, [c_void_p]),
    "fkb_network_frozen": (c_int, [c_void_p]),
    "fkb_network_initialize": (c_int, [c_void_p, c_int, c_char_p, _ERROR]),
    "fkb_network_set_rate_factor": (c_int, [c_void_p, c_char_p, c_double, _ERROR]),
    "fkb_network_set_decay_factor": (c_int, [c_void_p, c_char_p, c_double, _ERROR]),
    "fkb_network_copy_weights": (c_int, [c_void_p, c_void_p, c_char_p, _ERROR]),
    "fkb_network_params": (c_int64, [c_void_p]),
    "fkb_network_get_params": (None, [c_void_p, _DOUBLES]),
    "fkb_network_set_params": (None, [c_void_p, _DOUBLES]),
    "fkb_network_segments": (c_int, [c_void_p]),
    "fkb_network_segment": (
        c_int,
        [c_void_p, c_int, c_char_p, c_size_t, _SHAPE, _SHAPE, POINTER(c_int), _SHAPE],
    ),
    "fkb_workspace_new": (c_void_p, []),
    "fkb_workspace_free": (None, [c_void_p]),
    "fkb_predict": (c_int, [c_void_p, c_void_p, c_int, _ARRAYS, c_int, _ARRAYS, c_int, _ERROR]),
    "fkb_ensemble_load": (c_int, [c_char_p, c_int, POINTER(c_void_p), _ERROR]),
    "fkb_ensemble_free": (None, [c_void_p]),
    "fkb_ensemble_members": (c_int, [c_void_p]),
    "fkb_ensemble_shape": (c_int, [c_void_p, c_int, _SHAPE]),
    "fkb_ensemble_get_noise": (None, [c_void_p, POINTER(c_double), _SHAPE]),
    "fkb_ensemble_set_noise": (None, [c_void_p, c_double, c_int64]),
    "fkb_ensemble_predict": (
        c_int,
        [c_void_p, _ARRAYS, _ARRAYS, _ARRAYS, _ARRAYS, c_int, c_int, _ERROR],
    ),
    "fkb_state_new": (c_int, [c_void_p, c_int64, POINTER(c_void_p), _ERROR]),
    "fkb_state_free": (None, [c_void_p]),
    "fkb_state_rows": (c_int64, [c_void_p]),
    "fkb_state_get": (None, [c_void_p, _DOUBLES]),
    "fkb_state_set": (None, [c_void_p, _DOUBLES]),
    "fkb_state_part": (
        c_int,
        [c_void_p, c_int, c_char_p, c_size_t, POINTER(c_int), _SHAPE, _SHAPE],
    ),
    "fkb_predict_state": (
        c_int,
        [c_void_p, c_void_p, c_void_p, c_int, _ARRAYS, c_int, _ARRAYS, c_int, _ERROR],
    ),
    "fkb_gradient": (
        c_int,
        [
            *(c_void_p, c_void_p, c_int, _ARRAYS, c_int, _ARRAYS, _ARRAYS, _ARRAYS),
            *(_DOUBLES, c_int, c_int64, c_int64, _ERROR),
        ],
    ),
    "fkb_jvp": (
        c_int,
        [
            *(c_void_p, c_void_p, c_int, _ARRAYS, _ARRAYS, _DOUBLES, c_int, _ARRAYS, _ARRAYS),
            *(c_void_p, c_void_p, _ERROR),
        ],
    ),
    "fkb_vjp": (
        c_int,
        [
            *(c_void_p, c_void_p, c_int, _ARRAYS, c_int, _ARRAYS, _ARRAYS, _ARRAYS, _DOUBLES),
            *(c_void_p, c_void_p, _ERROR),
        ],
    ),
    "fkb_jacobian": (
        c_int,
        [c_void_p, c_void_p, c_int, _ARRAYS, c_int, c_int, _ARRAYS, c_void_p, _ERROR],
    ),
    "fkb_check_samples": (c_int, [c_void_p, c_void_p, _DOUBLES, POINTER(c_int), _ERROR]),
    "fkb_trainer_new": (c_int, [c_void_p, c_char_p, c_char_p, POINTER(c_void_p), _ERROR]),
    "fkb_trainer_free": (None, [c_void_p]),
    "fkb_trainer_step": (
        c_int,
        [c_void_p, c_int, _ARRAYS, c_int, _ARRAYS, _ARRAYS, _DOUBLES, _ERROR],
    ),
    "fkb_trainer_fit": (
        c_int,
        [
            *(c_void_p, c_int, _ARRAYS, c_int, _ARRAYS, _ARRAYS),
            *(c_int, c_int, c_int, c_int64, _DOUBLES, _ERROR),
        ],
    ),
    "fkb_trainer_gradient": (
        c_int,
        [c_void_p, c_int, _ARRAYS, c_int, _ARRAYS, _ARRAYS, _DOUBLES, c_int64, _DOUBLES, _ERROR],
    ),
    "fkb_trainer_apply": (c_int, [c_void_p, c_int64, _DOUBLES, _ERROR]),
    "fkb_trainer_finish": (None, [c_void_p]),
    "fkb_trainer_train": (
        c_int,
        [
            *(c_void_p, POINTER(CSamples), POINTER(CSamples), c_char_p),
            *(CALLBACK, c_void_p, _ERROR),
        ],
    ),
    "fkb_trainer_evaluate": (
        c_int,
        [c_void_p, POINTER(CSamples), c_int, c_int, CALLBACK, c_void_p, _DOUBLES, _ERROR],
    ),
    "fkb_trainer_minimize": (
        c_int,
        [c_void_p, POINTER(CSamples), c_char_p, POINTER(CMinimum), _ERROR],
    ),
    "fkb_online_new": (
        c_int,
        [c_void_p, c_char_p, c_char_p, c_char_p, POINTER(c_void_p), _ERROR],
    ),
    "fkb_online_free": (None, [c_void_p]),
    "fkb_online_observe": (
        c_int,
        [c_void_p, c_int, _ARRAYS, c_int, _ARRAYS, _ARRAYS, _DOUBLES, _ERROR],
    ),
    "fkb_online_update": (c_int, [c_void_p, _ERROR]),
    "fkb_online_save": (c_int, [c_void_p, c_char_p, _ERROR]),
    "fkb_online_load": (c_int, [c_void_p, c_char_p, _ERROR]),
    "fkb_online_store": (c_int, [c_void_p, _ERROR]),
    "fkb_online_get_counts": (None, [c_void_p, POINTER(CCounts)]),
    "fkb_online_rate": (c_double, [c_void_p]),
    "fkb_online_set_rate": (c_int, [c_void_p, c_double, _ERROR]),
    "fkb_trainer_metrics": (c_int, [c_void_p, c_char_p, c_char_p, _ERROR]),
    "fkb_trainer_rate": (c_double, [c_void_p]),
    "fkb_trainer_set_rate": (c_int, [c_void_p, c_double, _ERROR]),
    "fkb_trainer_store": (c_int, [c_void_p, _ERROR]),
    "fkb_trainer_reset": (None, [c_void_p]),
    "fkb_loss_evaluate": (
        c_int,
        [c_char_p, c_int, _ARRAYS, _ARRAYS, _ARRAYS, _DOUBLES, _ARRAYS, _ERROR],
    ),
    "fkb_metric_new": (c_int, [c_char_p, c_int, c_int, POINTER(c_void_p), _ERROR]),
    "fkb_metric_free": (None, [c_void_p]),
    "fkb_metric_update": (c_int, [c_void_p, _ARRAYS, _ARRAYS, _ARRAYS, _ARRAYS, _ERROR]),
    "fkb_metric_reset": (None, [c_void_p]),
    "fkb_metric_count": (c_int, [c_void_p]),
    "fkb_metric_values": (None, [c_void_p, _DOUBLES]),
}


@cache
def library() -> ctypes.CDLL:
    """Return the library, loaded on the first call.

    It is the file that the environment variable FKB_LIBRARY names, else that of the package,
    else, in a source tree, that of its newest build.

    Raises:
        EngineError: there is none, or it cannot be loaded.
    """
    path = find_library()
    try:
        loaded = ctypes.CDLL(str(path))
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(loaded, name)
            function.restype = result
            function.argtypes = arguments
    except (OSError, AttributeError) as problem:
        raise EngineError(f"cannot load the FKB library {path}: {problem}") from None
    return loaded


def find_library() -> Path:
    """Return the path of the library.

    Raises:
        EngineError: there is none.
    """
    if named := os.environ.get("FKB_LIBRARY"):
        path = Path(named)
        if not path.is_file():
            raise EngineError(f"FKB_LIBRARY names {named}, which is no file")
        return path
    installed = [path for path in _candidates(_PACKAGE, ("lib*",)) if path.is_file()]
    if installed:
        return installed[0]
    root = _PACKAGE.parent.parent
    if (root / "CMakeLists.txt").is_file():
        built = list(_candidates(root / "build", ("*/fortran", "fortran", "*/*/fortran")))
        if built:
            return max(built, key=lambda path: path.stat().st_mtime)
    raise EngineError(
        "the FKB library is not installed: install the package with pip, which builds it, or "
        "name the shared library in the environment variable FKB_LIBRARY"
    )


def _candidates(folder: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    for pattern in patterns:
        for name in _NAMES.get(sys.platform, ("libfkb.so",)):
            yield from sorted(folder.glob(f"{pattern}/{name}"))


def check(code: int, error: CError) -> None:
    """Raise EngineError where a function of the library did not succeed."""
    if code:
        message = error.message.decode("utf-8", "replace")
        raise EngineError(message + (f" (line {error.line})" if error.line else ""))


def c_arrays(arrays: list[Array]) -> Any:
    """Return the arrays as the library takes them; they must stay alive during the call."""
    described = (CArray * max(len(arrays), 1))()
    for target, array in zip(described, arrays, strict=False):
        if array.ndim > MAX_RANK:
            raise EngineError(f"an array has rank {array.ndim}, the most is {MAX_RANK}")
        target.data = array.ctypes.data
        target.bytes = array.itemsize
        target.rank = array.ndim
        target.shape[: array.ndim] = array.shape
    return described


def doubles(array: Array) -> Any:
    """Return the memory of a float64 array as the library takes it."""
    return array.ctypes.data_as(_DOUBLES)


def native(value: Any, dtype: str) -> Array:
    """Return `value` as a contiguous float32 or float64 array, another dtype as `dtype`.

    Raises:
        EngineError: it is no array of numbers.
    """
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise EngineError(f"an array of numbers is expected, not of dtype {array.dtype}")
    kept = array.dtype.name if array.dtype.name in ("float32", "float64") else dtype
    return np.asarray(array, np.dtype(kept), order="C")


def listed(x: Any, count: int) -> list[Any]:
    """Return one array, or several by position, as a list."""
    several = isinstance(x, Sequence) and not isinstance(x, str | bytes) and count != 1
    one_listed = isinstance(x, list | tuple) and len(x) == 1 and isinstance(x[0], np.ndarray)
    return list(x) if several or one_listed else [x]


__all__ = [
    "CALLBACK",
    "CCounts",
    "CError",
    "CMinimum",
    "CSamples",
    "byref",
    "c_arrays",
    "c_double",
    "c_int",
    "c_int64",
    "c_void_p",
    "check",
    "doubles",
    "library",
    "listed",
    "native",
]
