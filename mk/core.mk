# The library, the sandbox, and the system packages that both need.

.PHONY: setup nextest lib sandbox test-core lint-core $(LIB) $(SANDBOX)

# On a terminal cargo shows its progress, elsewhere nothing but errors.
CARGO_QUIET := $(shell [ -t 2 ] || echo --quiet)

setup:
	@scripts/setup

# cargo finds its own commands in the folder where it installs them, also if PATH lacks it.
nextest:
	@cargo nextest --version >/dev/null 2>&1 || { \
		echo 'Building cargo-nextest, which runs the Rust tests (about 5 minutes)' && \
		cargo install $(CARGO_QUIET) --locked cargo-nextest; }

lib: $(LIB)
sandbox: $(SANDBOX)

# Always run: cargo knows what is up to date.
$(LIB):
	@echo 'Building libvce (about 2 minutes the first time)'
	@cargo build $(CARGO_QUIET) --release --locked --package libvce --lib
	@ln -sf $(notdir $@) $@.0  # its SONAME, by which the loader looks for it

$(STATIC): $(LIB)

$(SANDBOX):
	@echo 'Building the sandbox (about a minute the first time)'
	@cargo build $(CARGO_QUIET) --locked --package vce-sandbox --bin vce-sandbox

test-core: nextest
	@echo 'Building the Rust tests (about 2 minutes the first time), and running them'
	@cargo nextest run $(CARGO_QUIET:--quiet=--cargo-quiet) --workspace --locked --status-level fail --final-status-level fail
	@echo "Running the documentation's Rust examples"
	@cargo test --quiet --locked --doc

lint-core:
	@cargo fmt --all --check
	@cargo clippy --quiet --workspace --all-targets --locked -- -D warnings
	@RUSTDOCFLAGS='-D warnings' cargo doc --quiet --workspace --no-deps --locked
