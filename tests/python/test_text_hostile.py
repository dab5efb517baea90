"""Damaged and hostile model files: an error with a line, or the graph that was written."""

from __future__ import annotations

import random
import tracemalloc
from pathlib import Path

import pytest
from fkb import text
from fkb.errors import FormatError

GOLDEN = Path(__file__).parents[1] / "golden" / "text"
RICH = (GOLDEN / "rich.fkb").read_bytes()
SMALL = (GOLDEN / "small.fkb").read_bytes()


def refused(data: bytes, words: str, line: int | None = None) -> None:
    with pytest.raises(FormatError) as caught:
        text.loads(data)
    assert words in str(caught.value)
    if line is not None:
        assert caught.value.line == line


def unsealed(data: bytes) -> bytes:
    """The file as a person who edits it marks it: no checksums."""
    lines = data.decode().split("\n")
    shown = []
    for line in lines:
        sealed = line.startswith(("checksum ", "values "))
        shown.append(line.rsplit(" ", 1)[0] + " none" if sealed else line)
    return "\n".join(shown).encode()


LOOSE = unsealed(SMALL)


def edited(old: str, new: str, data: bytes = LOOSE) -> bytes:
    assert old.encode() in data
    return data.replace(old.encode(), new.encode(), 1)


@pytest.mark.parametrize("data", [RICH, unsealed(RICH)], ids=["sealed", "unsealed"])
def test_every_proper_prefix_of_a_file_is_refused(data: bytes) -> None:
    for length in range(len(data)):
        with pytest.raises(FormatError):
            text.loads(data[:length])


@pytest.mark.parametrize("data", [RICH, unsealed(RICH)], ids=["sealed", "unsealed"])
def test_a_file_that_lacks_a_line_is_refused_or_means_what_it_says(data: bytes) -> None:
    lines = data.splitlines(keepends=True)
    refusals = 0
    for missing in range(len(lines)):
        cut = b"".join(lines[:missing] + lines[missing + 1 :])
        try:
            graph = text.loads(cut)
        except FormatError as problem:
            assert problem.line is not None and 1 <= problem.line <= len(lines)
            refusals += 1
        else:
            assert data is not RICH
            assert unsealed(text.dumps(graph)) == cut
    assert refusals == len(lines) if data is RICH else refusals > len(lines) // 2


def test_a_flipped_byte_is_noticed_or_has_no_meaning() -> None:
    generator = random.Random(20)
    harmless = 0
    for _ in range(6000):
        damaged = bytearray(RICH)
        damaged[generator.randrange(len(damaged))] ^= 1 << generator.randrange(8)
        try:
            graph = text.loads(bytes(damaged))
        except FormatError as problem:
            assert problem.line is not None
        else:
            harmless += 1
            assert text.dumps(graph) == RICH
    assert harmless < 600


def test_random_damage_without_checksums_never_escapes_as_another_error() -> None:
    generator = random.Random(21)
    loose = unsealed(RICH)
    for _ in range(4000):
        damaged = bytearray(loose)
        for _ in range(generator.randrange(1, 4)):
            place = generator.randrange(len(damaged))
            kind = generator.randrange(3)
            if kind == 0:
                damaged[place] = generator.randrange(256)
            elif kind == 1:
                del damaged[place : place + generator.randrange(1, 30)]
            else:
                start = generator.randrange(len(damaged))
                damaged[place:place] = damaged[start : start + generator.randrange(1, 60)]
        try:
            graph = text.loads(bytes(damaged))
        except FormatError as problem:
            assert problem.line is not None
        else:
            again = text.dumps(graph)
            assert text.dumps(text.loads(again)) == again


