#!/usr/bin/env python3
"""Write docs/layers.md, and the table in README.md, from the registries of both languages.

Usage: layer_table.py [--check]

The Python registry (`fkb.registry`) says what is converted and exported, the lists in the Fortran
templates what the library registers. With --check nothing is written; the exit status is 1 when a
file is stale, or when the two registries disagree.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python"))

from fkb.keras_objects import KERAS2_ACTIVATIONS, KERAS3_ACTIVATIONS  # noqa: E402
from fkb.layers import MODULES  # noqa: E402
from fkb.layers.refused_operations import REFUSED_OPERATIONS  # noqa: E402
from fkb.registry import (  # noqa: E402
    COMMON,
    REQUIRED,
    Form,
    LayerSpec,
    Option,
    Use,
    all_specs,
)

BEGIN, END = "<!-- layers: written by tools/layer_table.py -->", "<!-- end of layers -->"
# They hold the graph together and compute nothing: the network is built from them at load.
CONTAINERS = ("InputLayer", "Sequential", "Functional")
WRAPPERS = ("TimeDistributed", "Bidirectional", "RNN", "StackedRNNCells")
TITLES = {
    "activations": "activations as layers",
    "attention": "attention and products over named axes",
    "augmentation": "image augmentation",
    "conv_recurrent": "recurrent convolutions",
    "noise": "noise and penalties",
    "operation": "operations of `keras.ops`",
    "recurrent": "recurrent layers and cells",
    "resampling": "resampling, padding, cropping",
    "scaling": "group, root-mean-square and unit normalization, masking",
    "wrappers": "layers around layers",
}
# In the README a group of more classes than this is only counted.
MOST_NAMES = 25
_FORMS = {
    Form.ACTIVATION: "used: any activation function below, or an activation as a layer",
    Form.INITIALIZER: "first values, drawn by `initialize`",
    Form.REGULARIZER: "in training, those of Keras 3; with another the layer only predicts",
    Form.CONSTRAINT: "in training, after each step",
}
_USES = {
    Use.ENGINE: "used",
    Use.TRAINING: "used in training",
    Use.KEPT: "kept for Keras",
    Use.FIXED: "only the default; anything else is refused",
}
_CHANGED = "`hard_sigmoid` is computed as the file's version of Keras does: 2 and 3 differ."


def template(name: str) -> str:
    """Return the text of a Fortran template."""
    return (ROOT / "fortran" / "templates" / name).read_text()


def registered_layers() -> list[str]:
    """Return the classes that `add_builtin_layers` registers."""
    families = sorted((ROOT / "fortran/templates/layers").glob("fkb_builtin_*.fypp"))
    text = "".join(family.read_text(encoding="utf-8") for family in families)
    names = re.findall(r"call registry%put\(\s*'([^']+)'\s*,", text)
    operations = (ROOT / "fortran/src/base/fkb_operations.f90").read_text(encoding="utf-8")
    for listed in re.findall(r"put\('ops\.'//trim\((\w+)\(i\)\)", text):
        table = re.search(rf"{listed}\(\d+\) = \[.*?::(.*?)\]", operations, re.DOTALL)
        names += [f"ops.{name}" for name in re.findall(r"'(\w+)'", table[1] if table else "")]
    return [name for name in names if not name.startswith("fkb>")]


def registered_losses() -> list[str]:
    """Return the losses that `add_builtin_losses` registers."""
    text = template("train/fkb_loss_registry.fypp")
    return re.findall(r"call registry%add\('([^']+)'", text)


def known_optimizers() -> list[str]:
    """Return the optimizers that `add_builtin_optimizers` registers."""
    text = template("train/fkb_optimizers.fypp")
    return re.findall(r"call registry%add\('(\w+)'", text)


def engine_activations() -> list[str]:
    """Return the names of the activation kernels."""
    text = (ROOT / "fortran/src/base/fkb_activations.f90").read_text()
    table = re.search(r"names\(\d+\) = \[character\(20\) ::(.*?)\]", text, re.DOTALL)
    return re.findall(r'"(\w+)"', table[1]) if table else []


def differences() -> Iterator[str]:
    """Yield what one registry claims and the other lacks."""
    infers = {spec.class_name for spec in all_specs() if spec.infers}
    infers -= {*CONTAINERS, *WRAPPERS}
    library = set(registered_layers())
    for name in sorted(infers - library):
        yield f"{name} is converted for the library, which does not register it"
    for name in sorted(library - infers):
        yield f"{name} is in the library, and Python does not say that it predicts"
    for name in sorted(KERAS3_ACTIVATIONS - set(engine_activations())):
        yield f"the activation {name} is converted, the library does not know it"


def grouped() -> dict[str, list[LayerSpec]]:
    """Return the layer classes by group, in the order of `fkb.layers`."""
    groups = {}
    for module in MODULES:
        name = module.__name__.rsplit(".", 1)[-1]
        if module.SPECS:
            groups[TITLES.get(name, name)] = list(module.SPECS)
    return groups


def yes(flag: bool) -> str:
    """Return a table's word for a truth."""
    return "yes" if flag else "no"


