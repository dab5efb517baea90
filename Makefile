# Each target sets up what is missing and then runs; `make help` says what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup build demo test test-full bench lint clean

# Code for this machine's processor; NATIVE=OFF builds for any of its family.
NATIVE ?= ON
run := . tools/env.sh &&

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: ## Install the toolchain and make the virtual environment .venv
	@tools/setup.sh build

build: setup ## Build the Fortran library and the examples in build/gfortran
	@$(run) tools/build.sh gfortran -DFKB_NATIVE=$(NATIVE)

demo: build ## Run the whole path: Keras, Fortran simulation, online training, Keras again
	@$(run) examples/lorenz96/run.sh

test: ## Run the tests, at most half an hour on two cores (CI runs this)
	@tools/setup.sh test
	@$(run) python tools/run_tests.py

test-full: ## Run everything, also what takes long
	@tools/setup.sh test
	@$(run) python tools/run_tests.py --full

bench: build ## Measure FKB beside ONNX Runtime, TensorFlow and PyTorch (hours; BENCH="--quick")
	@tools/setup.sh bench
	@$(run) python benchmarks/run.py $(BENCH)

lint: ## Check style, types, generated sources and the direction of dependencies
	@tools/setup.sh test
	@$(run) tools/lint.sh

clean: ## Remove what was built (not .venv)
	rm -rf build