@pytest.mark.parametrize(
    ("data", "words", "line"),
    [
        (b"", 'not an FKB model file: the first line must be "fkb 1"', 1),
        (b"\x89HDF\r\n\x1a\n", "not an FKB model file", 1),
        (b"fkb 01\n", "not an FKB model file", 1),
        (b"fkb  1\n", "not an FKB model file", 1),
        (b"fkb 1", "not an FKB model file", 1),
        (b"9\ninput\t5\n", "this is a text file of the 2020 FKB", 1),
        (b"fkb 2\n", "format version 2 is newer than 1", 1),
        (b"\xef\xbb\xbf" + SMALL, "byte order mark", 1),
        (
            SMALL.replace(b"float32", b"real", 1),
            'precision must be float32 or float64, not "real"',
            2,
        ),
        (edited("precision float32\n", ""), 'where "precision" is expected', 2),
        (edited("3.15.1", "new"), '"new" is not a version of Keras', 3),
        (edited("units = 2", "units = 2 "), "space at the end", 11),
        (edited("    units = 2", ""), "empty line", 11),
        (edited("units = 2", "units = [1, 2]"), "a space outside strings", 11),
        (edited("units = 2", "units = 2 3"), 'unexpected "3"', 11),
        (edited("units = 2", "units = NaN"), "NaN is not JSON", 11),
        (edited("units = 2", "units = 1e999"), "not finite", 11),
        (edited("units = 2", 'units = {"a":1,"a":2}'), 'key "a" stands twice', 11),
        (edited("units = 2", "units = " + "[" * 65 + "]" * 65), "deeper than 64", 11),
        (edited("units = 2", "units = " + "[" * 100_000), "deeper than 64", 11),
        (edited("units = 2", 'units = "\\ud800"'), "malformed JSON", 11),
        (edited("units = 2", "units = two"), 'malformed JSON value for option "units"', 11),
        (edited("units = 2", "units = " + "1" * 5000), "malformed JSON", 11),
        (edited("units = 2", "units\t= 2"), "control character U+0009", 11),
        (edited("units = 2", "units\r = 2"), "control character U+000D", 11),
        (LOOSE.replace(b"relu", b"\xff\xfe"), "not UTF-8", 12),
        (edited('"relu"', '"' + "x" * 2**24 + '"'), "longer than 16777216 bytes", 12),
        (edited("activation =", "units ="), 'option "units" stands twice', 12),
        (edited("weight", "wieght"), 'unexpected "wieght" in layer "dense"', 14),
        (edited('weight "bias" f', 'weight "bias" g'), 'unknown dtype "gloat32"', 15),
        (edited("[3,2]", "[3,-2]"), "non-negative integers", 14),
        (edited("[3,2]", "[3,true]"), "non-negative integers", 14),
        (edited("[3,2]", "[1,1,1,1,1,1,1,1,1]"), "rank 9, the most is 8", 14),
        (edited("[3,2]", "[65536,65536,0]"), "more than 2147483647 values", 14),
        (edited("[3,2] trainable", "[3,2] frozen"), "neither trainable nor fixed", 14),
        (edited('"dense" Dense', '"state" Dense'), 'layer name "state" stands twice', 10),
        (edited('"dense" Dense', '"dense" Dense as'), 'where "as" is expected', 10),
        (edited('"dense" Dense', '"' + "n" * 65536 + '" Dense'), "longer than 65535 bytes", 10),
        (edited('[["state",0,0]]', '[["nobody",0,0]]'), 'refers to "nobody", which does not', 13),
        (edited('[["state",0,0]]', '[["state",1,0]]'), 'refers to node 1 of "state"', 13),
        (edited('[["state",0,0]]', '[["dense",0,0]]'), "stands in a cycle", 13),
        (edited('inputs ["state",0,0]\n', ""), "misplaced", 17),
        (edited('inputs ["state",0,0]', 'inputs ["state",0]'), "malformed inputs", 17),
        (edited("checksum none", "checksum 0000000"), "malformed checksum", 20),
        (edited("checksum none", "checksum"), "the line ends where the checksum", 20),
        (edited("values 6", "values 7"), "has 7 values, its shape [3,2] needs 6", 21),
        (edited("values 6", "values -6"), "malformed count of values", 21),
        (edited("values 6", "values 06"), "malformed count of values", 21),
        (edited("-2.5", "nan"), '"nan" is not a finite number', 22),
        (edited("-2.5", "inf"), '"inf" is not a finite number', 22),
        (edited("-2.5", "1e39"), '"1e39" is not a finite number', 22),
        (edited("-2.5", "1_0"), '"1_0" is not a finite number', 22),
        (edited("-2.5", "0x1p3"), '"0x1p3" is not a finite number', 22),
        (edited("-2.5", "--2.5"), '"--2.5" is not a finite number', 22),
        (edited("-2.5", "1" * 41), "is not a finite number", 22),
        (edited(" -2.5", "\n\n\n-2.5 x"), '"x" is not a finite number', 25),
        (edited("-2.5 ", ""), "holds 5 values where 6 were announced", 23),
        (edited("-2.5", "-2.5 1"), "holds more than the 6 values", 22),
        (LOOSE + b"\n", "text after the end", 26),
        (LOOSE + b"fkb 1\n", "text after the end", 26),
        (LOOSE[:-1], "its last line has no end", 25),
        (LOOSE[:-1] + b" of it\n", 'unexpected "end of it"', 25),
    ],
)
def test_each_error_of_the_specification(data: bytes, words: str, line: int | None) -> None:
    refused(data, words, line)


