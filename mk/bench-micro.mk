# The parts that need no network, measured by criterion; its reports stay in target/criterion.

.PHONY: bench-micro

bench-micro:
	@cargo bench --quiet --locked --bench micro
