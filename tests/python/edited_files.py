"""Model files that someone edited badly, and a process that opens them.

`python edited_files.py FILE...` converts what is not a model file, loads, predicts and asks for a
gradient. It prints a line a file and stops at whatever is no error of the package.
"""

from __future__ import annotations

import json
import random
import re
import resource
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

NUMBERS = [0, -1, 1, 2, 3, 7, 100, 65536, 10**6, 2**31 - 1, -(2**31), 2**32, 2**63 - 1, 1e30, 0.5]
WORDS = ["same", "causal", "channels_first", "concat", "float64", "zzz", "", "a/b", "linear"]
LISTS: list[Any] = [[], [0], [1, 1], [[1, 1], [1, 1]], [-1, -1], [10**6, 10**6], [None, 3], {}]
ODD: list[Any] = [*NUMBERS, *WORDS, *LISTS, None, True, False]
CLASSES = [
    *("RNN", "Bidirectional", "TimeDistributed", "StackedRNNCells", "Functional", "Sequential"),
    *("Concatenate", "ops.Einsum", "ops.GetItem", "ops.Reshape", "Conv2D", "ConvLSTM2D", "LSTM"),
    *("Attention", "MultiHeadAttention", "Masking", "Embedding", "Dot", "BatchNormalization"),
]
CALLS = [
    *("initial_state", "mask", "query_mask", "value_mask", "key_mask", "attention_mask", "value"),
    *("use_causal_mask", "return_attention_scores", "training", "key", "states"),
]
STARTS = [["layer"], ["node"], ["inputs"], ["outputs"]]
TENSOR = re.compile(r'\["[^"]+",\d+,\d+\]')


def edited_text(text: str, chance: random.Random) -> str:
    """Edit one to three lines of a model file; its checksum is switched off."""
    lines = text.split("\n")
    last = next(i for i, line in enumerate(lines) if line.startswith("checksum"))
    lines[last] = "checksum none"
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        last = lines.index("checksum none")
        named = [i for i in range(4, last) if lines[i].split()[:1] in STARTS or " = " in lines[i]]
        at = chance.choice(named if named and chance.random() < 0.9 else range(1, last))
        word = lines[at].split()[0] if lines[at].strip() else ""
        if word == "layer":
            lines[:last] = _edited_layer(lines[:last], at, chance)
        elif word in ("node", "inputs", "outputs"):
            lines[at] = _edited_call(lines[at], "\n".join(lines[:last]), chance)
        elif " = " in lines[at]:
            lines[at] = _edited_option(lines[at], chance)
        elif chance.random() < 0.3:
            del lines[at]
    return "\n".join(lines)


def _edited_layer(lines: list[str], at: int, chance: random.Random) -> list[str]:
    """Give a layer another class or role, or drop or repeat its block."""
    line = lines[at]
    indent = len(line) - len(line.lstrip())
    end = at + 1
    while end < len(lines) and lines[end] != " " * indent + "end":
        end += 1
    what = chance.randrange(4)
    if what == 0:
        words = line.split()
        words[2] = chance.choice(CLASSES)
        return [*lines[:at], " " * indent + " ".join(words), *lines[at + 1 :]]
    if what == 1:
        role = chance.choice(["", " as cell", " as layer", " as forward_layer", " as cells"])
        return [*lines[:at], re.sub(r" as \w+", role, line), *lines[at + 1 :]]
    if what == 2:
        return lines[:at] + lines[end + 1 :]
    return lines[: end + 1] + lines[at : end + 1] + lines[end + 1 :]


def _edited_call(line: str, text: str, chance: random.Random) -> str:
    """Let a call take other tensors or arguments."""
    tensors = TENSOR.findall(text) or ['["x",0,0]']
    one = chance.choice(tensors)
    several = "[" + ",".join(chance.choice(tensors) for _ in range(chance.choice([1, 2, 3]))) + "]"
    if chance.random() < 0.4 and line.strip().startswith("node"):
        value = chance.choice(["true", "false", "null", "3", one, several, f"[null,{one}]"])
        return re.sub(r"\{.*\}$", f'{{"{chance.choice(CALLS)}":{value}}}', line)
    found = list(TENSOR.finditer(line))
    if not found:
        return re.sub(r"\d+", str(chance.choice([0, 1, 99, 2**31 - 1])), line, count=1)
    place = chance.choice(found)
    put = chance.choice([one, several, "null", "2.5", "[]", f"{place[0]},{place[0]}"])
    return line[: place.start()] + put + line[place.end() :]


