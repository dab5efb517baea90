"""The documentation: every program in it is compiled, every command is run, nothing is stale.

A page is a story. Its blocks run in order in one folder, which holds a Keras model at first:

- a block whose first line is a comment with a file's name is written to that file;
- `sh` runs in bash, `python` in Python (neighbouring blocks in one process);
- `fortran` without a name is a piece of a program and is compiled with the declarations below;
- `toml` is parsed; `console` and `text` are for reading only.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STORIES = [
    "README.md",
    *(f"docs/{name}.md" for name in ("fortran", "coupling", "linking", "training", "derivatives")),
    *(f"docs/{name}.md" for name in ("losses", "optimizers", "loop", "online", "transfer")),
    *(f"docs/{name}.md" for name in ("ensembles", "hosts", "migrating", "python", "c")),
]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"(?:!|#|/\*) ([\w-]+\.\w+|Makefile)(?: \*/)?\n")
RUN = {"sh", "python", "fortran", "c", "cmake", "make", "toml"}
READ = {"console", "text"}

MODEL = """
import keras
keras.utils.set_random_seed(1)
model = keras.Sequential([keras.Input((4,), name="state"),
                          keras.layers.Dense(16, "tanh", name="hidden"),
                          keras.layers.Dense(2, name="tendency")], name="closure")
model.compile(keras.optimizers.Adam(0.01), "mse")
model.save("model.keras")
"""

PIECE = """\
program piece
   use fkb_sp
   implicit none
   integer, parameter :: n = 100
   type(network_t), target :: net
   type(network_t) :: other
   type(workspace_t) :: work
   type(trainer_t) :: trainer
   type(derivatives_t) :: slopes
   type(metric_set_t) :: metrics
   type(shape_t) :: shape
   type(adam_t) :: adam
   type(error_t), allocatable :: error
   type(view_t) :: inputs(2), outputs(1)
   real, target :: x(4, n), y(2, n), x0(4), y0(2), flux(3, n)
   real :: field(4, 10, 20, n), result(2, 10, 20, n), loss, weights(n), grad(114)
   real :: y_true(2, n), y_pred(2, n)
   real, target :: dx(4, n), dy(2, n), v(114), jac(2, 4, n)
   real(dp) :: x_r8(4, n), y_r8(2, n), worst, history(10)
{body}
end program piece
"""


@dataclass(frozen=True)
class Block:
    """A code block of a page."""

    language: str
    text: str
    line: int

    @property
    def file(self) -> str | None:
        """The file that it is, by its first line."""
        match = NAMED.match(self.text)
        return match[1] if match else None


def blocks(page: str) -> Iterator[Block]:
    text = (ROOT / page).read_text()
    for match in BLOCK.finditer(text):
        yield Block(match[1], match[2], text.count("\n", 0, match.start()) + 1)


def build_folder() -> Path:
    """Return the build of the library, or skip."""
    library = os.environ.get("FKB_LIBRARY")
    folder = Path(library).resolve().parents[1] if library else ROOT / "build" / "gfortran"
    cache = folder / "CMakeCache.txt"
    if not cache.is_file():
        pytest.skip(f"no build of the library in {folder}")
    compiler = re.search(r"^CMAKE_Fortran_COMPILER:\w+=(.*)$", cache.read_text(), re.MULTILINE)
    if not compiler or "gfortran" not in Path(compiler[1]).name or not shutil.which("gfortran"):
        pytest.skip("the library was not built with gfortran")
    return folder


def run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Lay the package out as pip does, and return the environment in which `fkb` is a command."""
    build = build_folder()
    root = tmp_path_factory.mktemp("installed")
    package, command = root / "site" / "fkb", root / "bin" / "fkb"
    shutil.copytree(ROOT / "python" / "fkb", package, ignore=shutil.ignore_patterns("__pycache__"))
    run(["cmake", "--install", str(build), "--prefix", str(package)], root, dict(os.environ))
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m fkb "$@"\n')
    command.chmod(0o755)
    environment = dict(os.environ, PYTHONPATH=str(root / "site"), OMP_NUM_THREADS="2")
    environment["PATH"] = f"{command.parent}{os.pathsep}{environment['PATH']}"
    environment.pop("FKB_LIBRARY", None)
    return environment


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("tensorflow")
    folder = tmp_path_factory.mktemp("model")
    run([sys.executable, "-c", MODEL], folder, dict(os.environ))
    return folder / "model.keras"


