# libvce. The two commands are `make demo` and `make test`; CONTRIBUTING.md lists the others.

# What is built and downloaded for tests, and nothing that ships. Ignored by git.
BUILD   := build
# Where cargo builds. A relative one is meant from here, wherever a program looks for it.
export CARGO_TARGET_DIR := $(abspath $(or $(CARGO_TARGET_DIR),target))
LIB     := $(CARGO_TARGET_DIR)/release/libvce.so
STATIC  := $(CARGO_TARGET_DIR)/release/libvce.a
SANDBOX := $(CARGO_TARGET_DIR)/debug/vce-sandbox

SHELL := /bin/bash
.DELETE_ON_ERROR:
# The targets share cargo's lock and two cores are not many.
.NOTPARALLEL:

.PHONY: help
help:
	@echo 'make demo    see C, PHP and Python create events over TLS'
	@echo 'make test    run every test'
	@echo 'make lint    check the style of everything'
	@echo 'make bench   compare libvce with libcurl, and with what else PHP, Python and Node have'
	@echo 'make bench-scale  measure rate, CPU and memory against load'

include mk/core.mk
include mk/c.mk
include mk/python.mk
include mk/php.mk
include mk/demo.mk
include mk/bench.mk

.PHONY: test test-readme lint
test: setup
	@$(MAKE) --no-print-directory test-core test-abi test-c test-python test-php test-readme
	@echo 'All tests passed.'

test-readme: $(LIB) $(SANDBOX) $(PHP_AUTOLOAD) python-installed $(PY_BUILDER)/.complete
	@echo "Running the README's programs, and testing scripts/setup"
	@PYTHONPATH=tests/support VCE_SANDBOX=$(abspath $(SANDBOX)) $(PY_BIN)/python -m pytest -q -p no:cacheprovider tests/readme tests/setup

lint: setup
	@scripts/setup lint
	@$(MAKE) --no-print-directory lint-core lint-python lint-php lint-bench
	@echo 'Nothing to criticise.'
