"""Configurations of Keras become layers in canonical form, or a list of all their problems."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fkb import registry
from fkb.errors import FormatError, Problem, UnsupportedError
from fkb.graph import Layer, Node, TensorRef
from fkb.keras_config import Reading, guess_version, parse_json, read_model
from fkb.keras_shapes import infer_shapes
from fkb.layers import BUILTIN
from fkb.registry import LayerSpec, Option, WeightRule


def entry(class_name: str, name: str, nodes: Any = None, **config: Any) -> dict[str, Any]:
    listed = {"class_name": class_name, "config": {"name": name, **config}, "name": name}
    return listed if nodes is None else listed | {"inbound_nodes": nodes}


def start(name: str = "in", shape: Any = (None, 3), **config: Any) -> dict[str, Any]:
    return entry("InputLayer", name, [], batch_shape=list(shape), **config)


def functional(*layers: Any, inputs: Any, outputs: Any, name: str = "m") -> dict[str, Any]:
    config = {"name": name, "layers": list(layers), "input_layers": inputs}
    return {"class_name": "Functional", "config": config | {"output_layers": outputs}}


def tensor(layer: str, node: int = 0, index: int = 0) -> dict[str, Any]:
    history = {"shape": [None, 3], "dtype": "float32", "keras_history": [layer, node, index]}
    return {"class_name": "__keras_tensor__", "config": history}


def call(*args: Any, **kwargs: Any) -> dict[str, Any]:
    return {"args": list(args), "kwargs": kwargs}


def read(config: Any, version: str = "3.15.1", **options: Any) -> Layer:
    reading = Reading(version, **options)
    model = read_model(json.loads(json.dumps(config)), reading)
    infer_shapes(model, reading.report)
    reading.report.raise_if_any()
    return model


def dense(**options: Any) -> dict[str, Any]:
    return entry("Dense", "d", [call(tensor("in"))], units=2, **options)


def read_dense(version: str = "3.15.1", **options: Any) -> dict[str, Any]:
    """Return the canonical options of a Dense layer."""
    layer = entry("Dense", "d", [[["in", 0, 0, {}]]], units=2, **options)
    model = read(functional(start(), layer, inputs=[["in", 0, 0]], outputs=[["d", 0, 0]]), version)
    return model.children[1].config


def problems(config: Any, version: str = "3.15.1", **options: Any) -> list[Problem]:
    with pytest.raises(UnsupportedError) as caught:
        read(config, version, **options)
    return caught.value.problems


def of_layers(*layers: Any, version: str = "3.15.1") -> list[Problem]:
    """Return the problems of a Sequential model of these layers."""
    return problems(
        {"class_name": "Sequential", "config": {"name": "m", "layers": [*layers]}}, version
    )


def test_both_spellings_of_nodes_mean_the_same() -> None:
    def model(two: Any, three: Any, add: Any) -> Any:
        return functional(
            start("a"),
            start("b"),
            entry("Dense", "d", two, units=3),
            entry("Dropout", "o", three, rate=0.5),
            entry("Add", "s", add),
            inputs=[["a", 0, 0], ["b", 0, 0]],
            outputs=[["s", 0, 0]],
        )

    old = model(
        [[["a", 0, 0, {}]], [["b", 0, 0, {}]]],
        [[["d", 1, 0, {"training": True}]]],
        [[["d", 0, 0, {}], ["o", 0, 0, {}]]],
    )
    new = model(
        [call(tensor("a")), call(tensor("b"))],
        [call(tensor("d", 1), training=True)],
        [call([tensor("d"), tensor("o")])],
    )
    old["class_name"] = "Model"
    new["config"]["output_layers"] = ["s", 0, 0]
    one, two = read(old, "2.15.0"), read(new)
    assert one == two
    assert one.children[3].nodes == [Node([TensorRef("d", 1, 0)], {"training": True})]
    assert one.children[4].nodes == [Node([[TensorRef("d", 0, 0), TensorRef("o", 0, 0)]])]


def test_calls_of_nested_models_are_counted_from_zero() -> None:
    inner = functional(start(), dense(), inputs=["in", 0, 0], outputs=["d", 0, 0])["config"]
    nodes = [[["x", 0, 0, {}]], [["x", 0, 0, {}]]]
    nested = {"class_name": "Functional", "config": inner, "name": "m", "inbound_nodes": nodes}
    add = entry("Add", "s", [[["m", 1, 0, {}], ["m", 2, 0, {}]]])
    model = functional(
        start("x"), nested, add, inputs=[["x", 0, 0]], outputs=[["s", 0, 0], ["m", 2, 0]]
    )
    found = read(model, "2.15.0")
    assert found.children[2].nodes[0].args == [[TensorRef("m", 0, 0), TensorRef("m", 1, 0)]]
    assert found.outputs == [TensorRef("s", 0, 0), TensorRef("m", 1, 0)]


def test_noise_in_calls_is_dropped_and_statements_are_kept() -> None:
    layers = [
        entry("BatchNormalization", "n", [call(tensor("in"), mask=None, training=None)]),
        entry("Dropout", "o", [call(tensor("n"), training=True)], rate=0.5),
    ]
    model = read(functional(start(), *layers, inputs=["in", 0, 0], outputs=["o", 0, 0]))
    assert model.children[1].nodes[0].kwargs == {}
    assert model.children[2].nodes[0].kwargs == {"training": True}


@pytest.mark.parametrize("version", ["2.15.0", "3.3.3", "3.9.2"])
def test_a_single_tensor_in_a_list_is_bare_where_keras_always_writes_a_list(version: str) -> None:
    config = functional(start(), dense(), inputs=[["in", 0, 0]], outputs=[["d", 0, 0]])
    assert read(config, version).outputs == TensorRef("d", 0, 0)
    assert read(config, "3.15.1").outputs == [TensorRef("d", 0, 0)]


def test_options_get_the_words_of_keras_3() -> None:
    model = read(
        {
            "class_name": "Sequential",
            "config": [
                entry("LeakyReLU", "l", alpha=0.5, batch_input_shape=[None, 4]),
                entry("BatchNormalization", "n", axis=[1]),
            ],
        },
        "2.2.4",
    )
    assert model.children[0].config == {"batch_shape": [None, 4]}
    assert model.children[0].name == "l_input"
    assert model.children[1].config == {"negative_slope": 0.5}
    assert model.children[2].config == {"axis": 1}


def test_serialized_parts_get_the_form_of_keras_3() -> None:
    old = {"class_name": "VarianceScaling", "config": {"scale": 1.0, "dtype": "float32"}}
    assert read_dense("2.1.6", kernel_initializer=old)["kernel_initializer"] == {
        "module": "keras.initializers",
        "class_name": "VarianceScaling",
        "config": {"scale": 1.0},
        "registered_name": None,
    }
    own = {
        "module": "my.parts",
        "class_name": "Ball",
        "config": {"r": 2},
        "registered_name": "my>Ball",
    }
    assert read_dense(kernel_constraint=own)["kernel_constraint"] == own
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float64"}}
    assert read_dense(dtype=policy)["dtype"] == "float64"


def test_what_newer_versions_add_is_dropped_where_it_says_nothing() -> None:
    glorot = {"class_name": "GlorotUniform", "config": {"seed": 3, "input_axes": None}}
    config = read_dense(quantization_config=None, lora_rank=None, kernel_initializer=glorot)
    assert set(config) == {"units", "kernel_initializer"}
    assert config["kernel_initializer"]["config"] == {"seed": 3}


def test_activations_are_names_or_layers() -> None:
    assert read_dense(activation="swish")["activation"] == "silu"
    assert read_dense(activation=None)["activation"] == "linear"
    leak = {"class_name": "LeakyReLU", "config": {"name": "l", "alpha": 0.5, "trainable": True}}
    assert read_dense("2.4.0", activation=leak)["activation"] == {
        "module": "keras.layers",
        "class_name": "LeakyReLU",
        "config": {"name": "l", "negative_slope": 0.5, "trainable": True},
        "registered_name": None,
    }


def test_all_problems_are_reported_together() -> None:
    found = of_layers(
        start(),
        entry("Dense", "a", units=0, activation="nonsense", colour="red"),
        entry("Foo", "b"),
        entry("Dropout", "c", rate=2.0, noise_shape=[None, 0]),
        entry("Embedding", "e", input_dim=5, output_dim=2, lora_rank=2),
        entry("Flatten", "f", data_format="channels_middle"),
        entry("Dense", "g", dtype="mixed_float16"),
    )
    assert [(p.layer, p.option) for p in found] == [
        ("a", "units"),
        ("a", "activation"),
        ("a", "colour"),
        ("b", "class"),
        ("c", "rate"),
        ("c", "noise_shape"),
        ("e", "lora_rank"),
        ("f", "data_format"),
        ("g", "units"),
        ("g", "dtype"),
    ]
    texts = [str(p) for p in found]
    assert "is 0: it must be a positive integer" in texts[0]
    assert "fkb.register_activation" in texts[1]
    assert '"red"' in texts[2]
    assert "--allow-custom" in texts[3]
    assert "it must be null" in texts[6]
    assert "is missing" in texts[8]
    assert "float32 or float64" in texts[9]


@pytest.mark.parametrize(
    ("layer", "option"),
    [
        (entry("Reshape", "x", target_shape=[2, 2]), ""),
        (entry("Permute", "x", dims=[1, 2]), ""),
        (entry("RepeatVector", "x", n=-1), "n"),
        (entry("BatchNormalization", "x", axis=2), ""),
        (entry("BatchNormalization", "x", renorm_clipping={"most": 1.0}), "renorm_clipping"),
        (entry("BatchNormalization", "x", renorm_clipping={"rmax": "1"}), "renorm_clipping"),
        (entry("BatchNormalization", "x", renorm_clipping=[1.0]), "renorm_clipping"),
        (entry("BatchNormalization", "x", renorm_momentum="much"), "renorm_momentum"),
        (entry("LayerNormalization", "x", axis=[0]), ""),
        (entry("Normalization", "x", mean=[1.0, 2.0], variance=[1.0, 1.0]), "mean"),
        (entry("Normalization", "x", mean=1.0), "mean"),
        (entry("Rescaling", "x", scale=[1.0, 2.0]), "scale"),
        (entry("Softmax", "x", axis=0), ""),
        (entry("Dropout", "x", rate=0.5, noise_shape=[None, 1, 1]), "noise_shape"),
        (entry("Dropout", "x", rate=0.5, noise_shape=[4, 1]), "noise_shape"),
        (entry("ReLU", "x", negative_slope=-1.0), "negative_slope"),
        (entry("ThresholdedReLU", "x"), "class"),
        (entry("Dense", "x", units=2, lora_rank=4), "lora_rank"),
        (
            entry("Dense", "x", units=2, activation={"class_name": "PReLU", "config": {}}),
            "activation",
        ),
        (entry("Dense", "x", units=2, kernel_initializer=5), "kernel_initializer"),
        (entry("Lambda", "x", function="f"), "class"),
    ],
    ids=lambda value: value["class_name"] if isinstance(value, dict) else value,
)
def test_options_that_cannot_be_are_refused(layer: Any, option: str) -> None:
    (problem,) = of_layers(start(), layer)
    assert (problem.layer, problem.option) == ("x", option)
    assert str(problem)


@pytest.mark.parametrize(
    ("merge", "shapes"),
    [
        (entry("Add", "x"), [(3,), (4,)]),
        (entry("Concatenate", "x"), [(2, 3), (4, 3)]),
        (entry("Concatenate", "x", axis=3), [(2, 3), (2, 3)]),
        (entry("Dot", "x", axes=1), [(3,), (4,)]),
        (entry("Dot", "x", axes=[1, 1, 1]), [(3,), (3,)]),
    ],
    ids=lambda value: value["class_name"] if isinstance(value, dict) else str(value),
)
def test_shapes_that_do_not_go_together_are_refused(merge: Any, shapes: Any) -> None:
    inputs = [start(f"i{n}", (None, *shape)) for n, shape in enumerate(shapes)]
    merge = merge | {"inbound_nodes": [call([tensor("i0"), tensor("i1")])]}
    listed = [["i0", 0, 0], ["i1", 0, 0]]
    (problem,) = problems(functional(*inputs, merge, inputs=listed, outputs=["x", 0, 0]))
    assert problem.layer == "x"
    assert "cannot take inputs of shape" in problem.message


def test_operations_and_masks_are_refused_with_advice() -> None:
    layers = [
        start(),
        {
            "module": "keras.src.ops.numpy",
            "class_name": "I0",
            "config": {"name": "exp"},
            "registered_name": "I0",
            "name": "exp",
            "inbound_nodes": [call(tensor("in"))],
        },
        entry("Dense", "d", [call(tensor("exp"), mask=tensor("exp"))], units=2),
        entry("Multiply", "mul", [call(tensor("d"), 2.0)], trainable=True),
    ]
    found = problems(functional(*layers, inputs=["in", 0, 0], outputs=["mul", 0, 0]))
    assert [(p.layer, p.option) for p in found] == [
        ("exp", "class"),
        ("d", "mask"),
        ("mul", "call"),
    ]
    assert "operation" in found[0].message


def test_a_model_class_of_its_own_is_refused() -> None:
    (problem,) = problems({"class_name": "MyModel", "config": {}})
    assert "only Sequential and Functional" in problem.message


def test_a_model_without_an_input_shape_is_refused() -> None:
    (problem,) = of_layers(entry("Dense", "d", units=2))
    assert "build the model" in problem.message


def damaged(config: Any) -> str:
    with pytest.raises(FormatError) as caught:
        read(config)
    return str(caught.value)


@pytest.mark.parametrize("name", ["", 3, None, ["Dense"], {}])
def test_a_layer_without_a_class_is_refused(name: Any) -> None:
    layer = entry("Dense", "d", units=3) | {"class_name": name}
    stack = {"class_name": "Sequential", "config": {"name": "s", "layers": [start(), layer]}}
    assert "layer" in damaged(stack)
    graph = functional(start(), layer, inputs=["in", 0, 0], outputs=["in", 0, 0])
    assert "layer" in damaged(graph)


def test_a_dtype_policy_of_no_class_is_refused() -> None:
    policy = {"class_name": ["DTypePolicy"], "config": {"name": "float32"}}
    (problem,) = of_layers(start(), entry("Dense", "d", units=2, dtype=policy))
    assert (problem.option, problem.layer) == ("dtype", "d")


def test_graphs_that_cannot_be_are_refused() -> None:
    def model(node: Any, outputs: Any = ("d", 0, 0)) -> Any:
        layer = entry("Dense", "d", node, units=3)
        return functional(start(), layer, inputs=["in", 0, 0], outputs=list(outputs))

    assert "does not exist" in damaged(model([call(tensor("none"))]))
    assert "which has 1 calls" in damaged(model([call(tensor("in", 1))]))
    assert "cycle" in damaged(model([call(tensor("d"))]))
    assert "does not exist" in damaged(model([call(tensor("in"))], ("e", 0, 0)))
    assert "no tensor" in damaged(model([["in"]]))
    assert "inbound_nodes" in damaged(model("in"))
    double = functional(start(), start(), inputs=["in", 0, 0], outputs=["in", 0, 0])
    assert "stands twice" in damaged(double)
    assert "class_name" in damaged([])
    assert "no list of layers" in damaged({"class_name": "Sequential", "config": {"name": "m"}})


def test_nesting_without_end_is_refused() -> None:
    config: Any = {"class_name": "Sequential", "config": {"name": "s", "layers": [start()]}}
    for number in range(80):
        outer = {"name": f"s{number}", "layers": [start(), config]}
        config = {"class_name": "Sequential", "config": outer}
    with pytest.raises(FormatError, match="nested deeper"):
        read(config)
    with pytest.raises(FormatError, match=r"nested deeper|not JSON"):
        parse_json("[" * 5000 + "]" * 5000, "it")
    with pytest.raises(FormatError, match="not a finite number"):
        parse_json('{"a": NaN}', "it")


def test_the_version_is_guessed_from_the_form() -> None:
    assert guess_version({"config": {}}, "2.2.4") == "2.2.4"
    assert guess_version({"config": {"batch_shape": []}}, None).startswith("3")
    assert guess_version({"config": {"batch_input_shape": []}}, None).startswith("2")


@pytest.fixture
def _clean_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_custom_layers", {})
    monkeypatch.setattr(registry, "_custom_activations", set())


def scale(**config: Any) -> Any:
    own = {"module": None, "class_name": "Scale", "registered_name": "my>Scale"}
    layer = own | {"config": {"name": "x", "trainable": True, **config}, "name": "x"}
    return functional(
        start(),
        layer | {"inbound_nodes": [call(tensor("in"))]},
        inputs=["in", 0, 0],
        outputs=["x", 0, 0],
    )


@pytest.mark.usefixtures("_clean_registry")
def test_unknown_classes_are_kept_when_asked() -> None:
    (problem,) = problems(scale(gain=2))
    assert "my>Scale is not supported" in problem.message
    layer = read(scale(gain=2), allow_custom=True).children[1]
    assert (layer.class_name, layer.config) == ("my>Scale", {"trainable": True, "gain": 2})
    assert layer.meta == {"registered_name": "my>Scale"}


@pytest.mark.usefixtures("_clean_registry")
def test_registered_classes_are_translated_or_checked() -> None:
    def convert(config: dict[str, Any]) -> dict[str, Any]:
        if config.get("gain", 1) < 0:
            raise ValueError("gain must not be negative")
        return {"gain": float(config["gain"])}

    registry.register("my>Scale", convert)
    assert read(scale(gain=2)).children[1].config == {"gain": 2.0}
    (problem,) = problems(scale(gain=-2))
    assert problem.message == "gain must not be negative"

    rules = (WeightRule("gain", lambda c, s: (s[0][-1],)),)
    registry.register("my>Scale", LayerSpec("my>Scale", (Option("gain", 1),), rules))
    assert read(scale(gain=2)).children[1].config == {"trainable": True, "gain": 2}
    (problem,) = problems(scale(pain=2))
    assert problem.option == "pain"

    registry.register_activation("my>act")
    function = {"module": "builtins", "class_name": "function", "config": "my>act"}
    assert read_dense(activation=function)["activation"] == "my>act"


def test_the_table_of_layers_is_consistent() -> None:
    for name, spec in BUILTIN.items():
        assert spec.class_name == name
        listed = [option.name for option in spec.options]
        assert len(set(listed)) == len(listed)
        for option in spec.options:
            if (name, option.name) == ("IntegerLookup", "vocabulary"):
                continue  # an adapted layer has it in the archive's assets
            wrong = option.check and not option.required and option.check(option.default)
            assert not wrong, f"the default of {name}.{option.name} is refused: {wrong}"
