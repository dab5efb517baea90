"""Text files of the 2020 FKB: what they mean, and what is refused."""

from __future__ import annotations

import os
import random
from pathlib import Path

import numpy as np
import pytest
from fkb import text
from fkb.errors import FkbError, FormatError, UnsupportedError
from fkb.graph import Graph, Layer
from fkb.legacy_text import is_legacy, read_legacy

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("FKB_SHARED_DATA", ROOT.parent / "shared" / "data"))
with_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no published models in {DATA}")

# A kernel (in, out) stands with its first index fastest.
HEAD = "7\ninput 2\ndense 3\nleakyrelu 0.25\ndropout .5\nbatchnormalization 0\ndense 1\nsigmoid 0\n"
BODY = "1 2 3\n4\n1 2 3 4 5 6\n7 8 9\n.1 .2 .3\n.4 .5 .6\n.7 .8 .9\n1 2 3\n"


def forward(graph: Graph, x: np.ndarray) -> np.ndarray:
    """Predict in real64 by the formulas of Keras."""
    y = np.asarray(x, np.float64)
    for layer in graph.model.children[1:]:
        y = apply(layer, y)
    return y


def activate(name: str, x: np.ndarray) -> np.ndarray:
    if name == "relu":
        return np.asarray(np.maximum(x, 0))
    if name == "sigmoid":
        return np.asarray(1 / (1 + np.exp(-x)))
    assert name == "linear"
    return x


def apply(layer: Layer, x: np.ndarray) -> np.ndarray:
    weights = [weight.value.astype(np.float64) for weight in layer.weights]
    if layer.class_name == "Dense":
        y = x @ weights[0] + weights[1]
        return activate(layer.config["activation"], y)
    if layer.class_name == "LeakyReLU":
        return np.where(x > 0, x, layer.config["negative_slope"] * x)
    if layer.class_name == "BatchNormalization":
        gamma, beta, mean, variance = weights
        return np.asarray((x - mean) / np.sqrt(variance + layer.config["epsilon"]) * gamma + beta)
    assert layer.class_name == "Dropout"
    return x


def read(tmp_path: Path, contents: str, **options: object) -> Graph:
    path = tmp_path / "old model.txt"
    path.write_text(contents)
    return read_legacy(path, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", ["", "0.01\n"], ids=["without rate", "with rate"])
def test_layers_and_weights_are_those_of_the_file(tmp_path: Path, rate: str) -> None:
    graph = read(tmp_path, HEAD + rate + BODY)
    names = ["input", "dense", "leaky_re_lu", "dropout", "batch_normalization", "dense_1"]
    assert [layer.name for layer in graph.model.children] == names
    assert graph.model.name == "old_model"
    kernel, bias = (weight.value for weight in graph.model.children[1].weights)
    assert kernel.tolist() == [[1, 3, 5], [2, 4, 6]] and kernel.dtype == np.float32
    assert bias.tolist() == [1, 2, 3]
    norm = {weight.name: weight.value.tolist() for weight in graph.model.children[4].weights}
    assert norm["gamma"] == np.array([0.4, 0.5, 0.6], np.float32).tolist()
    assert norm["beta"] == np.array([0.1, 0.2, 0.3], np.float32).tolist()
    assert norm["moving_variance"] == [1, 2, 3]
    assert [weight.trainable for weight in graph.model.children[4].weights] == [1, 1, 0, 0]
    assert graph.model.children[5].config == {"units": 1, "activation": "sigmoid"}
    assert graph.model.children[2].config == {"negative_slope": 0.25}
    if rate:
        assert graph.compile is not None
        assert graph.compile.config["optimizer"]["config"] == {"learning_rate": 0.01}
    else:
        assert graph.compile is None
    assert text.dumps(text.loads(text.dumps(graph))) == text.dumps(graph)


def test_numbers_may_stand_as_fortran_writes_them(tmp_path: Path) -> None:
    plain = read(tmp_path, HEAD + "0 0 0\n4\n10 20 .03 4 5 6\n7 8 9\n1 1 1 1 1 1 1 1 1 1 1 1\n")
    odd = "\t3*0.0,\n 4.0D+00 1.0D1 2.E+01, 3-002 4\n5\n+6. 7 8 9 12*1\n"
    fortran = read(tmp_path, HEAD.replace(" ", "\t  ").replace("\n", "  \r\n") + odd)
    for one, two in zip(plain.model.children, fortran.model.children, strict=True):
        assert one.config == two.config
        for left, right in zip(one.weights, two.weights, strict=True):
            assert left.value.tolist() == right.value.tolist()


def test_weights_of_a_double_precision_network_keep_all_digits(tmp_path: Path) -> None:
    graph = read(tmp_path, HEAD + BODY.replace(".1 ", "0.12345678901234567 "), precision="float64")
    norm = graph.model.children[4]
    assert norm.weights[1].value[0] == 0.12345678901234567


def test_a_model_without_weights_is_refused_or_initialized(tmp_path: Path) -> None:
    for rate in ("", "0.01\n"):
        with pytest.raises(FormatError, match=r'the model has no weights.*"--initialize SEED"'):
            read(tmp_path, HEAD + rate)
        one, two = (read(tmp_path, HEAD + rate, initialize=seed) for seed in (1, 1))
        three = read(tmp_path, HEAD + rate, initialize=2)
        kernels = [graph.model.children[1].weights[0].value for graph in (one, two, three)]
        assert kernels[0].tolist() == kernels[1].tolist() != kernels[2].tolist()
        assert np.abs(kernels[0]).max() <= np.sqrt(6 / 5)
        assert np.isfinite(forward(one, np.ones((1, 2)))).all()
    with pytest.raises(FormatError, match="has weights"):
        read(tmp_path, HEAD + BODY, initialize=1)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("sigmoid", "gaussian", 'Keras has no activation "gaussian"'),
        ("sigmoid", "step", 'Keras has no activation "step"'),
        ("sigmoid", "swish", 'the 2020 FKB has no layer "swish"'),
        ("dense 1", "input 1", "the input must be the first layer"),
        ("leakyrelu", "dropout", "the dense layer before it has no activation"),
        ("dropout", "relu", "an activation must follow a dense layer"),
        ("dropout .5", "dropout 1", "is not in"),
    ],
)
def test_what_keras_cannot_express_is_refused(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    with pytest.raises(UnsupportedError, match=words):
        read(tmp_path, HEAD.replace(old, new) + BODY)


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (HEAD + BODY + "1 2", r"need 25 numbers, or 26 with a learning rate, the file has 27"),
        (HEAD + BODY.replace("4", "nan", 1), r'model.txt:10: "nan" is not a finite number'),
        (HEAD + BODY.replace("4", "4 /", 1), r'"/" is not a finite number'),
        (HEAD + BODY.replace("4", "4e999", 1), r'"4e999" is not a finite number'),
        (HEAD + BODY.replace("4", "9999999999999*1", 1), r"is not a finite number"),
        (HEAD + BODY.replace("4", "999999999*1", 1), r"repeats a number too often"),
        (HEAD + BODY.replace("4", "1_0", 1), r'"1_0" is not a finite number'),
        (HEAD + BODY.replace("4", "1.0D 2", 1), r'"1.0D" is not a finite number'),
        (HEAD + BODY.replace("4", "2*1e999", 1), r'"2\*1e999" is not a finite number'),
        (HEAD.replace("dense 1", "dense 1.5") + BODY, r"txt:7: 1.5 is not a number of features"),
        (HEAD.replace("dense 1", "dense") + BODY, r"txt:7: a layer's name and a number"),
        (HEAD.replace("7", "70", 1), r"the file ends after 7 of 70 layers"),
        ("", "not a text file of the 2020 FKB"),
        ("hello", "not a text file of the 2020 FKB"),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, contents: str, words: str) -> None:
    with pytest.raises(FkbError, match=words):
        read(tmp_path, contents)


