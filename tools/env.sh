# Sourced by the Makefile and the tools: puts the virtual environment and, where tools/setup.sh made
# one, the conda environment on the path, and chooses the Fortran compiler (FC from outside wins).
fkb_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ -d "$fkb_root/.conda/bin" ]; then
  PATH="$fkb_root/.conda/bin:$PATH"
fi
if [ -d "$fkb_root/.venv/bin" ]; then
  PATH="$fkb_root/.venv/bin:$PATH"
  export VIRTUAL_ENV="$fkb_root/.venv"
fi
export PATH

# The major version of a gfortran, 0 where there is none.
gfortran_major() {
  { "$1" -dumpversion 2>/dev/null || echo 0; } | cut -d. -f1
}

# The first gfortran that is new enough, or nothing.
find_gfortran() {
  local name
  for name in gfortran gfortran-15 gfortran-14 gfortran-13 gfortran-12; do
    if [ "$(gfortran_major "$name")" -ge 12 ]; then
      echo "$name"
      return
    fi
  done
}

if [ -z "${FC:-}" ]; then
  FC=$(find_gfortran)
fi
if [ -n "$FC" ]; then
  export FC
else
  unset FC
fi
