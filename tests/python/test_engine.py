"""The Fortran library in Python: predicting, saving, training, and its errors."""

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
from fkb import cli, library, text
from fkb.errors import EngineError, FkbError
from fkb.graph import (
    Compile,
    Graph,
    Layer,
    Node,
    OptimizerVariable,
    Port,
    Sample,
    Step,
    TensorRef,
    Weight,
)

needs.engine()

EPS = {"float32": 1.2e-7, "float64": 2.3e-16}


def dense(name: str, source: str, kernel: np.ndarray, activation: str = "linear") -> Layer:
    options = {"units": kernel.shape[1], "activation": activation}
    if kernel.dtype == np.float64:
        options["dtype"] = "float64"
    layer = Layer(name, "Dense", options, nodes=[Node([TensorRef(source, 0, 0)])])
    bias = np.linspace(-0.5, 0.5, kernel.shape[1]).astype(kernel.dtype)
    layer.weights = [Weight("kernel", kernel), Weight("bias", bias)]
    return layer


def two_layers(precision: str = "float32", open_axis: bool = False) -> Graph:
    """3 -> 5 tanh -> 2, on vectors or on rows of them."""
    generator = np.random.default_rng(5)
    shape = [None, None, 3] if open_axis else [None, 3]
    first = Layer("x", "InputLayer", {"batch_shape": shape, "dtype": precision}, nodes=[Node()])
    kernels = [generator.standard_normal(s).astype(precision) for s in ((3, 5), (5, 2))]
    model = Layer("net", "Sequential", {"trainable": True})
    model.children = [first, dense("a", "x", kernels[0], "tanh"), dense("b", "a", kernels[1])]
    model.inputs, model.outputs = TensorRef("x", 0, 0), TensorRef("b", 0, 0)
    return Graph(precision, "3.15.1", model)


def two_ends() -> Graph:
    """Inputs `p` (2) and `q` (3), outputs q + Dense(p) and Dense(p)."""
    kernel = np.arange(6, dtype=np.float32).reshape(2, 3) / 10
    p = Layer("p", "InputLayer", {"batch_shape": [None, 2]}, nodes=[Node()])
    q = Layer("q", "InputLayer", {"batch_shape": [None, 3]}, nodes=[Node()])
    total = Layer("sum", "Add")
    total.nodes = [Node([[TensorRef("q", 0, 0), TensorRef("d", 0, 0)]])]
    model = Layer("ends", "Functional", children=[p, q, dense("d", "p", kernel), total])
    model.inputs = {"q": TensorRef("q", 0, 0), "p": TensorRef("p", 0, 0)}
    model.outputs = [TensorRef("sum", 0, 0), TensorRef("d", 0, 0)]
    return Graph("float32", "3.15.1", model)


def forward(graph: Graph, x: np.ndarray) -> np.ndarray:
    a, b = graph.model.children[1:]
    (k1, b1), (k2, b2) = ([w.value.astype(np.float64) for w in layer.weights] for layer in (a, b))
    return np.asarray(np.tanh(np.asarray(x, np.float64) @ k1 + b1) @ k2 + b2)


def saved(folder: Path, graph: Graph, name: str = "net.fkb") -> Path:
    path = folder / name
    text.write(graph, path)
    return path


@pytest.fixture
def net(tmp_path: Path) -> Iterator[fkb.Network]:
    with fkb.load(saved(tmp_path, two_layers())) as network:
        yield network


def assert_close(answer: np.ndarray, truth: np.ndarray, precision: str = "float32") -> None:
    """Within 8 * depth * eps of the output's scale."""
    assert answer.shape == truth.shape
    bound = 8 * 4 * EPS[precision] * np.abs(truth).max()
    assert np.abs(answer - truth).max() <= bound


X = np.random.default_rng(6).standard_normal((17, 3))


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


def trained(graph: Graph) -> Graph:
    """The graph with a compile configuration, the optimizer in full as Keras writes it."""
    config = {
        "name": "adam",
        "learning_rate": float(np.float32(0.01)),
        **dict.fromkeys(("weight_decay", "clipnorm", "global_clipnorm", "clipvalue")),
        "use_ema": False,
        "ema_momentum": 0.99,
        "ema_overwrite_frequency": None,
        "loss_scale_factor": None,
        "gradient_accumulation_steps": None,
        "beta_1": 0.9,
        "beta_2": 0.999,
        "epsilon": 1e-07,
        "amsgrad": False,
    }
    adam = {"module": "keras.optimizers", "class_name": "Adam", "config": config}
    optimizer = adam | {"registered_name": None}
    graph.compile = Compile({"optimizer": optimizer, "loss": "mean_squared_error"})
    return graph


def target(x: np.ndarray) -> np.ndarray:
    return np.stack([x[:, 0] * x[:, 1], np.sin(x[:, 2])], axis=1)


def test_training_brings_the_loss_down(net: fkb.Network) -> None:
    x = np.random.default_rng(8).standard_normal((256, 3))
    sgd = {"class_name": "SGD", "config": {"learning_rate": 0.05}}
    trainer = fkb.Trainer(net, loss="mean_squared_error", optimizer=sgd)
    before = net.predict(x)
    first = trainer.step(x, target(x))
    assert first == pytest.approx(float(np.mean((before - target(x)) ** 2)), rel=1e-5)
    history = trainer.fit(x, target(x), epochs=20, batch_size=32, seed=1)
    assert len(history) == 20 and history[-1] < 0.7 * first


