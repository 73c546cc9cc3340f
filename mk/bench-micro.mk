# The parts that need no network, measured by criterion; its reports stay in cargo's folder, under criterion.

.PHONY: bench-micro

bench-micro:
	@cargo bench --quiet --locked --bench micro
