# Two commands: `make app` serves the app, `make test` runs the tests; each sets up .venv first where needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PORT ?= 8501

.PHONY: app test lint sample-weights clean

app: $(VENV)/.ready
	$(BIN)/streamlit run streamlit_app.py --server.port $(PORT)

# First what can share the machine, two files at a time, then what measures seconds or the disk, alone.
ALONE := tests/browser tests/training/test_faults.py tests/training/test_launch.py

test: $(VENV)/.ready-test
	OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal $(ALONE:%=--ignore=%)
	$(BIN)/python -m pytest $(ALONE)

lint: $(VENV)/.ready-test
	$(BIN)/ruff check .

# Trains what answers for the embedded sample, in a few minutes on two cores, and replaces weights/sample. The small
# networks come last: larger ones are their teachers.
sample-weights: $(VENV)/.ready
	rm -rf build/sample-weights
	set -e; export GENRECLF_HOME=$(CURDIR)/build/sample-weights/home; train() { $(BIN)/genreclf train "$$@" --data assets/sample --run-dir build/sample-weights/$$1; \
	  $(BIN)/genreclf runs ship build/sample-weights/$$1 --set sample --form int8; }; \
	train prior; train tfidf; train poster --epochs 8 --batch-size 16; \
	train overview --epochs 6 --batch-size 16; train fusion --batch-size 16; \
	train cnn --epochs 60 --batch-size 16; train lstm --epochs 15 --batch-size 16

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "genreclf needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: $(VENV)/bin/python requirements.txt pyproject.toml
	$(PIP) -e .
	@$(PIP) -e '.[vectors]' || echo "No word vectors for this platform: a tuned LSTM will start its embedding at random."
	touch $@

$(VENV)/.ready-test: $(VENV)/.ready
	$(PIP) -e '.[test]'
	touch $@