def majors(spec: LayerSpec) -> str:
    """Return a mark for a class that one major version of Keras lacks."""
    return "" if len(spec.majors) > 1 else f" (Keras {min(spec.majors)} only)"


def shown(value: Any) -> str:
    """Return a default as Python writes it."""
    return "required" if value is REQUIRED else f"`{value!r}`"


def accepted(option: Option) -> str:
    """Return what values an option takes, in the words of its check."""
    if option.check is None or option.use is Use.FIXED:
        return ""
    wrong = option.check({}) or ""
    null = "`None` or " if option.check(None) is None and option.default is None else ""
    return null + wrong.removeprefix("must be ")


def meaning(option: Option) -> str:
    """Return what FKB does with an option."""
    text = _FORMS.get(option.form, _USES[option.use])
    if option.name == "trainable":
        text += "; a frozen layer keeps its weights"
    elif option.name == "dtype":
        text = "float32 or float64, one for the whole model"
    elif option.name == "activity_regularizer":
        text = "`L1`, `L2` and `L1L2`, used in training; another is refused"
    elif option.name == "seed":
        text = "kept for Keras; the trainer has one seed for the whole network"
    elif option.name == "batch_shape":
        text = "used; open dimensions are possible"
    return text


def option_row(option: Option) -> str:
    """Return one line of a table of options."""
    name = f"`{option.name}`"
    if option.keras2:
        name += f" (Keras 2: `{option.keras2}`)"
    if len(option.majors) == 1:
        name += f" (Keras {min(option.majors)} only)"
    return f"| {name} | {shown(option.default)} | {accepted(option)} | {meaning(option)} |"


def option_table(options: tuple[Option, ...]) -> list[str]:
    """Return a table of options."""
    head = ["| option | default | accepted | what FKB does with it |", "|---|---|---|---|"]
    return head + [option_row(option) for option in options]


def layer_section(spec: LayerSpec) -> list[str]:
    """Return what docs/layers.md says of one class."""
    lines = [f"### {spec.class_name}{majors(spec)}", ""]
    facts = [f"Predicts: {yes(spec.infers)}. Trains: {yes(spec.infers and spec.trains)}."]
    if spec.weights:
        names = [
            f"`{rule.name}`" + ("" if rule.trainable else " (not trained)") for rule in spec.weights
        ]
        facts.append(f"Weights: {', '.join(names)}.")
    if spec.note:
        facts.append(spec.note[0].upper() + spec.note[1:] + ".")
    lines += [" ".join(facts), ""]
    if spec.options:
        lines += [*option_table(spec.options), ""]
    return lines


def layers_page() -> str:
    """Return docs/layers.md."""
    lines = [
        "# Layers, activations, losses, optimizers",
        "",
        "Written by `tools/layer_table.py` from the registries that drive the converter, the",
        "exporter and the Fortran library; a test fails when this page is stale.",
        "",
        "- *Converted*: every class on this page, from Keras 2 and Keras 3. What is not here is",
        "  refused by name, with all other problems of the model in one report. A class of yours",
        "  is kept with `--allow-custom`, or registered ([extending](extending.md)).",
        "- *Predicts*, *trains*: the Fortran library runs it forward; it has the gradient too.",
        "- *Exported*: every class on this page, to Keras 3, and to Keras 2 where Keras 2 has it.",
        "",
        "Options have their Keras 3 names. Those that every layer has:",
        "",
        *option_table(COMMON),
        "",
    ]
    for title, specs in grouped().items():
        lines += [f"## {title[0].upper()}{title[1:]}", ""]
        for spec in specs:
            lines += layer_section(spec)
    lines += [*refused_section(), *activation_section(), *training_section()]
    return "\n".join(lines).rstrip("\n") + "\n"


