# The benchmarks: libvce beside its peers, over TLS, against one server.

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

# The programs in C: libvce's, and libcurl's.
BENCH_BIN     := $(BENCH)/bin
BENCH_C       := benches/peers/c
BENCH_CFLAGS  := -std=c99 -D_GNU_SOURCE -O2 -Wall -Wextra -Wpedantic -Werror
BENCH_VCE     := $(addprefix $(BENCH_BIN)/,vce_sync vce_background vce_figures)
BENCH_LIBCURL := $(addprefix $(BENCH_BIN)/,libcurl_easy libcurl_multi)

# The library is found relative to the program, so that a moved checkout still works.
$(BENCH_VCE): $(BENCH_BIN)/%: $(BENCH_C)/%.c $(wildcard $(BENCH_C)/*peer.[ch]) $(LIB)
	@mkdir -p $(@D)
	@cc $(BENCH_CFLAGS) -Iinclude $< $(BENCH_C)/peer.c $(BENCH_C)/vce_peer.c -o $@ \
		$(LIB).0 -Wl,-rpath,'$$ORIGIN/../../../$(dir $(LIB))'

$(BENCH_LIBCURL): $(BENCH_BIN)/%: $(BENCH_C)/%.c $(wildcard $(BENCH_C)/*peer.[ch])
	@mkdir -p $(@D)
	@cc $(BENCH_CFLAGS) $< $(BENCH_C)/peer.c $(BENCH_C)/curl_peer.c -o $@ -lcurl

# libvce from PHP is the Composer package, from Python the wheel, in the venv of the peers.
bench-own: $(BENCH_VCE) $(PHP_AUTOLOAD) python-wheel $(BENCH_VENV)/.complete
	@$(BENCH_PYTHON) -m pip --quiet --disable-pip-version-check install \
		--force-reinstall --no-deps --no-index $(PY_WHEEL)/*.whl

# bench-peers makes the others.
bench-programs: bench-own bench-peers $(BENCH_LIBCURL)

.PHONY: bench bench-record

# `make bench BENCH_RECORD=1`, or `make bench-record`, keeps the figures in docs.
bench: bench-setup bench-programs
	@PYTHONPATH=benches $(BENCH_PYTHON) -m runner.compare $(BENCH) $(if $(BENCH_RECORD),docs)

bench-record:
	@$(MAKE) --no-print-directory bench BENCH_RECORD=1