def compile_piece(block: Block, folder: Path, environment: dict[str, str]) -> None:
    body = "\n".join("   " + line for line in block.text.splitlines())
    (folder / "piece.f90").write_text(PIECE.format(body=body))
    flags = run(["fkb", "flags", "--compile"], folder, environment).split()
    words = ["gfortran", "-fsyntax-only", "-fopenmp", "-Wimplicit-interface", *flags, "piece.f90"]
    run(words, folder, environment)


def run_story(page: str, folder: Path, environment: dict[str, str]) -> None:
    python: list[str] = []

    def run_python() -> None:
        if python:
            run([sys.executable, "-c", "\n".join(python)], folder, environment)
        python.clear()

    for block in blocks(page):
        try:
            if block.file is not None:
                (folder / block.file).write_text(block.text)
            if block.file is not None and block.language != "toml":
                continue
            if block.language == "python":
                python.append(block.text)
                continue
            if block.language == "sh":
                run_python()
                run(["bash", "-euo", "pipefail", "-c", block.text], folder, environment)
            elif block.language == "fortran":
                compile_piece(block, folder, environment)
            elif block.language == "toml" and sys.version_info >= (3, 11):
                import tomllib

                tomllib.loads(block.text)
        except AssertionError as problem:
            raise AssertionError(f"{page}:{block.line}: {problem}") from None
    run_python()


@pytest.mark.parametrize("page", STORIES)
def test_what_a_page_shows_works(
    page: str, installed: dict[str, str], model: Path, tmp_path: Path
) -> None:
    shutil.copy(model, tmp_path)
    run_story(page, tmp_path, installed)


@pytest.mark.parametrize("page", STORIES)
def test_every_block_is_of_a_kind_that_is_run_or_only_read(page: str) -> None:
    found = list(blocks(page))
    assert found
    wrong = [f"{page}:{b.line}: {b.language}" for b in found if b.language not in RUN | READ]
    wrong += [
        f"{page}:{b.line}: no file name"
        for b in found
        if b.language in {"c", "cmake", "make"} and b.file is None
    ]
    assert not wrong


def pages() -> list[Path]:
    return [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("examples/*/*.md")]


def test_links_lead_to_files() -> None:
    broken = []
    for page in pages():
        text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert not broken


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub makes of the headings of a page."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_links_lead_to_headings() -> None:
    broken = []
    found = 0
    for page in pages():
        text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
        for target, anchor in re.findall(r"\]\(([^)#\s]*)#([^)\s]+)\)", text):
            if "://" in target:
                continue
            found += 1
            if anchor not in anchors(page.parent / target if target else page):
                broken.append(f"{page.relative_to(ROOT)}: {target}#{anchor}")
    assert found
    assert not broken


def test_paths_in_the_text_exist() -> None:
    wrong = []
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
        for path in re.findall(r"`((?:python|fortran|tools|tests|examples|docs)/[^`\s]+)`", text):
            # What a run writes is not in a clone.
            if "/output" not in path and not list(ROOT.glob(path.rstrip("/"))):
                wrong.append(f"{page.relative_to(ROOT)}: {path}")
    assert not wrong


def test_modules_that_the_architecture_names_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    folders = [ROOT / "fortran", ROOT / "python"]
    stems = {path.stem for folder in folders for path in folder.rglob("*") if path.is_file()}
    stems |= {"fkb_sp", "fkb_dp", "fkb_parse_"}
    assert not set(re.findall(r"\bfkb_\w+", text)) - stems
    table = text.split("## Where things are")[1].split("\n\n")[1]
    rows = [row for row in table.splitlines() if re.search(r"command|Keras files|way into", row)]
    assert len(rows) == 4
    named = re.findall(r"`([a-z_0-9]+)`", " ".join(rows))
    assert not {name for name in named if name != "fkb"} - stems


