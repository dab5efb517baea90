"""The C interface with null pointers, wrong shapes, wrong counts and wrong orders of calls."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from ctypes import byref, c_char, c_double, c_int, c_int64, c_void_p
from pathlib import Path
from typing import Any

import needs
import numpy as np
import pytest
from fkb import library, text
from fkb.graph import Compile, Graph, Layer, Node, Sample, TensorRef, Weight
from fkb.library import CArray, CError

needs.engine()

ARGUMENT = 1
LIB: Any = library.library()


def model(precision: str) -> Graph:
    """Inputs p (2) and q (3); outputs Dense(p) + q and Dense(p), all of width 3."""
    kernel = (np.arange(6).reshape(2, 3) / 10).astype(precision)
    p = Layer("p", "InputLayer", {"batch_shape": [None, 2]}, nodes=[Node()])
    q = Layer("q", "InputLayer", {"batch_shape": [None, 3]}, nodes=[Node()])
    dense = Layer("dänsé", "Dense", {"units": 3}, nodes=[Node([TensorRef("p", 0, 0)])])
    dense.weights = [Weight("kernel", kernel), Weight("bias", np.ones(3, precision))]
    total = Layer("sum", "Add")
    total.nodes = [Node([[TensorRef("q", 0, 0), TensorRef("dänsé", 0, 0)]])]
    whole = Layer("ends", "Functional", children=[p, q, dense, total])
    whole.inputs = [TensorRef("p", 0, 0), TensorRef("q", 0, 0)]
    whole.outputs = [TensorRef("sum", 0, 0), TensorRef("dänsé", 0, 0)]
    graph = Graph(precision, "3.15.1", whole)
    ones = np.ones((1, 3), precision)
    y = np.ones((1, 2), precision) @ kernel + 1
    graph.samples = [Sample({0: ones[:, :2], 1: ones}, {0: y + 1, 1: y}, 1e-5)]
    graph.compile = Compile({"loss": "mse", "optimizer": "sgd"})
    return graph


@pytest.fixture(params=["float32", "float64"])
def net(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[c_void_p]:
    path = tmp_path / "ends.fkb"
    text.write(model(request.param), path)
    handle, error = c_void_p(), CError()
    code = LIB.fkb_network_load(str(path).encode(), 0, byref(handle), byref(error))
    assert code == 0, error.message
    yield handle
    LIB.fkb_network_free(handle)


@pytest.fixture
def work() -> Iterator[c_void_p]:
    handle = c_void_p(LIB.fkb_workspace_new())
    yield handle
    LIB.fkb_workspace_free(handle)


def arrays(*shapes: tuple[int, ...], dtype: str = "float32") -> tuple[Any, list[Any]]:
    """Arrays of ones as C takes them, and as numpy has them."""
    numbers = [np.ones(shape, dtype) for shape in shapes]
    return library.c_arrays(numbers), numbers


def refused(code: int, error: CError, part: str) -> None:
    assert code == ARGUMENT and error.code == ARGUMENT
    assert part in error.message.decode(), error.message.decode()


def test_null_handles_and_lists_are_errors(net: c_void_p, work: c_void_p) -> None:
    error = CError()
    e = byref(error)
    x, _kept = arrays((4, 2), (4, 3))
    y, _kept_too = arrays((4, 3), (4, 3))
    room = (c_double * 9)()
    predict, gradient = LIB.fkb_predict, LIB.fkb_gradient
    refused(predict(None, work, 2, x, 2, y, 0, e), error, "network is a null pointer")
    refused(predict(net, None, 2, x, 2, y, 0, e), error, "workspace is a null pointer")
    refused(predict(net, work, 2, None, 2, y, 0, e), error, "inputs is a null pointer")
    refused(predict(net, work, 2, x, 2, None, 0, e), error, "outputs is a null pointer")
    assert predict(None, None, 0, None, 0, None, 0, None) == ARGUMENT
    good = [net, work, 2, x, 2, y, y, x, room, 0, 0, 0, e]
    for k in (0, 1, 3, 5, 6, 7, 8):
        bad = list(good)
        bad[k] = None
        refused(gradient(*bad), error, "null pointer")
    refused(LIB.fkb_check_samples(None, work, None, None, e), error, "network")
    refused(LIB.fkb_check_samples(net, None, None, None, e), error, "workspace")
    refused(LIB.fkb_network_save(None, b"x.fkb", 0, e), error, "network")
    refused(LIB.fkb_network_save(net, None, 0, e), error, "path")
    refused(LIB.fkb_network_load(None, 0, byref(c_void_p()), e), error, "path")
    refused(LIB.fkb_network_load(b"x.fkb", 0, None, e), error, "place for the network")
    refused(LIB.fkb_network_set_trainable(None, b"", 0, e), error, "network")
    refused(LIB.fkb_network_set_trainable(net, None, 0, e), error, "path")
    refused(LIB.fkb_network_freeze(None, 1, e), error, "network")
    LIB.fkb_network_thaw(None)
    assert LIB.fkb_network_frozen(None) == 0
    refused(LIB.fkb_network_set_rate_factor(None, b"", 1.0, e), error, "network")
    refused(LIB.fkb_network_set_rate_factor(net, None, 1.0, e), error, "pattern")
    refused(LIB.fkb_network_copy_weights(None, net, b"", e), error, "network")
    refused(LIB.fkb_network_copy_weights(net, None, b"", e), error, "other network")
    refused(LIB.fkb_network_copy_weights(net, net, None, e), error, "pattern")
    refused(LIB.fkb_trainer_new(None, b"mse", b"sgd", byref(c_void_p()), e), error, "network")
    refused(LIB.fkb_trainer_new(net, b"mse", b"sgd", None, e), error, "place for the trainer")
    refused(LIB.fkb_trainer_step(None, 2, x, 2, y, None, room, e), error, "trainer")
    refused(LIB.fkb_trainer_store(None, e), error, "trainer")
    code = LIB.fkb_trainer_gradient(None, 2, x, 2, y, None, room, 9, room, e)
    refused(code, error, "trainer")
    refused(LIB.fkb_trainer_apply(None, 9, room, e), error, "trainer")
    code = LIB.fkb_trainer_fit(None, 2, x, 2, y, None, 1, 1, 0, 0, room, e)
    refused(code, error, "trainer")
    refused(LIB.fkb_network_set_decay_factor(None, b"", 1.0, e), error, "network")
    refused(LIB.fkb_network_set_decay_factor(net, None, 1.0, e), error, "pattern")
    refused(LIB.fkb_trainer_minimize(None, None, None, None, e), error, "trainer")
    refused(LIB.fkb_online_new(None, b"mse", b"sgd", None, byref(c_void_p()), e), error, "network")
    refused(LIB.fkb_online_new(net, b"mse", b"sgd", None, None, e), error, "place")
    online = c_void_p()
    assert LIB.fkb_online_new(net, b"mse", b"sgd", None, byref(online), e) == 0
    refused(LIB.fkb_online_observe(None, 2, x, 2, y, None, None, e), error, "online training")
    refused(LIB.fkb_online_observe(online, 2, None, 2, y, None, None, e), error, "inputs")
    refused(LIB.fkb_online_observe(online, 2, x, 2, None, None, None, e), error, "targets")
    refused(LIB.fkb_online_observe(online, 1, x, 2, y, None, None, e), error, "1 and 2 arrays")
    refused(LIB.fkb_online_update(None, e), error, "online training")
    refused(LIB.fkb_online_save(online, None, e), error, "path")
    refused(LIB.fkb_online_load(online, None, e), error, "path")
    refused(LIB.fkb_online_store(None, e), error, "online training")
    refused(LIB.fkb_online_set_rate(None, 0.1, e), error, "online training")
    LIB.fkb_online_free(online)


def test_functions_without_a_status_take_null() -> None:
    assert LIB.fkb_network_bytes(None) == 0
    assert LIB.fkb_network_inputs(None) == LIB.fkb_network_outputs(None) == 0
    assert LIB.fkb_network_shape(None, 0, 0, (c_int64 * 9)()) == -1
    assert LIB.fkb_network_params(None) == LIB.fkb_network_segments(None) == 0
    nothing = (None, 0, None, 0, None, None, None, None)
    assert LIB.fkb_network_segment(*nothing) == -1
    LIB.fkb_network_get_params(None, (c_double * 1)())
    LIB.fkb_network_set_params(None, None)
    LIB.fkb_network_free(None)
    LIB.fkb_workspace_free(None)
    LIB.fkb_trainer_free(None)
    LIB.fkb_trainer_finish(None)
    LIB.fkb_online_free(None)
    LIB.fkb_online_get_counts(None, None)
    assert LIB.fkb_online_rate(None) == 0


def test_unwanted_results_may_be_null(net: c_void_p, work: c_void_p) -> None:
    assert LIB.fkb_check_samples(net, work, None, None, None) == 0
    assert LIB.fkb_network_shape(net, 0, 1, None) == 2
    assert LIB.fkb_network_segment(net, 0, None, 0, None, None, None, None) == 2
    LIB.fkb_network_get_params(net, None)
    trainer = c_void_p()
    assert LIB.fkb_trainer_new(net, None, None, byref(trainer), None) == 0
    x, _kept = arrays((4, 2), (4, 3))
    y, _kept_too = arrays((4, 3), (4, 3))
    assert LIB.fkb_trainer_step(trainer, 2, x, 2, y, None, None, None) == 0
    LIB.fkb_trainer_free(trainer)


def test_a_path_is_cut_to_its_room_between_characters(net: c_void_p) -> None:
    whole = "dänsé/kernel".encode()
    for size in range(len(whole) + 3):
        room = (c_char * 32).from_buffer_copy(b"#" * 32)
        assert LIB.fkb_network_segment(net, 0, room, size, None, None, None, None) == 2
        assert room.raw[size:] == b"#" * (32 - size)
        if size:
            assert whole.decode().startswith(room.value.decode())
            assert len(room.value) >= min(size - 1, len(whole)) - 1


def test_segments_and_ends_beyond_the_last_are_none(net: c_void_p) -> None:
    shape = (c_int64 * 9)()
    for k in (-1, 2, 3, 2**31 - 1, -(2**31)):
        assert LIB.fkb_network_shape(net, 0, k, shape) == -1
        assert LIB.fkb_network_shape(net, 1, k, shape) == -1
        assert LIB.fkb_network_segment(net, k, None, 0, None, None, None, None) == -1


@pytest.mark.parametrize("bytes_", [1, -4, 16, 2**31 - 1])
def test_sizes_of_values_are_four_or_eight(net: c_void_p, tmp_path: Path, bytes_: int) -> None:
    error = CError()
    code = LIB.fkb_network_save(net, str(tmp_path / "x.fkb").encode(), bytes_, byref(error))
    refused(code, error, "4 or 8 bytes")
    code = LIB.fkb_network_load(b"x.fkb", bytes_, byref(c_void_p()), byref(error))
    refused(code, error, "4 or 8 bytes")


def bad_array(width: int, changes: dict[str, Any]) -> Any:
    """Two arrays (4, width) and (4, 3), the first with some fields changed."""
    listed, numbers = arrays((4, width), (4, 3))
    for key, value in changes.items():
        if key == "shape":
            listed[0].shape[: len(value)] = value
        else:
            setattr(listed[0], key, value)
    return listed, numbers


@pytest.mark.parametrize(
    "changes",
    [
        {"data": None},
        {"bytes": 2},
        {"bytes": 0},
        {"bytes": -4},
        {"rank": 0},
        {"rank": -1},
        {"rank": 10},
        {"rank": 2**31 - 1},
        {"rank": 1},
        {"rank": 3, "shape": (4, 2, 2)},
        {"shape": (4, 1)},
        {"shape": (4, 4)},
        {"shape": (4, 0)},
        {"shape": (4, -2)},
        {"shape": (-4, 2)},
        {"shape": (3,)},
        {"shape": (0,)},
        {"shape": (4, 2**40)},
        {"shape": (2**40, 2)},
        {"rank": 9, "shape": (4, *(2**31 - 1,) * 8)},
    ],
)
def test_bad_arrays_are_errors_everywhere(
    net: c_void_p, work: c_void_p, changes: dict[str, Any]
) -> None:
    error = CError()
    e = byref(error)
    bad, _kept = bad_array(2, changes)
    worse, _kept3 = bad_array(3, changes)
    x, _kept2 = arrays((4, 2), (4, 3))
    y, outputs = arrays((4, 3), (4, 3))
    room = (c_double * 9)(*[7.0] * 9)
    trainer = c_void_p()
    assert LIB.fkb_trainer_new(net, None, None, byref(trainer), e) == 0
    assert LIB.fkb_predict(net, work, 2, bad, 2, y, 0, e) == ARGUMENT
    assert LIB.fkb_predict(net, work, 2, x, 2, worse, 0, e) == ARGUMENT
    for k in (3, 5, 6, 7):
        arguments = [net, work, 2, x, 2, y, y, x, room, 0, 0, 0, e]
        arguments[k] = worse if k in (5, 6) else bad
        assert LIB.fkb_gradient(*arguments) == ARGUMENT, error.message
    assert LIB.fkb_trainer_step(trainer, 2, bad, 2, y, None, room, e) == ARGUMENT
    assert LIB.fkb_trainer_step(trainer, 2, x, 2, worse, None, room, e) == ARGUMENT
    assert LIB.fkb_trainer_step(trainer, 2, x, 2, y, bad, room, e) == ARGUMENT
    assert LIB.fkb_trainer_fit(trainer, 2, bad, 2, y, None, 2, 2, 0, 0, room, e) == ARGUMENT
    gradient = LIB.fkb_trainer_gradient
    assert gradient(trainer, 2, bad, 2, y, None, room, 9, room, e) == ARGUMENT
    assert gradient(trainer, 2, x, 2, worse, None, room, 9, room, e) == ARGUMENT
    # and nothing is broken by it
    assert LIB.fkb_predict(net, work, 2, x, 2, y, 0, e) == 0
    np.testing.assert_allclose(outputs[1], np.ones((4, 2)) @ KERNEL + 1, rtol=1e-6)
    LIB.fkb_trainer_free(trainer)


@pytest.mark.parametrize("length", [0, 8, 10, -1, 2**62])
def test_gradients_of_wrong_lengths_are_errors(net: c_void_p, length: int) -> None:
    error = CError()
    e = byref(error)
    x, _kept = arrays((4, 2), (4, 3))
    y, _kept2 = arrays((4, 3), (4, 3))
    loss, room, before, after = ((c_double * 9)() for _ in range(4))
    trainer = c_void_p()
    assert LIB.fkb_trainer_new(net, None, None, byref(trainer), e) == 0
    LIB.fkb_network_get_params(net, before)
    gradient = LIB.fkb_trainer_gradient
    refused(gradient(trainer, 2, x, 2, y, None, loss, length, room, e), error, "9 weights")
    refused(gradient(trainer, 2, x, 2, y, None, loss, 9, None, e), error, "place for the gradient")
    refused(LIB.fkb_trainer_apply(trainer, length, room, e), error, "9 weights")
    refused(LIB.fkb_trainer_apply(trainer, 9, None, e), error, "gradient")
    room[3] = float("nan")
    assert LIB.fkb_trainer_apply(trainer, 9, room, e) != 0
    LIB.fkb_network_get_params(net, after)
    assert list(before) == list(after)
    assert gradient(trainer, 2, x, 2, y, None, None, 9, room, None) == 0
    assert LIB.fkb_trainer_apply(trainer, 9, room, None) == 0
    LIB.fkb_network_get_params(net, after)
    assert list(before) != list(after)
    LIB.fkb_trainer_free(trainer)


KERNEL = np.arange(6).reshape(2, 3) / 10


@pytest.mark.parametrize("counts", [(0, 2), (1, 2), (3, 2), (2, 1), (2, 3), (-1, 2), (2, -7)])
def test_wrong_counts_of_arrays_are_errors(
    net: c_void_p, work: c_void_p, counts: tuple[int, int]
) -> None:
    n, m = counts
    error = CError()
    e = byref(error)
    x, _kept = arrays((4, 2), (4, 3), (4, 3))
    y, _kept2 = arrays((4, 3), (4, 3), (4, 3))
    room = (c_double * 9)()
    trainer = c_void_p()
    assert LIB.fkb_trainer_new(net, None, None, byref(trainer), e) == 0
    refused(LIB.fkb_predict(net, work, n, x, m, y, 0, e), error, "2 inputs")
    refused(LIB.fkb_gradient(net, work, n, x, m, y, y, x, room, 0, 0, 0, e), error, "2 inputs")
    refused(LIB.fkb_trainer_step(trainer, n, x, m, y, None, room, e), error, "2 inputs")
    LIB.fkb_trainer_free(trainer)


def test_odd_fits_are_errors_or_nothing(net: c_void_p) -> None:
    error = CError()
    e = byref(error)
    x, _kept = arrays((4, 2), (4, 3))
    y, _kept2 = arrays((4, 3), (4, 3))
    room = (c_double * 9)()
    trainer = c_void_p()
    fit = LIB.fkb_trainer_fit
    assert LIB.fkb_trainer_new(net, None, None, byref(trainer), e) == 0
    assert fit(trainer, 2, x, 2, y, None, 1, 0, 0, 0, room, e) == ARGUMENT
    assert fit(trainer, 2, x, 2, y, None, 1, -3, 0, 0, room, e) == ARGUMENT
    refused(fit(trainer, 2, x, 2, y, None, 1, 2, 0, 2**40, room, e), error, "32 bits")
    refused(fit(trainer, 2, x, 2, y, None, 1, 2, 0, -(2**63), room, e), error, "32 bits")
    refused(fit(trainer, 2, x, 2, y, None, 1, 2, 0, 0, None, e), error, "history")
    before = room[:]
    assert fit(trainer, 2, x, 2, y, None, -2, 2, 0, 0, room, e) in (0, ARGUMENT)
    assert room[:] == before
    assert fit(trainer, 2, x, 2, y, None, 1, 2**31 - 1, 1, -5, room, e) == 0
    assert np.isfinite(room[0])
    LIB.fkb_trainer_free(trainer)


def test_odd_trainings_are_errors(net: c_void_p) -> None:
    error = CError()
    e = byref(error)
    x, _kept = arrays((4, 2), (4, 3))
    y, _kept2 = arrays((4, 3), (4, 3))
    short, _kept3 = arrays((3, 3), (3, 3))
    none = library.CALLBACK()
    samples = library.CSamples(2, 2, x, y, None)
    trainer = c_void_p()
    train, evaluate = LIB.fkb_trainer_train, LIB.fkb_trainer_evaluate
    assert LIB.fkb_trainer_new(net, None, None, byref(trainer), e) == 0
    refused(train(None, byref(samples), None, b"{}", none, None, e), error, "trainer")
    refused(train(trainer, None, None, b"{}", none, None, e), error, "samples")
    refused(evaluate(None, byref(samples), 2, 0, none, None, None, e), error, "trainer")
    refused(evaluate(trainer, byref(samples), 0, 0, none, None, None, e), error, "0 samples")
    for options in (b"", b"[]", b'{"epochs":', b'{"epochs":"two"}', b'{"epochs":1.5}', b"null"):
        assert train(trainer, byref(samples), None, options, none, None, e) == ARGUMENT
    odd = {b'{"speed":1}': "speed", b'{"callbacks":[{"class_name":"Rest"}]}': "Rest"}
    odd[b'{"callbacks":[{"class_name":"CSVLogger","config":{"filename":"x","mode":1}}]}'] = "mode"
    for options, word in odd.items():
        assert train(trainer, byref(samples), None, options, none, None, e) != 0
        assert word in error.message.decode()
    for broken in (
        library.CSamples(0, 2, x, y, None),
        library.CSamples(2, -1, x, y, None),
        library.CSamples(2, 2, None, y, None),
        library.CSamples(2, 2, x, short, None),
    ):
        assert train(trainer, byref(broken), None, b"{}", none, None, e) == ARGUMENT
        assert evaluate(trainer, byref(broken), 2, 0, none, None, None, e) == ARGUMENT
        assert train(trainer, byref(samples), byref(broken), b"{}", none, None, e) == ARGUMENT
    refused(LIB.fkb_trainer_metrics(None, None, None, e), error, "trainer")
    refused(LIB.fkb_trainer_set_rate(None, 0.1, e), error, "trainer")
    refused(LIB.fkb_trainer_set_rate(trainer, -0.1, e), error, "at least 0")
    refused(LIB.fkb_trainer_set_rate(trainer, float("nan"), e), error, "at least 0")
    assert LIB.fkb_trainer_rate(None) == 0
    assert train(trainer, byref(samples), None, None, none, None, None) == 0
    assert evaluate(trainer, byref(samples), 3, 0, none, None, None, None) == 0
    LIB.fkb_trainer_free(trainer)


def test_a_failed_gradient_leaves_the_arrays(net: c_void_p, work: c_void_p) -> None:
    x, _kept = arrays((4, 2), (4, 2))
    y, _kept2 = arrays((4, 3), (4, 3))
    room = (c_double * 9)(*[7.0] * 9)
    code = LIB.fkb_gradient(net, work, 2, x, 2, y, y, x, room, 0, 0, 0, None)
    assert code == ARGUMENT
    assert room[:] == [7.0] * 9


def test_a_message_longer_than_its_room_is_cut_between_characters(tmp_path: Path) -> None:
    error, handle = CError(), c_void_p(17)
    for shift in range(4):
        path = (tmp_path / ("x" * shift + "/ä" * 700)).as_posix().encode()
        assert LIB.fkb_network_load(path, 0, byref(handle), byref(error)) != 0
        assert handle.value is None
        assert len(error.message) in (1022, 1023)
        error.message.decode()


def test_one_workspace_serves_both_kinds_and_training(tmp_path: Path, work: c_void_p) -> None:
    handles = []
    for precision in ("float32", "float64"):
        path = tmp_path / f"{precision}.fkb"
        text.write(model(precision), path)
        handles.append(c_void_p())
        assert LIB.fkb_network_load(str(path).encode(), 0, byref(handles[-1]), None) == 0
    room = (c_double * 9)()
    for batch in (1, 40, 0, 3, 5000):
        for handle in handles:
            x, _kept = arrays((batch, 2), (batch, 3))
            y, outputs = arrays((batch, 3), (batch, 3), dtype="float64")
            dx, _kept2 = arrays((batch, 2), (batch, 3))
            for _ in range(2):
                assert LIB.fkb_predict(handle, work, 2, x, 2, y, 0, None) == 0
                truth = np.ones((batch, 2)) @ KERNEL + 1
                np.testing.assert_allclose(outputs[1], truth, rtol=1e-6)
                np.testing.assert_allclose(outputs[0], truth + 1, rtol=1e-6)
                for array in outputs:
                    array[...] = 1
                dy, _kept3 = arrays((batch, 3), (batch, 3))
                code = LIB.fkb_gradient(handle, work, 2, x, 2, dy, y, dx, room, 0, 0, 0, None)
                assert code == 0
                np.testing.assert_allclose(room[:], 2.0 * batch)
    for handle in handles:
        LIB.fkb_network_free(handle)


def test_structures_have_the_size_that_c_gives_them() -> None:
    assert ctypes.sizeof(CError) == 2 * ctypes.sizeof(c_int) + 1024
    assert ctypes.sizeof(CArray) == ctypes.sizeof(c_void_p) + 8 + 9 * 8
