# The benchmarks: libvce beside its peers, over TLS, against one server.

BENCH        := $(BUILD)/bench
BENCH_VENV   := $(abspath $(BENCH))/venv
BENCH_PYTHON := $(BENCH_VENV)/bin/python

.PHONY: bench-setup

bench-setup: setup
	@scripts/setup bench

$(BENCH_VENV)/.complete: benches/requirements.txt
	@$(PYTHON) -m venv $(BENCH_VENV)
	@$(BENCH_PYTHON) -m pip --quiet --disable-pip-version-check install -r $<
	@touch $@
