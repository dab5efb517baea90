"""The Fortran library in Python: training, and its errors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fkb
import needs
import numpy as np
import pytest
from engine_graphs import X, saved, two_ends, two_layers
from fkb import text
from fkb.errors import EngineError
from fkb.graph import (
    Compile,
    Graph,
    OptimizerVariable,
    Port,
    TensorRef,
)

needs.engine()


@pytest.fixture
def net(tmp_path: Path) -> Iterator[fkb.Network]:
    with fkb.load(saved(tmp_path, two_layers())) as network:
        yield network


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
