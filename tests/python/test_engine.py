"""The Fortran library in Python: predicting, saving, and its errors."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
from engine_graphs import X, assert_close, forward, saved, two_ends, two_layers
from fkb import cli, library, text
from fkb.errors import EngineError, FkbError
from fkb.graph import (
    Port,
    Sample,
    Step,
)

needs.engine()


@pytest.fixture
def net(tmp_path: Path) -> Iterator[fkb.Network]:
    with fkb.load(saved(tmp_path, two_layers())) as network:
        yield network


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_predictions_are_those_of_the_formula(tmp_path: Path, precision: str, dtype: str) -> None:
    graph = two_layers(precision)
    x = X.astype(dtype)
    with fkb.load(saved(tmp_path, graph)) as net:
        y = net.predict(x)
        assert y.dtype == dtype and net.precision == precision
        worse = "float32" if "float32" in (precision, dtype) else "float64"
        assert_close(y, forward(graph, x), worse)
        assert_close(net.predict(x[:1]), y[:1], worse)
    other = "double" if precision == "float32" else "single"
    with fkb.load(saved(tmp_path, graph), other) as net:
        assert net.precision == {"double": "float64", "single": "float32"}[other]
        assert_close(net.predict(x), forward(graph, x), "float32")


def test_arrays_of_any_layout_and_integers_are_taken(net: fkb.Network) -> None:
    y = net.predict(X)
    np.testing.assert_array_equal(net.predict(np.asfortranarray(X)), y)
    np.testing.assert_array_equal(net.predict(X[:, ::-1][:, ::-1]), y)
    np.testing.assert_array_equal(net.predict(X.tolist()), y)
    np.testing.assert_array_equal(net.predict([X]), y)
    np.testing.assert_array_equal(net.predict(X.astype(">f8")), y)
    whole = np.arange(6).reshape(2, 3)
    np.testing.assert_array_equal(net.predict(whole), net.predict(whole.astype(np.float32)))
    assert net.predict(np.empty((0, 3))).shape == (0, 2)


def test_several_inputs_and_outputs_go_by_position_or_name(tmp_path: Path) -> None:
    with fkb.load(saved(tmp_path, two_ends())) as net:
        assert (net.n_inputs, net.n_outputs) == (2, 2)
        assert net.input_shapes == [(None, 2), (None, 3)], "p before q: by the order of names"
        p, q = np.ones((4, 2), np.float32), np.full((4, 3), 7, np.float32)
        total, d = net.predict([p, q])
        np.testing.assert_allclose(d, [[-0.2, 0.5, 1.2]] * 4, rtol=1e-6)
        np.testing.assert_allclose(total, d + 7, rtol=1e-6)
        for by_name in ({"p": p, "q": q}, {"q": q, "p": p}):
            np.testing.assert_array_equal(net.predict(by_name)[0], total)
        assert (net.input_names, net.output_names) == (["p", "q"], ["sum", "d"])
        with pytest.raises(EngineError, match="the inputs are named p, q; given are p, r"):
            net.predict({"p": p, "r": q})
        with pytest.raises(EngineError, match="the network has 2 inputs, 1 are given"):
            net.predict([p])
        with pytest.raises(EngineError, match="different numbers of samples: 4, 3"):
            net.predict([p, q[:3]])


def test_transforms_stand_between_host_and_network(tmp_path: Path) -> None:
    graph = two_layers()
    vector = np.array([1.0, 2, 3, 4])
    graph.inputs[0] = Port("host", {"size": 4})
    graph.inputs[0].steps = [
        Step("subtract", vector),
        Step("select", [3, 0, 2]),
        Step("divide", 2.0),
    ]
    graph.outputs[0] = Port("tendency", {}, [Step("multiply", 3.0), Step("add", vector[:2])])
    host = np.random.default_rng(1).standard_normal((9, 4))
    with fkb.load(saved(tmp_path, graph)) as net:
        assert net.input_shapes == [(None, 4)]
        inner = (host - vector)[:, [3, 0, 2]] / 2
        assert_close(net.predict(host), forward(graph, inner) * 3 + vector[:2])
        assert_close(net.predict(inner, raw=True), forward(graph, inner))
        with pytest.raises(EngineError):
            net.predict(host[:, :3])


def test_open_dimensions_are_closed_by_the_input(tmp_path: Path) -> None:
    graph = two_layers(open_axis=True)
    with fkb.load(saved(tmp_path, graph)) as net:
        assert net.output_shapes == [(None, None, 2)]
        for rows in (1, 4):
            x = np.random.default_rng(2).standard_normal((5, rows, 3))
            assert_close(net.predict(x), forward(graph, x))


def test_arrays_that_do_not_fit_are_refused_and_the_network_goes_on(net: fkb.Network) -> None:
    before = net.predict(X)
    for wrong in (X[:, :2], X[0], X[None], np.float64(3), np.empty((2,) * 9)):
        with pytest.raises(EngineError):
            net.predict(wrong)
    for words in (["a"], {"x": "b"}, X.astype(complex)):
        with pytest.raises(EngineError, match="numbers"):
            net.predict(words)
    np.testing.assert_array_equal(net.predict(X), before)


def test_files_that_cannot_be_loaded_are_named(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"nowhere\.fkb"):
        fkb.load(tmp_path / "nowhere.fkb")
    path = saved(tmp_path, two_layers())
    path.write_bytes(path.read_bytes().replace(b"units = 5", b"units = 6"))
    with pytest.raises(EngineError, match="damaged"):
        fkb.load(path)
    graph = two_layers()
    graph.model.children[1].class_name = "my_pkg>Unheard"
    with pytest.raises(EngineError, match="my_pkg>Unheard"):
        fkb.load(saved(tmp_path, graph))
    with pytest.raises(EngineError, match="single or double"):
        fkb.load(path, "half")


def test_a_closed_network_says_so(tmp_path: Path) -> None:
    net = fkb.load(saved(tmp_path, two_layers()))
    net.close()
    net.close()
    with pytest.raises(EngineError, match="closed"):
        net.predict(X)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_saving_what_was_loaded_changes_no_byte(tmp_path: Path, precision: str) -> None:
    graph = two_layers(precision)
    graph.outputs[0] = Port("t", {"unit": "K"}, [Step("divide", 2.5)])
    path = saved(tmp_path, graph)
    with fkb.load(path) as net:
        net.save(tmp_path / "again.fkb")
        assert (tmp_path / "again.fkb").read_bytes() == path.read_bytes()
        with pytest.raises(EngineError):
            net.save(tmp_path / "nowhere" / "x.fkb")
    golden = Path(__file__).parents[1] / "golden" / "text" / "small.fkb"
    with fkb.load(golden) as net:
        net.save(tmp_path / "again.fkb")
        assert (tmp_path / "again.fkb").read_bytes() == golden.read_bytes()


def test_weights_have_names_and_can_be_set(net: fkb.Network, tmp_path: Path) -> None:
    graph = text.read(tmp_path / "net.fkb")
    weights = net.weights
    assert list(weights) == ["a/kernel", "a/bias", "b/kernel", "b/bias"]
    np.testing.assert_array_equal(weights["a/kernel"], graph.model.children[1].weights[0].value)
    assert net.n_params == 32
    net.params = np.zeros(32)
    assert not net.predict(X).any()
    net.save(tmp_path / "zeros.fkb")
    written = text.read(tmp_path / "zeros.fkb").model.children[1].weights[0].value
    assert not written.any()
    with pytest.raises(EngineError, match="32 weights, not 3"):
        net.params = np.zeros(3)


def test_a_frozen_network_predicts_saves_and_refuses_the_rest(
    net: fkb.Network, tmp_path: Path
) -> None:
    y, params = net.predict(X), net.params
    _, _, gradient = net.gradient(X, y)
    net.freeze()
    assert net.frozen and net.n_params == params.size
    np.testing.assert_array_equal(net.predict(X), y)
    np.testing.assert_array_equal(net.params, params)
    net.save(tmp_path / "frozen.fkb")
    assert (tmp_path / "frozen.fkb").read_bytes() == Path(net.path).read_bytes()
    with pytest.raises(EngineError, match="frozen"):
        net.gradient(X, y)
    with pytest.raises(EngineError, match="frozen"):
        net.jvp(X, X)
    with pytest.raises(EngineError, match="frozen"):
        net.initialize(1)
    with pytest.raises(EngineError, match="frozen"):
        net.params = params
    with pytest.raises(EngineError, match="frozen"):
        fkb.Trainer(net, loss="mse", optimizer="sgd")
    net.thaw()
    assert not net.frozen
    np.testing.assert_array_equal(net.gradient(X, y)[2], gradient)


def test_eight_threads_on_one_network_get_the_same_bits(net: fkb.Network) -> None:
    x = np.random.default_rng(3).standard_normal((2000, 3))
    truth = net.predict(x)
    answers: list[np.ndarray] = []

    def work() -> None:
        for _ in range(20):
            answers.append(net.predict(x))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 160
    assert all(np.array_equal(answer, truth) for answer in answers)
    threads.clear()
    gc.collect()
    assert len(net._workspaces) == 1, "those of the threads ended with them"


def test_gradients_agree_with_differences(tmp_path: Path) -> None:
    with fkb.load(saved(tmp_path, two_layers("float64"))) as net:
        x = X[:4]
        dy = np.random.default_rng(7).standard_normal((4, 2))
        y, dx, dparams = net.gradient(x, dy)
        np.testing.assert_array_equal(y, net.predict(x))
        params, step = net.params, 1e-6
        for k in range(net.n_params):
            slopes = []
            for sign in (1, -1):
                moved = params.copy()
                moved[k] += sign * step
                net.params = moved
                slopes.append(float((net.predict(x) * dy).sum()))
            assert abs((slopes[0] - slopes[1]) / (2 * step) - dparams[k]) < 1e-8
        net.params = params
        for index in np.ndindex(x.shape):
            ends = []
            for sign in (1, -1):
                moved = x.copy()
                moved[index] += sign * step
                ends.append(float((net.predict(moved) * dy).sum()))
            assert abs((ends[0] - ends[1]) / (2 * step) - dx[index]) < 1e-8
        with pytest.raises(EngineError, match="shapes of the outputs"):
            net.gradient(x, dy[:2])


def test_recorded_samples_are_checked(tmp_path: Path) -> None:
    graph = two_layers()
    x = X.astype(np.float32)
    y = forward(graph, x).astype(np.float32)
    graph.samples = [Sample({0: x}, {0: y}, 1e-5)]
    with fkb.load(saved(tmp_path, graph)) as net:
        count, worst = net.check_samples()
        assert count == 1 and 0 <= worst <= 1e-5
    graph.samples[0].outputs[0] = y + np.float32(0.01)
    with fkb.load(saved(tmp_path, graph)) as net, pytest.raises(EngineError):
        net.check_samples()


def run(*arguments: object) -> int:
    return cli.main([str(argument) for argument in arguments])


def test_the_run_command_reads_and_writes_npz(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(tmp_path, two_ends())
    p, q = np.ones((4, 2)), np.zeros((4, 3), np.float32)
    np.savez(tmp_path / "in.npz", in0=p, in1=q)
    assert run("run", path, "--input", tmp_path / "in.npz", "--output", tmp_path / "out.npz") == 0
    with np.load(tmp_path / "out.npz") as file:
        outputs: dict[str, Any] = dict(file)
    assert sorted(outputs) == ["out0", "out1"]
    np.testing.assert_allclose(outputs["out1"], [[-0.2, 0.5, 1.2]] * 4, rtol=1e-6)
    (tmp_path / "no.npz").write_bytes(b"PK\x03\x04 no")
    np.savez(tmp_path / "odd.npz", x=p)
    np.savez(tmp_path / "one.npz", in0=p)
    np.savez(tmp_path / "bad.npz", in0=p, in1=p)
    for name, words in (
        ("nowhere", "cannot read"),
        ("no", "no .npz file"),
        ("odd", "must be named in0, in1, ...; there is x"),
        ("one", "2 inputs, 1 are given"),
        ("bad", ""),
    ):
        source, result = tmp_path / f"{name}.npz", tmp_path / "none.npz"
        assert run("run", path, "--input", source, "--output", result) == 1
        captured = capsys.readouterr().err
        assert words in captured and captured.startswith("fkb run: ")
        assert not result.exists()


def test_the_library_is_found_by_its_environment_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = library.find_library()
    monkeypatch.setenv("FKB_LIBRARY", str(found))
    assert library.find_library() == found
    monkeypatch.setenv("FKB_LIBRARY", str(tmp_path / "gone.so"))
    with pytest.raises(FkbError, match=r"gone\.so, which is no file"):
        library.find_library()
    monkeypatch.delenv("FKB_LIBRARY")
    monkeypatch.setattr(library, "_PACKAGE", tmp_path / "a" / "b")
    with pytest.raises(FkbError, match="install the package with pip"):
        library.find_library()


def test_the_library_has_the_version_of_the_package() -> None:
    from fkb import engine

    assert engine.version() == fkb.__version__
