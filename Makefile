# `make app` serves the app, `make test` runs the tests; each sets up .venv first where needed. `make help` lists all.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
HOST ?= 127.0.0.1
PORT ?= 8501
# TensorFlow and JAX would each take all cores for every pytest worker.
ONE_THREAD := OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1
PYTEST := $(BIN)/python -m pytest

.PHONY: help app public check format lint types test lock sample-weights clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "make %-16s %s\n", $$1, $$2 }'

app: $(VENV)/.ready ## serve the app on http://localhost:8501 (PORT=, HOST=0.0.0.0 for the network)
	$(BIN)/streamlit run streamlit_app.py --server.port $(PORT) --server.address $(HOST)

public: $(VENV)/.ready ## serve the app to anyone, who may look and ask but change nothing (docs/serving.md)
	GENRECLF_PUBLIC=1 $(BIN)/streamlit run streamlit_app.py --server.port $(PORT) \
	  --server.address $(if $(filter file,$(origin HOST)),0.0.0.0,$(HOST))

check: $(VENV)/.ready-test lint types ## format, lint, types and the fast tests, in under a minute on two cores
	$(ONE_THREAD) $(PYTEST) -q -n 2 --dist worksteal -m fast

lint: $(VENV)/.ready-test ## check the format and the style of the code
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

format: $(VENV)/.ready-test ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: $(VENV)/.ready-test ## check the types
	$(BIN)/mypy

# First, in two processes, the tests that can share the machine; then, alone, those in which a page must appear in time.
test: $(VENV)/.ready-test ## run all tests
	$(ONE_THREAD) $(PYTEST) -n 2 --dist worksteal -m "not browser"
	$(PYTEST) -m browser

lock: $(VENV)/.ready ## refresh requirements.lock to the newest versions that requirements.txt and the extras allow
	$(PIP) uv
	$(BIN)/uv pip compile --upgrade --universal --python-version 3.11 --all-extras --no-header --no-annotate \
	  pyproject.toml -o requirements.lock

# Trains the models for the embedded sample, and replaces weights/sample. The networks start from the weights for real
# films. Those of posters learn from made-up films, too, and the LSTM from the real ones in the folder REAL.
sample-weights: $(VENV)/.ready ## retrain the weights for the embedded sample (REAL=, a folder of real films)
	@test -d "$(REAL)" || { echo "Name a folder of real films: make sample-weights REAL=DIR"; exit 1; }
	rm -rf build/sample-weights
	set -e; export GENRECLF_HOME=$(CURDIR)/build/sample-weights/home; runs=build/sample-weights; more=$$runs/made-up; \
	train() { $(BIN)/genreclf train "$$@" --data assets/sample --run-dir $$runs/$$1; \
	  $(BIN)/genreclf runs ship $$runs/$$1 --set sample --form int8; }; \
	$(BIN)/python -m tools.draw_sample --made-up 4000 --output $$more; train prior; train tfidf; \
	train overview --batch-size 16 --epochs 4 --learning-rate 3e-4 --set initial_weights=imdb; \
	train poster --epochs 2 --set teacher= --set initial_weights=imdb --set further_films=$$more; \
	train fusion --batch-size 16; \
	train lstm --batch-size 32 --epochs 12 --learning-rate 1e-3 --set teacher_epoch=1 --set initial_weights=imdb \
	  --set further_films=$(REAL); mv $$runs/lstm $$runs/lstm-first; \
	train lstm --batch-size 32 --epochs 6 --learning-rate 5e-4 --set teacher_epoch=1 \
	  --set initial_weights=$$runs/lstm-first; \
	train cnn --batch-size 32 --epochs 12 --set teacher_epoch=1 --set initial_weights=imdb --set further_films=$$more; \
	$(BIN)/python -m tools.predict_sample

clean: ## remove the virtual environment and what was built
	rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache .mypy_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "genreclf needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The lock file contains the versions that the tests passed with; requirements.txt the ranges that should work.
$(VENV)/.ready: $(VENV)/bin/python requirements.txt requirements.lock pyproject.toml
	$(PIP) -c requirements.lock -e .
	@$(PIP) -c requirements.lock -e '.[vectors]' || echo "No word vectors for this platform: a tuned LSTM will start its embedding at random."
	touch $@

$(VENV)/.ready-test: $(VENV)/.ready
	$(PIP) -c requirements.lock -e '.[test]'
	touch $@