def test_make_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set()
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        named |= set(re.findall(r"^make ([a-z-]+)", page.read_text(), re.MULTILINE))
        named |= set(re.findall(r"`make ([a-z-]+)`", page.read_text()))
    assert named and named <= targets


def test_the_table_of_layers_is_that_of_the_registries() -> None:
    done = subprocess.run(
        [sys.executable, "tools/layer_table.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_class_that_python_says_predicts_is_registered_in_the_library(
    installed: dict[str, str], tmp_path: Path
) -> None:
    source = """\
program names
   use fkb_sp, only: add_builtin_layers, error_t, registry_t
   implicit none
   type(registry_t) :: registry
   type(error_t), allocatable :: error
   integer :: i
   call add_builtin_layers(registry, error)
   if (allocated(error)) error stop error%message
   do i = 1, registry%count()
      print '(a)', registry%name(i)
   end do
end program names
"""
    (tmp_path / "names.f90").write_text(source)
    build = "gfortran $(fkb flags --compile) names.f90 $(fkb flags --link) -o names && ./names"
    library = set(run(["bash", "-c", build], tmp_path, installed).split())
    code = (
        "from fkb.registry import all_specs\n"
        "for spec in all_specs():\n"
        "    if spec.infers: print(spec.class_name)\n"
    )
    claimed = set(run([sys.executable, "-c", code], tmp_path, installed).split())
    # The network is built from these, or they become the nodes that they stand for.
    lowered = {"TimeDistributed", "Bidirectional", "RNN", "StackedRNNCells"}
    assert claimed - library == {"InputLayer", "Sequential", "Functional"} | lowered
    # The loader's own layers have names that Keras cannot have.
    assert {name for name in library if not name.startswith("fkb>")} <= claimed


REFUSED = """
import sys, fkb, keras
layers = keras.layers
def functional(shape, make):
    x = keras.Input(shape)
    return keras.Model(x, make(x))
class Own(keras.Model):
    def __init__(self, **options):
        super().__init__(**options)
        self.inner = layers.Dense(2)
    def build(self, shape):
        self.inner.build(shape)
    def call(self, x):
        return self.inner(x)
own = Own()
own.build((None, 3))
models = {
    "Lambda": functional((3,), layers.Lambda(lambda x: 2 * x)),
    "subclassed": own,
    "mixed precision": functional((3,), layers.Dense(2, dtype="mixed_float16")),
}
for name, model in models.items():
    model.save("refused.keras")
    try:
        fkb.convert("refused.keras", "refused.fkb")
    except fkb.UnsupportedError:
        print("refused:", name)
dense = functional((3,), layers.Dense(2))
flipped = functional((3,), lambda x: layers.RandomFlip()(layers.Reshape((1, 3, 1))(x)))
trained = {
    "optimizers": (dense, keras.optimizers.ScheduleFreeAdamW(), "mse"),
    "losses": (dense, keras.optimizers.SGD(), "crossentropy"),
    "image augmentation": (flipped, keras.optimizers.SGD(), "mse"),
}
for name, (model, optimizer, loss) in trained.items():
    model.compile(optimizer, loss)
    model.save("refused.keras")
    fkb.convert("refused.keras", "refused.fkb")
    net = fkb.load("refused.fkb")
    net.predict([[1.0, 2.0, 3.0]])
    try:
        fkb.Trainer(net)
    except fkb.EngineError:
        print("refused:", name)
"""


def test_what_the_readme_calls_unsupported_is_refused(
    installed: dict[str, str], model: Path, tmp_path: Path
) -> None:
    assert model.exists()
    output = run([sys.executable, "-c", REFUSED], tmp_path, installed)
    names = re.findall(r"^refused: (.+)$", output, re.MULTILINE)
    assert len(names) == len(re.findall(r"^    \"", REFUSED, re.MULTILINE)), output
    section = (ROOT / "README.md").read_text().split("Not supported yet")[1].split("\n## ")[0]
    section = " ".join(section.split())
    assert not [name for name in names if name not in section]
