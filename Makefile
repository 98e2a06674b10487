# make demo    install into .venv, run the demo cohort, write report.zip
# make test    the whole test suite
# make lint    formatting, style, types, Snakemake's own linter
# make docs    the documentation, into docs/build
# make clean   remove the results of the demo and all caches (make distclean: .venv too)
#
# Variables:  PYTHON=/path/to/python3   CORES=4   TORCH=cpu (the CPU build of torch: about 200 MB instead of several GB)
# Without PYTHON, .venv is made with the newest supported Python on PATH (envs/find_python.sh).

CORES ?= all
TORCH ?=

BIN := .venv/bin

ifeq ($(TORCH),cpu)
export PIP_EXTRA_INDEX_URL := $(strip $(PIP_EXTRA_INDEX_URL) https://download.pytorch.org/whl/cpu)
endif

.PHONY: demo test lint docs format reference lock install clean distclean

demo: install
	@start=$$(date +%s); \
	$(BIN)/snakemake --cores $(CORES) --rerun-incomplete --configfile config/quick.yaml --report report.zip --report-after-run \
		|| exit 1; \
	echo; \
	echo "Done in $$(( $$(date +%s) - start )) s. Look at:"; \
	echo "  results/demo/summary.md        the result in words"; \
	echo "  results/demo/leaderboard.tsv   every embedding, apparent beside held-out"; \
	echo "  report.zip                     all figures and tables: unpack it and open report.html in a browser"

test: install
	$(BIN)/pytest -n auto --dist loadfile

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

# A warning stops it.
docs: install
	$(BIN)/python -m sphinx -W --keep-going --quiet docs docs/build
	@echo "Open docs/build/index.html."

# Put code into the format that `lint` asks for.
format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow

# The reference in config/README.md, from the schema.
reference: install
	PYTHONPATH=scripts $(BIN)/python -m stratomics.config.reference --write

# envs/lock.txt and envs/stratomics.yaml, from envs/requirements.in and the packages installed in .venv.
lock:
	$(BIN)/python envs/generate.py
	cp envs/lock.txt .venv/lock.txt

# From scratch whenever the lock has changed or the Python behind .venv is gone, and removed again when it fails or is
# interrupted. The copy of the lock is written last: a .venv without it was never finished.
# The lock names every package, so pip is not to follow what packages ask for (on 3.13 that would be one that has to be
# compiled, for a part of scikit-survival that is not used); all but the CUDA packages of PyPI's torch, which the last
# pip brings.
install:
	@cmp -s envs/lock.txt .venv/lock.txt && [ -x $(BIN)/python ] && exit 0; \
	python=$$(PYTHON="$$PYTHON" sh envs/find_python.sh $(MAKECMDGOALS)) || exit 1; \
	echo "Installing into .venv with $$python; this takes a few minutes, once."; \
	trap 'exit 130' INT; trap 'exit 143' TERM HUP; trap '[ -f .venv/lock.txt ] || rm -rf .venv' EXIT; \
	rm -rf .venv && \
	"$$python" -m venv .venv && \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r envs/lock.txt && \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c envs/lock.txt torch && \
	cp envs/lock.txt .venv/lock.txt

clean:
	rm -rf results/demo logs/demo benchmarks/demo report.zip
	rm -rf build dist docs/build scripts/stratomics.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis scripts/.mypy_cache
	find envs scripts tests -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean
	rm -rf .venv .snakemake
