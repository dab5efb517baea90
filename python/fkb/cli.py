"""The command `fkb`."""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import __version__
from .errors import FkbError
from .text_reader import VERSION as FORMAT_VERSION

DONE, FAILED, MISUSED = 0, 1, 2

_ABOUT = """\
Keras models in Fortran simulations, and back.

  fkb convert model.keras model.fkb     what Keras saved -> one text file for Fortran
  fkb export  model.fkb   model.keras   what Fortran trained -> Keras
"""
_MORE = """\
Models come from Keras 3 (.keras, .h5), Keras 2 (.h5), weights-only .h5 files with the JSON of
model.to_json(), and the text files of the 2020 FKB. "fkb COMMAND --help" tells more.

Exit status: 0 done, 1 failed (or verify found a difference), 2 misuse.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = _parser().parse_args(arguments)
    with warnings.catch_warnings():
        warnings.showwarning = _show_note
        warnings.simplefilter("default")
        try:
            return int(options.run(options))
        except FkbError as problem:
            print(f"fkb {options.command}: {problem}", file=sys.stderr)
            return FAILED
        except BrokenPipeError:
            sys.stderr.close()
            return FAILED
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            return 130


def _show_note(message: Any, category: type[Warning], *_: Any, **__: Any) -> None:
    from .api import FkbWarning

    if issubclass(category, FkbWarning):
        print(f"note: {message}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fkb",
        description=_ABOUT,
        epilog=_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    version = f"fkb {__version__} (model file format {FORMAT_VERSION})"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for add in (_add_convert, _add_export, _add_inspect, _add_verify, _add_run, _add_flags):
        add(commands)
    return parser


def _command(commands: Any, name: str, summary: str, run: Any, more: str = "") -> Any:
    parser = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + "." + (f"\n\n{more}" if more else ""),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def _add_convert(commands: Any) -> None:
    more = "The kind of SRC is told by its content."
    parser = _command(commands, "convert", "convert a model to a model file", _convert, more)
    parser.add_argument("src", metavar="SRC", help=".keras, .h5, text of the 2020 FKB, or .fkb")
    parser.add_argument("dst", metavar="DST.fkb", help="model file to write")
    parser.add_argument(
        "--config", metavar="JSON", help="model.to_json() of an .h5 file that holds weights only"
    )
    parser.add_argument(
        "--precision", choices=("single", "double"), help="kind of the network (default: as SRC)"
    )
    parser.add_argument(
        "--check",
        type=_count,
        default=0,
        metavar="N",
        help="record N random samples with the outputs of Keras, which must be installed",
    )
    parser.add_argument(
        "--allow-custom",
        action="store_true",
        help="keep layers of unknown classes, for which the Fortran side has its own",
    )
    parser.add_argument(
        "--initialize",
        type=_count,
        metavar="SEED",
        help="give a 2020 text file without weights random ones (Glorot uniform)",
    )
    group = parser.add_argument_group("transforms between the host's values and the network's")
    group.add_argument(
        "--transforms", metavar="TOML", help="names, units and transforms of inputs and outputs"
    )
    group.add_argument("--inp-sub", metavar="FILE", help="numbers to subtract from input 0")
    group.add_argument("--inp-div", metavar="FILE", help="numbers to divide input 0 by, after that")
    group.add_argument("--out-scale", metavar="FILE", help="numbers to divide output 0 by")
    group.add_argument(
        "--input-mask", metavar="FILE", help="0 or 1 for each of the host's values: 1 is taken"
    )
    group.add_argument(
        "--ranges",
        metavar="NPZ",
        help="training data in the host's units, in0, ..., out0, ... or called as fields: their "
        "range becomes the limits of fields that have none",
    )
    group.add_argument(
        "--range-margin",
        type=float,
        default=0.0,
        metavar="M",
        help="widen these limits by M times the range on each side (default: 0)",
    )


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return value


def _convert(options: argparse.Namespace) -> int:
    from .api import convert
    from .inspect import describe

    apart = ("command", "run", "src", "dst")
    given = {name: value for name, value in vars(options).items() if name not in apart}
    graph = convert(options.src, options.dst, **given)
    about = describe(graph)
    print(
        f'{options.dst}: "{about["name"]}", {len(about["layers"])} layers, '
        f"{about['parameters']['total']:,} parameters, {about['precision']}",
        file=sys.stderr,
    )
    return DONE


def _add_export(commands: Any) -> None:
    parser = _command(commands, "export", "convert a model file to a file of Keras", _export)
    parser.add_argument("src", metavar="SRC.fkb", help="model file")
    parser.add_argument("dst", metavar="DST", help=".keras or .h5 file to write")
    parser.add_argument(
        "--dialect",
        choices=("keras3", "keras2"),
        default="keras3",
        help="keras2 is for tf_keras and Keras 2 (default: keras3)",
    )
    parser.add_argument("--allow-custom", action="store_true", help="keep unknown layer classes")


def _export(options: argparse.Namespace) -> int:
    from .api import export

    export(options.src, options.dst, options.dialect, allow_custom=options.allow_custom)
    print(f"{options.dst}: written for {options.dialect}", file=sys.stderr)
    return DONE


def _add_inspect(commands: Any) -> None:
    summary = "show layers, shapes, parameters, connections and transforms"
    parser = _command(commands, "inspect", summary, _inspect)
    parser.add_argument("file", metavar="FILE", help="model of any kind that convert reads")
    parser.add_argument("--json", action="store_true", help="print it for a program")
    parser.add_argument("--config", metavar="JSON", help="model.to_json() of a weights-only .h5")


def _inspect(options: argparse.Namespace) -> int:
    from .inspect import describe, render
    from .sources import load_graph

    graph = load_graph(options.file, config=options.config, allow_custom=True)
    if options.json:
        print(json.dumps(describe(graph), indent=2, ensure_ascii=False))
    else:
        sys.stdout.write(render(graph, Path(options.file).name))
    return DONE


def _add_verify(commands: Any) -> None:
    more = (
        "SRC is converted (or MODEL.fkb taken), run by the Fortran library and by Keras with the\n"
        "same random inputs. The exit status is 1 where an output differs by more than the\n"
        "tolerance, relative to its largest value."
    )
    summary = "compare the Fortran library with Keras"
    parser = _command(commands, "verify", summary, _verify, more)
    parser.add_argument("src", metavar="SRC", help="model that Keras can load, or a model file")
    parser.add_argument("model", metavar="MODEL.fkb", nargs="?", help="its model file")
    parser.add_argument("--config", metavar="JSON", help="model.to_json() of a weights-only .h5")
    parser.add_argument(
        "--samples", type=_count, default=100, metavar="N", help="number of inputs (default: 100)"
    )
    parser.add_argument("--seed", type=_count, default=0, help="of the random inputs (default: 0)")
    parser.add_argument(
        "--tolerance", type=float, metavar="T", help="default: 8 * layers * machine epsilon"
    )


def _verify(options: argparse.Namespace) -> int:
    from .verify import verify

    result = verify(
        options.src,
        options.model,
        config=options.config,
        samples=options.samples,
        seed=options.seed,
        tolerance=options.tolerance,
    )
    print(result.table())
    return DONE if result.passed else FAILED


def _add_run(commands: Any) -> None:
    more = (
        "The inputs are arrays in0, in1, ... of an .npz file, batch first as in Keras; the\n"
        "outputs are written as out0, out1, ..."
    )
    parser = _command(commands, "run", "run a model with the Fortran library", _run, more)
    parser.add_argument("model", metavar="MODEL.fkb", help="model file")
    parser.add_argument("--input", required=True, metavar="IN.npz", help="inputs")
    parser.add_argument("--output", required=True, metavar="OUT.npz", help="outputs to write")


def _run(options: argparse.Namespace) -> int:
    from .run import run_file

    run_file(options.model, options.input, options.output)
    return DONE


def _add_flags(commands: Any) -> None:
    more = (
        "For example:\n"
        "  gfortran $(fkb flags --compile) host.f90 $(fkb flags --link) -o host\n"
        "  cmake $(fkb flags --cmake) -S . -B build        # find_package(fkb)\n"
        "  PKG_CONFIG_PATH=$(fkb flags --pkg-config) pkg-config --cflags fkb"
    )
    summary = "print the flags that compile and link a host program"
    parser = _command(commands, "flags", summary, _flags, more)
    choice = parser.add_mutually_exclusive_group()
    for name, text in (
        ("compile", "for each source that uses the library"),
        ("link", "for the program, after its own objects"),
        ("cmake", "argument of cmake for find_package(fkb)"),
        ("pkg_config", "folder for PKG_CONFIG_PATH"),
    ):
        option = "--" + name.replace("_", "-")
        choice.add_argument(option, dest="what", action="store_const", const=name, help=text)


def _flags(options: argparse.Namespace) -> int:
    from .flags import flags

    found = flags()
    if options.what:
        print(getattr(found, options.what))
        return DONE
    for name, title in (("compile", "compile"), ("link", "link"), ("cmake", "cmake")):
        print(f"{title + ':':<12}{getattr(found, name)}")
    print(f"{'pkg-config:':<12}PKG_CONFIG_PATH={found.pkg_config}")
    return DONE