def test_checksums_tell_what_is_damaged() -> None:
    refused(edited("units = 2", "units = 3", SMALL), "the file is damaged", 20)
    refused(
        edited("-2.5", "-2.6", SMALL), 'values of weight "kernel" of layer "dense" are damaged', 21
    )


def test_huge_counts_allocate_nothing() -> None:
    data = edited("[3,2]", "[65536,32767]").replace(b"values 6", b"values 2147418112")
    tracemalloc.start()
    try:
        refused(data, "the file is too short for 2147418112 values", 21)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def layers(depth: int) -> bytes:
    opening = "".join(f'layer "l{level}" Sequential\n' for level in range(depth))
    head = 'fkb 1\nprecision float32\nkeras "3.15.1"\nmodel "deep" Sequential\n'
    return (head + opening + "end\n" * depth + "end\nchecksum none\nend\n").encode()


def test_layers_may_be_nested_sixty_four_deep_and_no_deeper() -> None:
    assert len(list(text.loads(layers(64)).model.walk())) == 64
    refused(layers(65), "nested deeper than 64", 69)
    refused(layers(100_000), "nested deeper than 64", 69)


def test_a_long_line_within_the_limit_is_read() -> None:
    value = "x" * (2**24 - len('    activation = ""'))
    graph = text.loads(edited('"relu"', f'"{value}"'))
    assert graph.model.children[1].config["activation"] == value


def test_a_block_has_at_most_ten_thousand_options() -> None:
    many = "".join(f"o{number} = 1\n" for number in range(9_998))
    graph = text.loads(edited("activation", many + "activation"))
    words = 'layer "dense" has more than 10000 options'
    assert len(graph.model.children[1].config) == 10_000
    refused(edited("activation", many + "p = 1\nactivation"), words)
    refused(edited("    node [[", many + "@module = 1\n    node [["), words)


def test_words_are_as_short_as_names() -> None:
    assert text.loads(edited("activation", "x" * 65_535 + " = 1\nactivation"))
    refused(edited("activation", "x" * 65_536 + " = 1\nactivation"), "longer than 65535 bytes")
    refused(edited('dense" Dense', 'dense" ' + "D" * 65_536), "longer than 65535 bytes")


def with_tail(tail: str) -> bytes:
    return edited("checksum none", tail + "checksum none")


