#!/usr/bin/env bash
# Set up what FKB needs: a Fortran toolchain and a Python virtual environment in .venv.
#
# Usage: tools/setup.sh [build|test|bench]
#   build  what `make demo` needs (default)
#   test   also what `make test` needs: flang, valgrind, TensorFlow, the linters
#   bench  also ONNX Runtime; it says whether PyTorch is there
#
# Debian packages are installed where root or sudo is there, otherwise a conda environment from
# environment.yml where conda, mamba or micromamba is there. What is set up already is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tools/env.sh
. tools/env.sh

level=${1:-build}
case "$level" in
  build | test | bench) ;;
  *) echo "tools/setup.sh: unknown level '$level', expected build, test or bench" >&2; exit 2 ;;
esac

say() { echo "setup: $*"; }
stop() { echo "setup: $*" >&2; exit 1; }

# True where a thing of tools/packages.txt is there already; $1 is its proof.
there() {
  case "$1" in
    gfortran) [ -n "$(find_gfortran)" ] ;;
    lib:*) echo 'int main(void) { return 0; }' |
      "${CC:-cc}" -x c - "-l${1#lib:}" ${CONDA_LIB:+-L"$CONDA_LIB"} -o /dev/null 2>/dev/null ;;
    openmp:*) openmp_links "${1#openmp:}" ;;
    venv) [ -x .venv/bin/python ] || "$python" -c 'import ensurepip, venv' 2>/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# True where a Fortran compiler links an OpenMP program.
openmp_links() {
  local folder status=0
  folder=$(mktemp -d)
  printf 'use omp_lib\nprint *, omp_get_max_threads()\nend\n' >"$folder/a.f90"
  (cd "$folder" && "$1" -fopenmp a.f90 -o a) >/dev/null 2>&1 || status=1
  rm -r "$folder"
  return $status
}

# Print the missing things of a group: "proof debian conda" per line.
missing() {
  local group proof debian conda
  while read -r group proof debian conda; do
    [ "$group" = "$1" ] || continue
    there "$proof" || echo "$proof $debian $conda"
  done <tools/packages.txt
}

# Set `root` to the words that make a command run as root; false where there is no way.
find_root() {
  root=()
  command -v apt-get >/dev/null || return 1
  [ "$(id -u)" = 0 ] && return 0
  command -v sudo >/dev/null || return 1
  if sudo -n true 2>/dev/null; then
    root=(sudo -n)
  elif [ -t 0 ] && [ "${CI:-}" != true ]; then
    say "sudo may ask for your password to install packages"
    root=(sudo)
  else
    return 1
  fi
}

apt_updated=no
apt_install() {
  if [ $apt_updated = no ]; then
    "${root[@]}" apt-get update -qq || say "the package lists could not be renewed, going on"
    apt_updated=yes
  fi
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "$@" >/dev/null </dev/null
}

find_conda() {
  local name
  for name in mamba micromamba conda; do
    if command -v "$name" >/dev/null; then
      echo "$name"
      return
    fi
  done
}

find_python() {
  local name
  for name in python3 python3.13 python3.12 python3.11 python3.10 python; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
}

