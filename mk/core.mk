# The library, the sandbox, and the system packages that both need.

.PHONY: setup lib sandbox test-core lint-core $(LIB) $(SANDBOX)

setup:
	@scripts/setup

lib: $(LIB)
sandbox: $(SANDBOX)

# Always run: cargo knows what is up to date.
$(LIB):
	@cargo build --quiet --release --locked --package libvce --lib
	@ln -sf $(notdir $@) $@.0  # its SONAME, by which the loader looks for it

$(STATIC): $(LIB)

$(SANDBOX):
	@cargo build --quiet --locked --package vce-sandbox --bin vce-sandbox

test-core:
	@cargo nextest run --cargo-quiet --workspace --locked --status-level fail --final-status-level fail
	@cargo test --quiet --locked --doc

lint-core:
	@cargo fmt --all --check
	@cargo clippy --quiet --workspace --all-targets --locked -- -D warnings
	@RUSTDOCFLAGS='-D warnings' cargo doc --quiet --workspace --no-deps --locked