@pytest.mark.parametrize(
    ("tail", "words"),
    [
        ('input 0 "a"\nend\ninput 0 "b"\nend\n', "input 0 stands twice"),
        ('input 1 "a"\nend\ninput 0 "b"\nend\n', "positions must ascend"),
        ('output 0 "a"\nend\ninput 0 "b"\nend\n', 'unexpected "input 0'),
        ('input 0 "a"\nlimit = 3\nend\n', 'unexpected option "limit" in input 0'),
        ('input 0 "a"\nunit = 3\nend\n', 'malformed value for option "unit"'),
        ('input 0 "a"\nstep divide 0\nend\n', "divides by zero"),
        ('input 0 "a"\nstep root 2\nend\n', 'unexpected step "root"'),
        ('input 0 "a"\nstep power 2\nend\n', "step power of input 0: an object is expected"),
        ('input 0 "a"\nstep add float32 [2,2]\nend\n', "rank 1 is expected"),
        ('input 0 "a"\nstep add int32 [2]\nend\n', "rank 1 is expected"),
        ('input 0 "a"\nstep add [1,2]\nend\n', "must be a number"),
        ('input 0 "a"\nstep select [-1]\nend\n', "non-negative integers"),
        ('input 0 "a"\nstep select [0]\nend\n', "must have the option size"),
        ('input 0 "a"\nsize = 2\nend\n', "must have the option size"),
        ('input 0 "a"\nsize = 2\nstep select [2]\nend\n', "different elements below 2"),
        ('input 0 "a"\nsize = 2\nstep select [1,1]\nend\n', "different elements below 2"),
        ('input 0 "a"\nsize = 2\nstep select [1]\nstep select [0]\nend\n', "more than one"),
        ('input 0 "a"\nunit = ["K"]\nelements = []\nend\n', "0 values where 1 are expected"),
        (
            'input 0 "a"\nsize = 3\nstep add float32 [3]\nstep select [0,1]\n'
            "step divide float32 [3]\nend\n",
            "step divide of input 0 has 3 values where 2 are expected",
        ),
        ('output 0 "a"\nsize = 3\nend\n', 'malformed value for option "size"'),
        ('output 0 "a"\nstep select [0]\nend\n', 'unexpected step "select"'),
        ('input 0 "a"\nstep add 1\nunit = "K"\nend\n', "stands after a step"),
        ("compile\nend\ncompile\nend\n", 'unexpected "compile"'),
        ('compile\nvariable "v" "" int64 []\nloss = 1\nend\n', "stands after a variable"),
        ("sample\nend\n", "has no tolerance"),
        ("sample\nseed = 1\ntolerance = 1\nend\n", "tolerance must be the first"),
        ("sample\ntolerance = -1\nend\n", "not negative"),
        ("sample\ntolerance = true\nend\n", "not negative"),
        ("sample\ntolerance = 1\noutput 0 float32 [1]\ninput 0 float32 [1]\nend\n", "unexpected"),
        ("sample\ntolerance = 1\ninput 0 float32 [1]\ninput 0 float32 [1]\nend\n", "stands twice"),
        ("sample\ntolerance = 1\nend\ncompile\nend\n", 'unexpected "compile"'),
        ("extra\n", 'unexpected "extra" after the model'),
    ],
)
def test_ports_compile_and_samples_are_checked(tail: str, words: str) -> None:
    refused(with_tail(tail), words)


@pytest.mark.parametrize(
    ("dtype", "token", "fine"),
    [
        ("uint8", "256", False),
        ("uint8", "-1", False),
        ("uint8", "255", True),
        ("bool", "2", False),
        ("int32", "2147483648", False),
        ("int64", "9223372036854775808", False),
        ("int64", "-9223372036854775808", True),
        ("int64", "1.0", False),
        ("float16", "65536", False),
        ("float16", "65504", True),
        ("bfloat16", "3.5e38", False),
        ("float64", "1e309", False),
    ],
)
def test_numbers_must_fit_their_dtype(dtype: str, token: str, fine: bool) -> None:
    data = edited("float32 [2]", f"{dtype} [2]")
    data = data.replace(b"values 2 none\n0 0", f"values 2 none\n0 {token}".encode())
    if fine:
        assert f" {token}\n".encode() in text.dumps(text.loads(data))
    else:
        refused(data, f'"{token}" is not', 24)