# Install the missing things of a group with apt-get; false where one could not be installed.
install_debian() {
  local proof debian conda rest=()
  while read -r proof debian conda; do
    [ -n "$proof" ] && rest+=("$debian")
  done <<<"$(missing "$1")"
  [ ${#rest[@]} = 0 ] && return
  say "installing ${rest[*]} (Debian packages)"
  apt_install "${rest[@]}"
}

# Make or complete the conda environment in .conda.
install_conda() {
  local conda=$1
  say "making a conda environment in .conda from environment.yml with $conda (some minutes)"
  if [ "$conda" = micromamba ]; then
    micromamba create -y -q -p "$PWD/.conda" -f environment.yml
  else
    "$conda" env create -q -p "$PWD/.conda" -f environment.yml
  fi
  # shellcheck source=tools/env.sh
  . tools/env.sh
  CONDA_LIB=$PWD/.conda/lib
  python=$(find_python)
}

# The toolchain: Debian, otherwise conda, otherwise one sentence.
set_up_toolchain() {
  local lacking
  lacking=$(missing build)
  [ -z "$lacking" ] && return
  if find_root; then
    install_debian build || say "apt-get could not install everything"
  elif ! there gfortran && [ -n "$(find_conda)" ]; then
    install_conda "$(find_conda)"
  fi
  . tools/env.sh
  there gfortran || [ -n "${FC:-}" ] || stop "FKB needs a Fortran compiler, gfortran 12 or newer:" \
    "install it (Debian and Ubuntu: sudo apt-get install gfortran libopenblas-dev; Fedora: sudo dnf" \
    "install gcc-gfortran openblas-devel; macOS: brew install gcc openblas; without root: Miniforge," \
    "whose conda is then used by itself) and run this command again."
  there lib:openblas || say "no OpenBLAS here: FKB uses its own matrix products"
}

# The virtual environment, with cmake and ninja from PyPI where the machine has none.
set_up_python() {
  local extras=$1 stamp more=() state
  state=$(cat pyproject.toml tools/setup.sh | cksum | cut -d' ' -f1)
  stamp=.venv/.fkb-$level-$state
  [ -e "$stamp" ] && return
  # What the tests need holds all that a build needs.
  [ "$level" = build ] && [ -e ".venv/.fkb-test-$state" ] && return
  if [ ! -x .venv/bin/python ]; then
    say "making the virtual environment .venv with $("$python" --version)"
    there venv || stop "Python's venv module is incomplete here: install it (Debian and Ubuntu:" \
      "sudo apt-get install python3-venv) and run this command again."
    "$python" -m venv .venv
  fi
  command -v cmake >/dev/null || more+=("cmake>=3.20")
  command -v ninja >/dev/null || more+=(ninja)
  say "installing the Python packages ($extras)"
  pip_install "scikit-build-core>=0.10" ${more[@]+"${more[@]}"}
  # Editable and without the Fortran part: the Makefile builds that in build/, where fkb finds it.
  pip_install --no-build-isolation -C wheel.cmake=false -C editable.mode=inplace -e ".[$extras]"
  # The path alone stays, without the import hook, which would hide an fkb on PYTHONPATH.
  sed -i.bak '/^import /d' .venv/lib/python*/site-packages/_editable_skbc_fkb.pth
  case "$level" in
    # Its dependency is a tensorflow of another name than the one that is there.
    test | bench) pip_install --no-deps "tf_keras>=2.16" ;;
  esac
  rm -f .venv/.fkb-"$level"-*
  touch "$stamp"
}

pip_install() {
  .venv/bin/python -m pip install -qq --disable-pip-version-check "$@" </dev/null
}

# PyTorch is not installed: what PyPI has for Linux brings 3 GB of CUDA.
look_for_pytorch() {
  .venv/bin/python -c 'import torch' 2>/dev/null && return
  say "PyTorch is not there, the benchmarks show a dash for it; to measure it, install a wheel of" \
    "torch for the processor alone (its version ends in +cpu) with .venv/bin/pip"
}

# What only the tests use. A machine without flang or valgrind skips those steps, visibly.
set_up_test_tools() {
  [ -z "$(missing test)" ] && return
  find_root && install_debian test || true
  local proof debian conda
  while read -r proof debian conda; do
    [ -n "$proof" ] && say "$proof is missing ($debian): the steps that need it will be skipped"
  done <<<"$(missing test)"
  return 0
}

python=$(find_python)
if [ -z "$python" ] && [ -z "$(find_conda)" ]; then
  stop "FKB needs Python 3.10 or newer: install it and run this command again."
fi
set_up_toolchain
case "$level" in
  build) set_up_python plot ;;
  test) set_up_test_tools; set_up_python plot,keras,examples,test,lint,dev ;;
  bench) set_up_python plot,keras,bench; look_for_pytorch ;;
esac
. tools/env.sh
say "ready ($("$FC" --version | head -n 1), $(.venv/bin/python --version))"