def refused_section() -> list[str]:
    """Return the operations that are refused, by reason."""
    reasons: dict[str, list[str]] = {}
    for name, reason in REFUSED_OPERATIONS.items():
        reasons.setdefault(reason, []).append(f"`{name}`")
    lines = [
        "## Operations that are refused",
        "",
        "Each is refused by name with its reason; operations of `keras.ops` that stand neither",
        "here nor above are refused too. Those above refuse what mixes the samples of a batch.",
        "",
        "| operation | it |",
        "|---|---|",
    ]
    lines += [f"| {', '.join(names)} | {reason} |" for reason, names in reasons.items()]
    return [*lines, ""]


def activation_section() -> list[str]:
    """Return the table of activation functions."""
    lines = [
        "## Activation functions",
        "",
        'As an option (`activation="gelu"`) and in `Activation`; all predict and train.',
        f"{_CHANGED} `swish` and `hard_swish` are other names of `silu` and `hard_silu`.",
        "",
        "| function | Keras 3 | Keras 2 |",
        "|---|---|---|",
    ]
    for name in sorted(KERAS3_ACTIVATIONS):
        lines.append(f"| `{name}` | yes | {yes(name in KERAS2_ACTIVATIONS)} |")
    return [*lines, ""]


def training_section() -> list[str]:
    """Return the lists of losses and optimizers."""
    return [
        "## Losses and optimizers",
        "",
        "What the trainer makes from a compile configuration ([losses](losses.md) and",
        "[optimizers](optimizers.md) have the options). A model compiled with others is converted,",
        "predicts and is exported; the trainer refuses them by name, unless it is given others.",
        "",
        f"- Losses: {', '.join(f'`{name}`' for name in registered_losses())}.",
        f"- Optimizers: {', '.join(f'`{name}`' for name in known_optimizers())}.",
    ]


def named_briefly(specs: list[LayerSpec]) -> str:
    """Return the names of classes; those that differ in the number of axes stand together."""
    if len(specs) > MOST_NAMES:
        return f"{len(specs)} classes, [all by name](docs/layers.md)"
    names: dict[tuple[str, str], list[str]] = {}
    for spec in specs:
        found = re.fullmatch(r"(\w*?)([123]D)(\w*)", spec.class_name)
        stem, axes, tail = found.groups() if found else (spec.class_name, "", "")
        names.setdefault((f"{stem}{{}}{tail}", majors(spec)), []).append(axes)
    return ", ".join(stem.format("/".join(axes)) + mark for (stem, mark), axes in names.items())


def but_for(specs: list[LayerSpec], without: list[LayerSpec]) -> str:
    """Return yes with the exceptions, or no where there is nothing else."""
    if len(without) == len(specs):
        return "no"
    return f"yes, but for {named_briefly(without)}" if without else "yes"


def readme_table() -> str:
    """Return the table for README.md."""
    lines = ["| | what | predicts | trains | exported to Keras |", "|---|---|---|---|---|"]

    for title, specs in grouped().items():
        infers = but_for(specs, [spec for spec in specs if not spec.infers])
        trains = but_for(specs, [spec for spec in specs if not (spec.infers and spec.trains)])
        lines.append(f"| {title} | {named_briefly(specs)} | {infers} | {trains} | 3 and 2 |")
    functions = "activation functions"
    lines.append(f"| {functions} | {', '.join(sorted(KERAS2_ACTIVATIONS))} | yes | yes | 3 and 2 |")
    new = ", ".join(sorted(KERAS3_ACTIVATIONS - KERAS2_ACTIVATIONS))
    lines.append(f"| {functions} of Keras 3 only | {new} | yes | yes | 3 |")
    lines.append(f"| losses | {', '.join(registered_losses())} | | yes | 3 and 2 |")
    lines.append(f"| optimizers | {', '.join(known_optimizers())} | | yes | 3 and 2 |")
    return "\n".join(lines)


def with_table(text: str) -> str:
    """Return the README with its table renewed."""
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"layer_table: README.md lacks the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{readme_table()}\n{END}{after}"


def main() -> int:
    """Write or check the pages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing, fail when stale")
    check = parser.parse_args().check
    problems = list(differences())
    readme = ROOT / "README.md"
    pages = {ROOT / "docs" / "layers.md": layers_page(), readme: with_table(readme.read_text())}
    for path, text in pages.items():
        if path.exists() and path.read_text() == text:
            continue
        if check:
            problems.append(f"{path.relative_to(ROOT)} is stale: run tools/layer_table.py")
        else:
            path.write_text(text)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
