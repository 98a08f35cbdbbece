# Everything a person does here, one command each; `make help` lists them.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
IMAGES ?= docs/pictures
CODECS ?= wave-light,wave-fast,wave,wave-max,jxl1,jxl3,jxl7,jxl9,webp,png,j2k
RESULT ?=
FLAGS ?=
FILES ?= 10000
MINUTES ?= 20

TIMES ?= 50
STRANGE ?= 40000
ARRAYS ?= 5000

.PHONY: help demo test docs benchmark paper goldens fuzz kill strange cross-check sanitize man wheel wheels clean

help:
	@sed -n 's/^# \(make [a-z-]*\) *: /\1\t/p' Makefile | expand -t 20

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

# The package is built again where its sources are newer than the environment's mark.
SOURCES := $(shell find src engine CMakeLists.txt pyproject.toml -type f -not -name '*.so' -not -path '*/__pycache__/*')
$(VENV)/package: $(BIN)/python $(SOURCES)
	$(BIN)/python -m pip install --quiet '.[benchmark]'
	@touch $@
$(VENV)/tools: $(VENV)/package
	$(BIN)/python -m pip install --quiet '.[benchmark,test,train]'
	@touch $@

$(VENV)/site-tools: $(VENV)/package
	$(BIN)/python -m pip install --quiet '.[docs]'
	@touch $@

# make demo        : build, encode a photograph, decode it, compare, and print sizes beside PNG, WebP and JPEG XL
demo: $(VENV)/package
	@PATH="$(BIN):$$PATH" $(BIN)/python benchmarks/demo.py docs/pictures/chelsea.png demo-output

# make test        : build and run the tests, a process for each of at most 4 processors
test: $(VENV)/tools
	$(BIN)/python -m pytest -q --numprocesses auto --maxprocesses 4 --dist loadfile

# make docs        : build the documentation's site in site/, without a warning; links and headings are checked
docs: $(VENV)/site-tools
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo site/index.html

# make benchmark   : sizes and speeds beside other codecs, IMAGES=folder; RESULT=NAME keeps them; FLAGS="--gray --memory"
benchmark: $(VENV)/package
	$(BIN)/python benchmarks/compare.py $(IMAGES) --codecs $(CODECS) $(FLAGS) $(if $(RESULT),--out benchmarks/results/$(RESULT))
	$(if $(RESULT),$(BIN)/python benchmarks/tables.py --write)

# make paper       : measure the weights of the paper's networks on IMAGES="FOLDER ...", write docs/paper.md's tables and pictures
paper: $(VENV)/tools
	$(BIN)/python scripts/draw_network.py
	$(BIN)/python benchmarks/paper.py measure $(filter-out docs/pictures,$(IMAGES))
	$(BIN)/python benchmarks/paper.py pages

# make goldens     : write the golden files anew; only on purpose, since every difference is a change of the format
goldens: $(VENV)/tools
	$(BIN)/python -m tests.golden.make

# make fuzz        : MINUTES=20 each: libFuzzer on the engine (needs clang), files of all kinds mutated, containers by coverage (needs atheris); FILES=10000 damaged files, and as many that keep JPEG files
fuzz: $(VENV)/tools
	@failed=0; engine/tests/fuzz.sh $(MINUTES) || failed=1; \
	$(BIN)/python -m tests.fuzz $(MINUTES) || failed=1; \
	$(BIN)/python -m tests.fuzz.atheris_containers $(MINUTES) || failed=1; \
	$(BIN)/python -m tests.long.fuzz_decoder $(FILES) || failed=1; \
	$(BIN)/python -m tests.long.jpeg_files --files $(FILES) || failed=1; exit $$failed

# make kill        : kill runs over folders at TIMES=50 random moments, and look for every picture
kill: $(VENV)/tools
	$(BIN)/python -m tests.long.kill_folder $(TIMES)

# make strange     : STRANGE=40000 strange picture files, each refused with its reason or given back equal; ARRAYS=5000 arrays
strange: $(VENV)/tools
	$(BIN)/python -m tests.strange.run --files $(STRANGE)
	$(BIN)/python -m tests.strange.arrays $(ARRAYS)

# make cross-check : the kernels of every instruction set against each other, those of other machines emulated
cross-check:
	engine/tests/cross_check.sh

# make sanitize    : the engine's check under the address, undefined-behaviour and thread sanitizers
sanitize:
	engine/tests/sanitize.sh
	engine/tests/threads.sh

# make man         : manual pages and completion scripts in build/share, from the help texts; wheels carry them
man:
	$(PYTHON) scripts/man_pages.py build/share

# make wheels      : dist/: an sdist, and wheels of all kinds that this machine can build and repair (Linux); docs/install.md
wheels:
	scripts/wheels.sh dist

# make wheel       : dist/*.whl
wheel: $(BIN)/python
	$(BIN)/python -m pip wheel --quiet --no-deps -w dist .

# make clean       : remove what was built
clean:
	rm -rf $(VENV) build dist site demo-output
