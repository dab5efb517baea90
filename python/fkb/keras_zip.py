"""Keras archives: `.keras` files and unzipped directories of Keras 3 and tf_keras."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path

from .errors import FkbError, FormatError
from .files import read_bytes, write_atomically
from .graph import Compile, Graph, flatten_structure
from .hdf5_file import Hdf5File
from .keras_assets import FOLDER, put_frequencies, put_vocabularies
from .keras_compile import read_compile_config
from .keras_config import Reading, guess_version, parse_json, read_model, version_of
from .keras_export import start_writing
from .keras_extra import EXTRA, apply_extra, hidden_compile
from .keras_former import refuse_former
from .keras_graph import finish_graph
from .keras_shapes import infer_shapes
from .keras_store import read_store
from .keras_write import export_configs, json_text, store_bytes

CONFIG = "config.json"
METADATA = "metadata.json"
WEIGHTS = "model.weights.h5"
_DATE = (1980, 1, 1, 0, 0, 0)
_MAX_CONFIG = 256 * 2**20
_MAX_EXPANSION = 100


def read_keras(path: Path | str, *, allow_custom: bool = False) -> Graph:
    """Read a `.keras` archive, or the directory that it unpacks to.

    Raises:
        FormatError: the file is damaged, or is not what Keras writes.
        UnsupportedError: the model has parts that cannot be converted, all are listed.
    """
    path = Path(path)
    parts = _directory(path) if path.is_dir() else _archive(path)
    if CONFIG not in parts:
        raise FormatError(f"there is no {CONFIG} in it: it is not a Keras model", path)
    config_text = _utf8(parts[CONFIG], CONFIG, path)
    whole = parse_json(config_text, f"{CONFIG} in {path}")
    metadata = parse_json(parts.get(METADATA, b"{}"), f"{METADATA} in {path}")
    version = metadata.get("keras_version") if isinstance(metadata, dict) else None
    version = guess_version(whole, version if isinstance(version, str) else None)
    reading = Reading(version, allow_custom, archive=True)
    put_vocabularies(whole, parts)
    model = read_model(whole, reading)
    shapes = infer_shapes(model, reading.report)
    refuse_former(model, shapes, version_of(reading.version), reading.report)
    config = whole.get("compile_config")
    outputs = len(flatten_structure(model.outputs))
    compiled = Compile(read_compile_config(config, reading, outputs)) if config else None
    if compiled is None and EXTRA in parts:
        compiled = hidden_compile(_utf8(parts[EXTRA], EXTRA, path))
    reading.report.raise_if_any()
    if WEIGHTS not in parts:
        raise FormatError(f"there is no {WEIGHTS} in it: other stores are not supported", path)
    with Hdf5File(parts[WEIGHTS], f"{path}: {WEIGHTS}") as file:
        read_store(file, model, shapes, compiled, reading)
    put_frequencies(model)
    graph = finish_graph(model, compiled, reading)
    if EXTRA not in parts:
        return graph
    return apply_extra(graph, _utf8(parts[EXTRA], EXTRA, path), config_text, path)


def _utf8(data: bytes, name: str, path: Path) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise FormatError(f"{name} is not UTF-8", path) from None


def _directory(path: Path) -> dict[str, bytes]:
    names = (CONFIG, METADATA, WEIGHTS, EXTRA)
    assets = [file.relative_to(path).as_posix() for file in path.glob(f"{FOLDER}**/*.txt")]
    return {name: read_bytes(path / name) for name in (*names, *assets) if (path / name).is_file()}


def _archive(path: Path) -> dict[str, bytes]:
    """Return the members of an archive that matter.

    Raises:
        FormatError: it is no zip archive, is damaged, or claims to expand too far.
    """
    size = _size(path)
    try:
        with zipfile.ZipFile(path) as archive:
            parts = {}
            assets = {name for name in archive.namelist() if name.startswith(FOLDER)}
            for name in (CONFIG, METADATA, WEIGHTS, EXTRA, *sorted(assets)):
                entries = [info for info in archive.infolist() if info.filename == name]
                if len(entries) > 1:
                    raise FormatError(f"{name} stands twice in it", path)
                if entries:
                    _check_entry(entries[0], size, path)
                    parts[name] = _member(archive, entries[0])
            return parts
    except FkbError:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        EOFError,
        ValueError,
        RuntimeError,
        NotImplementedError,
        OverflowError,
        MemoryError,
    ) as problem:
        raise FormatError(f"it is not a Keras archive, or is damaged ({problem})", path) from None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as problem:
        raise FkbError(f"cannot read {path}: {problem.strerror or problem}") from None


def _check_entry(info: zipfile.ZipInfo, size: int, path: Path) -> None:
    limit = min(_MAX_EXPANSION * size, _MAX_CONFIG if info.filename != WEIGHTS else 2**63)
    if info.file_size > limit:
        raise FormatError(f"{info.filename} claims {info.file_size} bytes, too many", path)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as member:
        data = member.read(info.file_size + 1)
    if len(data) != info.file_size:
        raise zipfile.BadZipFile(f"{info.filename} has not the size that it claims")
    return data


def write_keras(graph: Graph, path: Path | str, *, dialect: str = "keras3") -> None:
    """Write `graph` as a `.keras` archive that Keras 3 (or tf_keras, dialect `keras2`) loads.

    The same graph always gives the same bytes.

    Raises:
        UnsupportedError: the dialect cannot carry a part of the model, all are listed.
    """
    writing = start_writing(graph, dialect, archive=True)
    model, _, extra = export_configs(writing)
    members = {
        METADATA: json_text({"keras_version": writing.version}).encode("utf-8"),
        CONFIG: json_text(model).encode("utf-8"),
        WEIGHTS: store_bytes(writing),
        EXTRA: extra.encode("utf-8"),
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, _DATE)
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    write_atomically(path, [target.getvalue()])