def test_a_step_of_gradient_descent_is_the_formula(tmp_path: Path) -> None:
    with fkb.load(saved(tmp_path, two_layers("float64"))) as net:
        y = target(X)
        before = net.params
        error = net.predict(X) - y
        gradient = net.gradient(X, 2 * error / error.size)[2]
        sgd = {"class_name": "SGD", "config": {"learning_rate": 0.125}}
        loss = fkb.Trainer(net, "mean_squared_error", sgd).step(X, y)
        assert loss == pytest.approx(np.mean(error**2), rel=1e-12)
        np.testing.assert_allclose(net.params, before - 0.125 * gradient, rtol=0, atol=1e-13)


def test_a_trainer_without_arguments_goes_on_from_the_file(tmp_path: Path) -> None:
    x, y = X, target(X)
    path = saved(tmp_path, trained(two_layers()))
    with fkb.load(path) as net:
        trainer = fkb.Trainer(net)
        for _ in range(3):
            trainer.step(x, y)
        net.save(tmp_path / "three.fkb")
        for _ in range(2):
            trainer.step(x, y)
        five = net.params
    state = text.read(tmp_path / "three.fkb").compile
    assert state is not None
    slots = [(variable.slot, variable.path) for variable in state.variables]
    assert slots[:2] == [("iteration", ""), ("learning_rate", "")]
    assert slots[2:4] == [("momentum", "a/kernel"), ("velocity", "a/kernel")]
    assert int(state.variables[0].value) == 3
    with fkb.load(tmp_path / "three.fkb") as net:
        again = fkb.Trainer(net)
        for _ in range(2):
            again.step(x, y)
        np.testing.assert_allclose(net.params, five, rtol=0, atol=1e-6)


def test_a_frozen_layer_keeps_its_weights(net: fkb.Network) -> None:
    net.set_trainable("a", False)
    before = net.weights
    fkb.Trainer(net, "mean_squared_error", {"class_name": "SGD", "config": {}}).step(X, target(X))
    after = net.weights
    np.testing.assert_array_equal(after["a/kernel"], before["a/kernel"])
    assert np.abs(after["b/kernel"] - before["b/kernel"]).max() > 0
    with pytest.raises(EngineError, match="nobody"):
        net.set_trainable("nobody", False)


def test_what_a_trainer_cannot_do_is_refused(net: fkb.Network) -> None:
    with pytest.raises(EngineError):
        fkb.Trainer(net)
    with pytest.raises(EngineError, match="unheard"):
        fkb.Trainer(net, "unheard", {"class_name": "SGD", "config": {}})
    trainer = fkb.Trainer(net, "mean_squared_error", {"class_name": "SGD", "config": {}})
    for y in (target(X)[:3], target(X)[:, :1], [target(X)] * 2):
        with pytest.raises(EngineError):
            trainer.step(X, y)
    net.close()
    with pytest.raises(EngineError, match="closed"):
        trainer.step(X, target(X))


def test_names_stand_for_positions_whatever_their_order(tmp_path: Path) -> None:
    graph = two_ends()
    graph.model.inputs = [TensorRef("q", 0, 0), TensorRef("p", 0, 0)]
    graph.model.children[0].config["batch_shape"] = [None, 3]
    graph.model.children[2].weights[0].value = np.eye(3, dtype=np.float32) * 2
    graph.inputs[1] = Port("pressure")
    sgd = {"class_name": "SGD", "config": {}}
    p, q = np.ones((4, 3)), np.full((4, 3), 7.0)
    with fkb.load(saved(tmp_path, graph)) as net:
        assert net.input_names == ["q", "pressure"]
        truth = net.predict([q, p])
        for names in (("p", "q"), ("pressure", "q")):
            answer = net.predict(dict(zip(names, (p, q), strict=True)))
            np.testing.assert_array_equal(answer, truth)
        trainer = fkb.Trainer(net, "mse", sgd)
        assert trainer.step([q, p], {"d": truth[1], "sum": truth[0]}) < 1e-12
        with pytest.raises(EngineError, match="the outputs are named sum, d; given are d, total"):
            trainer.step([q, p], {"d": truth[1], "total": truth[0]})


def test_sample_weights_count(tmp_path: Path) -> None:
    weights = np.zeros(len(X))
    weights[:3] = 2
    with fkb.load(saved(tmp_path, two_layers("float64"))) as net:
        error = (net.predict(X) - target(X)) ** 2
        trainer = fkb.Trainer(net, "mean_squared_error", {"class_name": "SGD", "config": {}})
        loss = trainer.step(X, target(X), sample_weight=weights)
        assert loss == pytest.approx(
            float((weights * error.mean(axis=1)).sum() / len(X)), rel=1e-12
        )


def test_the_optimizer_state_that_keras_wrote_is_kept(tmp_path: Path) -> None:
    graph = trained(two_layers())
    assert graph.compile is not None
    pairs: list[tuple[str, str, np.ndarray]] = [
        ("iteration", "", np.array(41, np.int64)),
        ("learning_rate", "", np.array(0.01, np.float32)),
    ]
    for layer in graph.model.children[1:]:
        for weight in layer.weights:
            for slot in ("momentum", "velocity"):
                pairs.append((slot, f"{layer.name}/{weight.name}", np.abs(weight.value) / 100))
    graph.compile.variables = [OptimizerVariable(*pair) for pair in pairs]
    path = saved(tmp_path, graph)
    with fkb.load(path) as net:
        fkb.Trainer(net)
        net.save(tmp_path / "again.fkb")
        assert (tmp_path / "again.fkb").read_bytes() == path.read_bytes()
        net.trainer.step(X, target(X))  # type: ignore[union-attr]
        net.save(tmp_path / "next.fkb")
    state = text.read(tmp_path / "next.fkb").compile
    assert state is not None and int(state.variables[0].value) == 42


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