def test_random_damage_never_escapes_as_another_error(tmp_path: Path) -> None:
    generator = random.Random(4)
    path = tmp_path / "x.txt"
    for _ in range(2000):
        data = bytearray((HEAD + "0.01\n" + BODY).encode())
        for _ in range(generator.randrange(1, 4)):
            place = generator.randrange(len(data))
            if generator.random() < 0.5:
                data[place] = generator.choice(b"0123456789*.,-e \n\tdx\xff")
            else:
                del data[place : place + generator.randrange(1, 9)]
        path.write_bytes(data)
        try:
            graph = read_legacy(path)
        except FkbError:
            continue
        assert all(
            np.isfinite(w.value).all() for _, layer in graph.model.walk() for w in layer.weights
        )


def test_other_files_are_not_taken_for_old_text() -> None:
    assert is_legacy(HEAD.encode()) and is_legacy(b"           9\n input      5.0\n")
    for data in (b"", b"fkb 1\n", b"\x89HDF\r\n\x1a\n", b"PK\x03\x04", b"12\n13\n", b"input 5\n"):
        assert not is_legacy(data)


@with_data
def test_the_published_spcam_model_gives_the_published_outputs() -> None:
    graph = read_legacy(DATA / "spcam" / "spcam_model.txt")
    x = -1 + 2 * np.arange(94) / 154
    y = forward(graph, x[None])[0]
    expected = [0.00719891, 0.00640351, -0.00124654, 0.01526769]
    np.testing.assert_allclose(y[:4], expected, rtol=0, atol=5e-8)
    assert y.shape == (65,) and graph.compile is None
    assert len(graph.model.children) == 1 + 10 + 9 * 3


@with_data
def test_every_published_text_model_converts_or_is_refused_for_its_lack_of_weights() -> None:
    found = sorted(DATA.glob("spcam_bank/*_model.txt")) + sorted(DATA.glob("fkb/*.txt"))
    assert len(found) == 10
    for path in found:
        if path.name == "simple_model.txt":
            with pytest.raises(FormatError, match="the model has no weights"):
                read_legacy(path)
            assert read_legacy(path, initialize=1).compile is not None
            continue
        graph = read_legacy(path)
        mask = path.with_name(path.name.replace("model", "input_list"))
        inputs = graph.model.children[0].config["batch_shape"][1]
        if mask.exists():
            assert inputs == sum(int(word) for word in mask.read_text().split())
        y = forward(graph, np.linspace(-1, 1, inputs)[None])
        assert np.isfinite(y).all() and np.abs(y).max() < 10
        assert graph.compile is not None
