"""The command `fkb`: what it prints, what it writes, how it ends."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import fkb
import numpy as np
import pytest
from fkb import cli, progress, text
from fkb.sources import Kind, kind_of

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "text"
OLD = "3\ninput 2\ndense 1\nlinear 0\n0.5\n1 2\n"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.txt"
    path.write_text(OLD)
    return path


def run(*arguments: object) -> int:
    return cli.main([str(argument) for argument in arguments])


def test_the_command_runs_as_a_module_without_importing_tensorflow() -> None:
    code = (
        "import sys, runpy; sys.argv = ['fkb', '--version']\n"
        "try:\n    runpy.run_module('fkb', run_name='__main__')\n"
        "except SystemExit as end:\n    status = end.code\n"
        "assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules\n"
        "sys.exit(status)"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(fkb.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"fkb {fkb.__version__} (model file format 1)\n"


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        run("--help")
    assert end.value.code == 0
    shown = capsys.readouterr().out
    for command in ("convert", "export", "inspect", "verify", "run", "flags"):
        assert f"\n    {command} " in shown
        with pytest.raises(SystemExit) as end:
            run(command, "--help")
        assert end.value.code == 0
        assert f"usage: fkb {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [(), ("frobnicate",), ("convert", "a"), ("convert", "a", "b", "--check", "-1"), ("run", "a")],
)
def test_misuse_ends_with_status_two(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        run(*arguments)
    assert end.value.code == 2
    assert "usage: fkb" in capsys.readouterr().err


def test_convert_writes_a_model_file_and_says_so_on_stderr(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "new.fkb"
    assert run("convert", old, target) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f'{target}: "old", 2 layers, 3 parameters, float32\n'
    graph = text.read(target)
    assert graph.model.children[1].weights[0].value.tolist() == [[1], [2]]
    assert kind_of(old) is Kind.LEGACY and kind_of(target) is Kind.TEXT


def test_convert_takes_transforms_and_precision(old: Path, tmp_path: Path) -> None:
    for name, contents in (("sub", "1 2 3"), ("div", "2 4"), ("scale", "10"), ("mask", "1 0 1")):
        (tmp_path / name).write_text(contents)
    target = tmp_path / "new.fkb"
    sides = ["--inp-sub", tmp_path / "sub", "--inp-div", tmp_path / "div"]
    sides += ["--out-scale", tmp_path / "scale", "--input-mask", tmp_path / "mask"]
    assert run("convert", old, target, "--precision", "double", *sides) == 0
    graph = text.read(target)
    assert graph.precision == "float64"
    assert graph.model.children[1].weights[0].value.dtype == np.float64
    assert graph.model.children[1].config["dtype"] == "float64"
    assert [step.kind for step in graph.inputs[0].steps] == ["subtract", "select", "divide"]
    assert graph.outputs[0].steps[0].value == 10


def test_a_model_file_changes_its_precision_and_says_what_is_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    double, single, again = (tmp_path / name for name in ("d.fkb", "s.fkb", "a.fkb"))
    assert run("convert", GOLDEN / "small.fkb", double, "--precision", "double") == 0
    assert "note" not in capsys.readouterr().err
    assert run("convert", double, again, "--precision", "single") == 0
    assert "note" not in capsys.readouterr().err, "what was single fits into single"
    values = [
        text.read(path).model.children[1].weights[0].value
        for path in (GOLDEN / "small.fkb", double, again)
    ]
    assert values[0].astype(np.float64).tolist() == values[1].tolist() == values[2].tolist()
    graph = text.read(double)
    graph.model.children[1].weights[0].value[0, 0] = 1 / 3
    text.write(graph, double)
    assert run("convert", double, single, "--precision", "single") == 0
    note = capsys.readouterr().err
    assert note.startswith("note: weights were rounded from float64 to float32, by at most")
    graph.model.children[1].weights[0].value[0, 0] = 1e300
    text.write(graph, double)
    assert run("convert", double, single, "--precision", "single") == 1
    assert 'weight "kernel" of layer "dense" has values too large' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("convert", "nowhere.h5", "x.fkb"), "fkb convert: cannot read nowhere.h5"),
        (("inspect", "nowhere.h5"), "fkb inspect: cannot read nowhere.h5"),
        (("convert", "OLD", "x.keras"), "convert writes the model file"),
        (("convert", "OLD", "OLD"), "is the source itself"),
        (("convert", "OLD", "x.fkb", "--config", "c.json"), "needs no separate configuration"),
        (("convert", "SMALL", "x.fkb", "--initialize", "1"), "only a text of the 2020 FKB"),
        (("convert", "JSON", "x.fkb"), "configuration without weights"),
        (("convert", "EMPTY", "x.fkb"), "this file is empty"),
        (("convert", "FOLDER", "x.fkb"), "no unpacked Keras archive"),
        (("convert", "PNG", "x.fkb"), "this is no model"),
        (("convert", "OLD", "x.fkb", "--inp-sub", "EMPTY"), "there is no number in this file"),
        (("export", "SMALL", "x.onnx"), "must end in .keras or .h5"),
    ],
)
def test_failures_are_one_readable_block_and_status_one(
    arguments: tuple[str, ...],
    words: str,
    old: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, contents in (("JSON", b'{"class_name": 1}'), ("EMPTY", b""), ("PNG", b"\x89PNG")):
        (tmp_path / name).write_bytes(contents)
    (tmp_path / "FOLDER").mkdir()
    places = {"OLD": str(old), "SMALL": str(GOLDEN / "small.fkb")}
    assert run(*(places.get(argument, argument) for argument in arguments)) == 1
    captured = capsys.readouterr()
    assert words in captured.err and "Traceback" not in captured.err
    assert captured.out == "" and not (tmp_path / "x.fkb").exists()


def test_a_model_without_weights_is_refused_or_initialized_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = tmp_path / "bare.txt"
    bare.write_text("3\ninput 2\ndense 1\nlinear 0\n")
    target = tmp_path / "x.fkb"
    assert run("convert", bare, target) == 1
    assert "the model has no weights" in capsys.readouterr().err
    assert run("convert", bare, target, "--initialize", "7") == 0
    assert np.abs(text.read(target).model.children[1].weights[0].value).max() > 0


def test_inspect_prints_a_table_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("inspect", GOLDEN / "small.fkb") == 0
    table = capsys.readouterr().out
    assert table.startswith('small.fkb: Sequential model "small", float32, Keras 3.15.1')
    assert run("inspect", GOLDEN / "small.fkb", "--json") == 0
    about = json.loads(capsys.readouterr().out)
    assert about["parameters"] == {"total": 8, "trainable": 8, "fixed": 0}


def test_flags_come_from_the_installed_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from fkb import flags

    prefix = tmp_path / "my prefix"
    config = prefix / "lib" / "pkgconfig" / "fkb.pc"
    config.parent.mkdir(parents=True)
    config.write_text("prefix=x\n\nName: fkb\nLibs: -lfkb\nLibs.private: -lopenblas -fopenmp\n")
    found = flags.flags(prefix)
    assert found.compile == f"-I'{prefix}/include/fkb'"
    assert found.link == f"-L'{prefix}/lib' -lfkb -Wl,-rpath,'{prefix}/lib'"
    assert found.cmake == f"-Dfkb_DIR='{prefix}/lib/cmake/fkb'"
    (prefix / "lib" / "libfkb.a").touch()
    assert flags.flags(prefix).link == f"'{prefix}/lib/libfkb.a' -lopenblas -fopenmp"
    monkeypatch.setattr(flags, "flags", lambda: found)
    assert run("flags", "--pkg-config") == 0
    assert capsys.readouterr().out == f"{config.parent}\n"
    assert run("flags") == 0
    assert capsys.readouterr().out.count("\n") == 4


def test_flags_without_an_installed_library_say_what_to_do(tmp_path: Path) -> None:
    from fkb import flags

    with pytest.raises(fkb.EngineError, match="install the package with pip"):
        flags.flags(tmp_path)


class Screen(io.StringIO):
    """A stream that is a terminal, or is not."""

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.mark.parametrize("terminal", [True, False])
def test_long_work_shows_a_bar_to_a_person_only(
    terminal: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen(terminal)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(progress, "_DELAY", 0.0)
    monkeypatch.setattr(progress, "_INTERVAL", 0.0)
    graph = text.read(GOLDEN / "small.fkb")
    text.write(graph, tmp_path / "x.fkb")
    text.read(tmp_path / "x.fkb")
    shown = screen.getvalue()
    if terminal:
        assert f"\rwriting {tmp_path / 'x.fkb'} [###" in shown
        assert f"\rreading {tmp_path / 'x.fkb'} [###" in shown and "100%" in shown
        assert shown.endswith("\r\033[K"), "the bar is wiped away at the end"
    else:
        assert shown == ""
