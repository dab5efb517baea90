"""Derivatives through the C interface with arguments that do not fit."""

from __future__ import annotations

from ctypes import byref, c_double, c_void_p
from typing import Any

import needs
import numpy as np
import pytest

needs.engine()

from test_c_api_hostile import (  # noqa: E402
    ARGUMENT,
    KERNEL,
    LIB,
    CError,
    arrays,
    bad_array,
    net,  # noqa: F401
    refused,
    work,  # noqa: F401
)


def test_null_pointers_are_errors(net: c_void_p, work: c_void_p) -> None:  # noqa: F811
    error = CError()
    e = byref(error)
    x, _kept = arrays((4, 2), (4, 3))
    y, _kept_too = arrays((4, 3), (4, 3))
    jacobian, _kept_three = arrays((4, 2, 3))
    good = [net, work, 2, x, x, None, 2, y, y, None, None, e]
    assert LIB.fkb_jvp(*good) == 0
    for k in (0, 1, 3, 7, 8):
        bad = list(good)
        bad[k] = None
        refused(LIB.fkb_jvp(*bad), error, "null pointer")
    good[4] = None  # a direction of zeros
    assert LIB.fkb_jvp(*good) == 0
    good = [net, work, 2, x, 2, y, y, x, None, None, None, e]
    assert LIB.fkb_vjp(*good) == 0
    for k in (0, 1, 3, 5, 6, 7):
        bad = list(good)
        bad[k] = None
        refused(LIB.fkb_vjp(*bad), error, "null pointer")
    good = [net, work, 2, x, 0, 0, jacobian, None, e]
    assert LIB.fkb_jacobian(*good) == 0
    for k in (0, 1, 3, 6):
        bad = list(good)
        bad[k] = None
        refused(LIB.fkb_jacobian(*bad), error, "null pointer")


@pytest.mark.parametrize(
    "changes", [{"shape": (4, 4)}, {"shape": (3,)}, {"bytes": 3}, {"rank": 12}, {"data": None}]
)
def test_arrays_that_do_not_fit_are_errors(
    net: c_void_p,  # noqa: F811
    work: c_void_p,  # noqa: F811
    changes: dict[str, Any],
) -> None:
    error = CError()
    e = byref(error)
    x, _kept = arrays((4, 2), (4, 3))
    y, _kept_too = arrays((4, 3), (4, 3))
    of_x, _kept_x = bad_array(2, changes)
    of_y, _kept_y = bad_array(3, changes)
    for k, bad in ((3, of_x), (4, of_x), (7, of_y), (8, of_y)):
        arguments = [net, work, 2, x, x, None, 2, y, y, None, None, e]
        arguments[k] = bad
        assert LIB.fkb_jvp(*arguments) == ARGUMENT, k
    for k, bad in ((3, of_x), (5, of_y), (6, of_y), (7, of_x)):
        arguments = [net, work, 2, x, 2, y, y, x, None, None, None, e]
        arguments[k] = bad
        assert LIB.fkb_vjp(*arguments) == ARGUMENT, k
    assert LIB.fkb_jacobian(net, work, 2, x, 0, 0, of_x, None, e) == ARGUMENT


def test_numbers_of_arrays_are_checked(net: c_void_p, work: c_void_p) -> None:  # noqa: F811
    error = CError()
    e = byref(error)
    x, _kept = arrays((4, 2), (4, 3))
    y, outputs = arrays((4, 3), (4, 3))
    d, directions = arrays((4, 3), (4, 3))
    room = (c_double * 9)()
    jacobian, values = arrays((4, 2, 3))
    for n in (-1, 0, 1):
        code = LIB.fkb_jvp(net, work, n, x, x, None, 2, y, d, None, None, e)
        assert code == ARGUMENT, n
        code = LIB.fkb_jvp(net, work, 2, x, x, None, n, y, d, None, None, e)
        assert code == ARGUMENT, n
        code = LIB.fkb_vjp(net, work, n, x, 2, y, y, x, None, None, None, e)
        assert code == ARGUMENT, n
        code = LIB.fkb_vjp(net, work, 2, x, n, y, y, x, None, None, None, e)
        assert code == ARGUMENT, n
    for place in ((-1, 0), (0, -1), (2, 0), (0, 2)):
        assert LIB.fkb_jacobian(net, work, 2, x, *place, jacobian, None, e) == ARGUMENT
    assert LIB.fkb_jvp(net, work, 2, x, x, room, 2, y, d, None, None, e) == 0
    np.testing.assert_allclose(outputs[1], np.ones((4, 2)) @ KERNEL + 1, rtol=1e-6)
    np.testing.assert_allclose(directions[1], np.ones((4, 2)) @ KERNEL, rtol=1e-6)
    assert LIB.fkb_jacobian(net, work, 2, x, 1, 0, jacobian, None, e) == 0
    np.testing.assert_allclose(values[0], np.broadcast_to(KERNEL, (4, 2, 3)), rtol=1e-6)