def _edited_option(line: str, chance: random.Random) -> str:
    """Change a number within an option's value, or the value."""
    name, value = line.split(" = ", 1)
    numbers = list(re.finditer(r"-?\d+(\.\d+)?", value))
    if numbers and chance.random() < 0.7:
        place = chance.choice(numbers)
        number = json.dumps(chance.choice([*NUMBERS, None]))
        return f"{name} = {value[: place.start()]}{number}{value[place.end() :]}"
    return f"{name} = {json.dumps(chance.choice(ODD), separators=(',', ':'))}"


def edited_json(text: str, chance: random.Random) -> str:
    """Change, drop, repeat or swap values anywhere in a configuration."""
    value = json.loads(text)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        places = list(_places(value))
        if not places:
            break
        holder, key = chance.choice(places)
        what = chance.random()
        if what < 0.5:
            holder[key] = chance.choice(ODD)
        elif what < 0.65:
            del holder[key]
        elif what < 0.85:
            other, name = chance.choice(places)
            holder[key] = json.loads(json.dumps(other[name]))
        elif isinstance(holder, list):
            holder.append(json.loads(json.dumps(holder[key])))
        elif "class_name" in holder:
            holder["class_name"] = chance.choice(CLASSES)
    return json.dumps(value)


def _places(value: Any) -> Any:
    """Yield every member of a JSON value as its holder and key."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from _places(value[key])


def edited_bytes(data: bytes, chance: random.Random) -> bytes:
    """Flip, cut, overwrite or repeat bytes."""
    damaged = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 8])):
        at = chance.randrange(max(len(damaged), 1))
        what = chance.random()
        if what < 0.5 and damaged:
            damaged[at] ^= 1 << chance.randrange(8)
        elif what < 0.7:
            damaged[at : at + 8] = chance.choice([b"\xff" * 8, b"\0" * 8, b"\x7f" + b"\xff" * 7])
        elif what < 0.85:
            del damaged[at : at + chance.choice([1, 8, 64, 100000])]
        else:
            damaged[at:at] = damaged[at : at + chance.choice([1, 8, 512])]
    return bytes(damaged)


def edit(source: Path, target: Path, chance: random.Random) -> None:
    """Write an edited copy of a model file, an archive or an HDF5 file of Keras."""
    if source.suffix == ".fkb":
        target.write_text(edited_text(source.read_text(), chance))
    elif chance.random() < 0.4:
        target.write_bytes(edited_bytes(source.read_bytes(), chance))
    elif source.suffix == ".keras":
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
            for name in old.namelist():
                data = old.read(name)
                if name == "config.json":
                    data = edited_json(data.decode(), chance).encode()
                elif chance.random() < 0.05:
                    data = edited_bytes(data, chance)
                new.writestr(name, data)
    else:
        import h5py

        shutil.copyfile(source, target)
        with h5py.File(target, "r+") as file:
            text = file.attrs["model_config"]
            text = text.decode() if isinstance(text, bytes) else text
            file.attrs["model_config"] = edited_json(text, chance)


def attempt(path: Path) -> str:
    """Open a file in all ways; return what became of it."""
    import fkb
    import numpy as np

    try:
        if path.suffix != ".fkb":
            fkb.convert(path, path.with_suffix(".made.fkb"))
            path = path.with_suffix(".made.fkb")
        with fkb.load(path) as net:
            for size in (4, 1):
                shapes = [[2, *(size if n is None else n for n in s[1:])] for s in net.input_shapes]
                if sum(np.prod(shape, dtype=float) for shape in shapes) > 1e6:
                    return "large"
                x = [np.random.default_rng(0).integers(0, 3, s).astype("f") for s in shapes]
                y = net.predict(x)
                y = y if isinstance(y, list) else [y]
                net.gradient(x, [np.ones_like(one) for one in y], training=True)
    except fkb.FkbError as error:
        return "refused" if str(error) else "refused without a word"
    return "opened"


def main(paths: list[str]) -> None:
    """Open the files; the last line without an outcome names the one that ended the process."""
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    report: Callable[[str], None] = lambda text: print(text, end="", flush=True)  # noqa: E731
    for path in paths:
        report(f"{path} ")
        report(attempt(Path(path)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
