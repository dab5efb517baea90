"""Reading a model file: bytes to Graph, with every error of docs/format.md, section 6."""

from __future__ import annotations

import math
import re
import zlib

from . import text_json, text_values
from .graph import Array, Graph
from .progress import Progress
from .text_layers import ModelReader
from .text_lexer import MAX_STRUCTURE_BYTES, Slot, Source, Tokens, shorten
from .text_sections import PortReader, read_compile, read_sample

VERSION = 1

_FIRST_LINE = re.compile(rb" *fkb +([1-9][0-9]{0,8})\r?\n")
_OLD_FIRST_LINE = re.compile(rb"[ \t]*[0-9]+[ \t]*\r?\n[ \t]*input[ \t]")
_VERSION_OF_KERAS = re.compile(r"[0-9]{1,9}(\.|$)")
_KEYWORD_LINE = re.compile(rb"\n *(?=values|end)")
_HEX = re.compile(r"[0-9a-f]{8}")


def loads(data: bytes | str, path: object = None) -> Graph:
    """Return the graph that the text of a model file describes.

    Args:
        data: the whole file.
        path: name of the file for messages.

    Raises:
        FormatError: the first error, with its line.
    """
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    reader = _Reader(Source(raw, path))
    graph = reader.structure()
    reader.values()
    return graph


def load_structure(data: bytes, path: object = None) -> Graph:
    """Return the graph without the values: its tensors are empty.

    Raises:
        FormatError: a reader would refuse what stands before the values.
    """
    return _Reader(Source(data, path)).structure()


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.slots: list[Slot] = []

    def structure(self) -> Graph:
        """Read up to and with the checksum line."""
        self._first_line()
        precision = self._header("precision")
        if precision not in ("float32", "float64"):
            self.source.fail(f'precision must be float32 or float64, not "{shorten(precision)}"')
        version = self._header("keras")
        if not _VERSION_OF_KERAS.match(version):
            self.source.fail(f'"{shorten(version)}" is not a version of Keras')
        tokens = self.source.next("the header")
        tokens.keyword("model")
        model = ModelReader(self.source, self.slots).read(tokens)
        graph = Graph(precision, version, model)
        while self._section(graph):
            pass
        return graph

    def _first_line(self) -> None:
        source = self.source
        if source.data.startswith(b"\xef\xbb\xbf"):
            source.fail("the file begins with a byte order mark")
        match = _FIRST_LINE.match(source.data)
        if not match:
            if _OLD_FIRST_LINE.match(source.data):
                source.fail('this is a text file of the 2020 FKB: convert it with "fkb convert"')
            source.fail('not an FKB model file: the first line must be "fkb 1"')
        version = int(match.group(1))
        if version > VERSION:
            source.fail(
                f"format version {version} is newer than {VERSION}, "
                "the newest that this library reads"
            )
        if source.line("the first line") != "fkb 1":
            source.fail('not an FKB model file: the first line must be "fkb 1"')

    def _header(self, keyword: str) -> str:
        tokens = self.source.next("the header")
        tokens.keyword(keyword)
        value = tokens.word(keyword) if keyword == "precision" else tokens.name(keyword)
        tokens.end()
        return value

    def _section(self, graph: Graph) -> bool:
        """Read the next part after the model; False after the checksum."""
        tokens = self.source.next("the model file")
        word = tokens.word("keyword")
        late = graph.compile is not None or bool(graph.samples)
        if word == "checksum":
            self._checksum(tokens)
            return False
        if word == "input" and not late and not graph.outputs:
            PortReader(self.source, self.slots, word).read(tokens, graph.inputs)
        elif word == "output" and not late:
            PortReader(self.source, self.slots, word).read(tokens, graph.outputs)
        elif word == "compile" and not late:
            tokens.end()
            graph.compile = read_compile(self.source, self.slots)
        elif word == "sample":
            tokens.end()
            graph.samples.append(read_sample(self.source, self.slots))
        else:
            tokens.fail(f'unexpected "{shorten(tokens.text)}" after the model')
        return True

    def _checksum(self, tokens: Tokens) -> None:
        tokens.space("the checksum")
        stated = self._hex(tokens)
        tokens.end()
        if self.source.position > MAX_STRUCTURE_BYTES:
            tokens.fail(f"the structure is longer than {MAX_STRUCTURE_BYTES} bytes")
        if stated is None:
            return
        before = self.source.data[: self.source.start]
        if b"\r" in before:
            before = before.replace(b"\r\n", b"\n")
        actual = f"{zlib.crc32(before):08x}"
        if actual != stated:
            tokens.fail(
                f"the structure's checksum is {actual}, the file says {stated}: the file is "
                'damaged (write "checksum none" after editing by hand)'
            )

    def _hex(self, tokens: Tokens) -> str | None:
        text = tokens.text[tokens.at :].split(" ", 1)[0]
        tokens.at += len(text)
        if text == "none":
            return None
        if not _HEX.fullmatch(text):
            tokens.fail(f'malformed checksum "{shorten(text)}"')
        return text

    def values(self) -> None:
        """Read the values blocks and the last line."""
        source = self.source
        name = "model" if source.path is None else str(source.path)
        with Progress(f"reading {name}", source.remaining) as progress:
            for slot in self.slots:
                self._block(slot, progress)
        tokens = source.next("the model file")
        if tokens.text != "end":
            tokens.fail(f'unexpected "{shorten(tokens.text)}" where the end is expected')
        if source.remaining:
            source.fail("text after the end of the model", source.number + 1)

    def _block(self, slot: Slot, progress: Progress) -> None:
        source = self.source
        tokens = source.next(f"the values of {slot.label}")
        tokens.keyword("values")
        count = tokens.integer("count of values")
        tokens.space("the checksum of the values")
        stated = self._hex(tokens)
        tokens.end()
        expected = math.prod(slot.shape)
        if count != expected:
            shape = text_json.dumps(list(slot.shape))
            tokens.fail(f"{slot.label} has {count} values, its shape {shape} needs {expected}")
        if 2 * count > source.remaining:
            tokens.fail(f"the file is too short for {count} values")
        # The search starts at the end of the values line, which may be followed by a keyword.
        match = _KEYWORD_LINE.search(source.data, source.position - 1)
        if not match:
            last = source.number + source.data.count(b"\n", source.position)
            source.fail(f"the file ends inside the values of {slot.label}", last)
        array = self._numbers(slot, count, match.start() + 1, progress)
        actual = f"{text_values.checksum(array):08x}"
        if stated is not None and actual != stated:
            tokens.fail(
                f"the values of {slot.label} are damaged: checksum {actual}, the file says {stated}"
            )
        try:
            slot.put(array.reshape(slot.shape))
        except text_values.ValuesError as problem:
            tokens.fail(str(problem))
        source.skip_to(match.start() + 1)

    def _numbers(self, slot: Slot, count: int, end: int, progress: Progress) -> Array:
        source = self.source
        begin = source.position
        data = memoryview(source.data)[begin:end]
        try:
            return text_values.parse_values(data, count, slot.dtype, progress.add)
        except text_values.ValuesError as problem:
            line = source.number + 1 + source.data.count(b"\n", begin, begin + problem.offset)
            source.fail(f"{problem}, in the values of {slot.label}", line)
