# Everything from a fresh checkout with only Python 3.11, make and a package index: `make demo`, `make test`.
# Python 3.13, where there is one, tests the same add-on in Blender 5.2 as well.

VENV := .venv
VENV52 := .venv-blender52
BIN := $(VENV)/bin
PHOTO ?= samples/photo.jpg
RIG ?= samples/character.blend
DEMO := demo
MOCAP ?= mocap
MINUTES ?= 90
SKETCH_MINUTES ?= 180
TEXT_MINUTES ?= 66
LESSONS := build/training
ANNY := $(LESSONS)/anny
TEXT_LESSONS := build/training_text
WINDOW_TREE ?= /opt/blender-sid
VIDEO ?=
PLATFORMS ?=
PYTHONS ?=
EXTENSION_FLAGS ?=
PYTEST_FLAGS ?=

# The first Python of a version that starts: on the path, or kept by pyenv where its shims offer another version.
find_python = $(shell for python in python$(1) "$$HOME"/.pyenv/versions/$(1)*/bin/python$(1); do \
	"$$python" -c "import venv" >/dev/null 2>&1 && { echo "$$python"; break; }; done)
INSTALL = -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
PINS := pyproject.toml constraints.txt Makefile

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo test test-backend test-blender test-blender52 train-pose train-sketch train-text check lint types format benchmark extension test-extension test-window models clean clean-all

help: ## Show what make can do
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(VENV)/.runtime models ## Pose the demonstration character from a photo; PHOTO=my.jpg takes yours
	@mkdir -p $(DEMO)
	$(BIN)/contrapposto photo "$(PHOTO)" --rig "$(RIG)" --out $(DEMO)/posed.blend --preview $(DEMO)/preview.png

test: $(VENV)/.dev models ## Run all tests: without Blender, in Blender 4.5 and, given Python 3.13, in Blender 5.2
	@$(MAKE) --no-print-directory --keep-going test-backend test-blender52 test-blender

test-backend: $(VENV)/.dev models ## Test the backend, without Blender
	@echo "== The backend, without Blender"
	$(BIN)/pytest tests/backend $(PYTEST_FLAGS)

test-blender: $(VENV)/.dev models ## Test the add-on in Blender 4.5
	@echo "== The add-on in Blender 4.5 on Python 3.11"
	$(BIN)/pytest tests/blender $(PYTEST_FLAGS)

test-extension: $(VENV)/.dev models ## Build the zip for this Linux, install, use and remove it in an empty Blender 4.5
	@echo "== The built extension in a Blender 4.5 that has nothing else"
	$(BIN)/pytest tests/extension $(PYTEST_FLAGS)

# PLATFORMS="linux-x64 windows-x64" and PYTHONS="3.11 3.14" choose; EXTENSION_FLAGS=--without-torch leaves torch out.
extension: $(VENV)/.runtime models ## Build the zips that artists install, and their index, into dist
	$(BIN)/python -m wheels.build --platforms $(PLATFORMS) --pythons $(PYTHONS) $(EXTENSION_FLAGS)

# Linux, as root. WINDOW_TREE: where the Debian tree with Blender 5.2 is, or is made; VIDEO: a video of a person, or none.
test-window: $(VENV)/.runtime models ## Install the built zip in a real Blender 5.2 window and work with it by mouse and keyboard
	@[ -x $(WINDOW_TREE)/usr/bin/blender ] || tests/window/setup.sh $(WINDOW_TREE)
	$(BIN)/python -m wheels.build --platforms linux-x64 --pythons 3.14
	tests/window/run.sh $(WINDOW_TREE) $(PHOTO) $(or $(VIDEO),$(PHOTO)) installed_story

check: lint types test test-extension ## Do what continuous integration does: format, lint, types and all tests

lint: $(VENV)/.dev ## Check format and style
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev ## Check types
	$(BIN)/pyright

format: $(VENV)/.dev ## Format the code and repair what can be repaired
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# 33,000 poses of CMU's and DeepMimic's motions, then the network: on two processor cores within two hours.
train-pose: $(VENV)/.dev ## Train the pose model from the zips of motion capture in MOCAP=folder
	$(BIN)/python -m training.mocap.collect "$(MOCAP)" $(LESSONS)/poses.npz
	$(BIN)/python -m training.train_pose $(LESSONS)/poses.npz $(LESSONS)/pose.safetensors --minutes $(MINUTES)
	@echo "$(LESSONS)/pose.safetensors is made. To ship it: python -m training.ship $(LESSONS)/pose.safetensors"

# The poses are those that train-pose collected. Drawing 60,000 takes about ten minutes on two idle cores; a run that was
# stopped goes on.
train-sketch: $(VENV)/.dev $(LESSONS)/bodies.npz $(LESSONS)/bodies_held_out.npz ## Train the network that reads drawings
	$(BIN)/python -m training.drawings.make $(LESSONS)/poses.npz $(LESSONS)/bodies_held_out.npz \
		$(LESSONS)/drawings_held_out --held-out --count 2000
	$(BIN)/python -m training.drawings.make $(LESSONS)/poses.npz $(LESSONS)/bodies.npz $(LESSONS)/drawings --workers 2
	$(BIN)/python -m training.train_sketch $(LESSONS)/drawings $(LESSONS)/sketch.safetensors \
		--held-out $(LESSONS)/drawings_held_out --minutes $(SKETCH_MINUTES)
	$(BIN)/python -m training.evaluate_sketch $(LESSONS)/sketch.safetensors $(LESSONS)/drawings_held_out \
		--count 600 --detector --calibrated $(LESSONS)/drawing.safetensors
	@echo "To ship it: python -m training.ship $(LESSONS)/drawing.safetensors --model drawing"

# The clips' descriptions are read from CMU's index, CMU_data.csv, beside the zips. The retrieval model is the judge alone.
train-text: $(VENV)/.dev models ## Train the model that drafts poses for words from the zips in MOCAP=folder
	$(BIN)/python -m training.mocap.collect "$(MOCAP)" $(LESSONS)/poses.npz
	$(BIN)/python -m training.text.lessons $(LESSONS)/poses.npz $(TEXT_LESSONS)/lessons.npz --mocap "$(MOCAP)"
	$(BIN)/python -m training.train_text $(TEXT_LESSONS)/lessons.npz $(TEXT_LESSONS)/text.safetensors \
		--minutes $(TEXT_MINUTES)
	$(BIN)/python -m training.text.retrieval $(TEXT_LESSONS)/lessons.npz $(TEXT_LESSONS)/retrieval.safetensors
	$(BIN)/python -m training.text.evaluate $(TEXT_LESSONS)/lessons.npz $(TEXT_LESSONS)/retrieval.safetensors \
		--model "the text model" $(TEXT_LESSONS)/text.safetensors
	$(BIN)/python -m training.text.wordings $(TEXT_LESSONS)/wordings.safetensors
	@echo "To ship it: python -m training.ship $(TEXT_LESSONS)/text.safetensors --model text"
	@echo "and $(TEXT_LESSONS)/wordings.safetensors --model text_wordings where families.toml has changed"

# Bodies to draw come from anny, which lives in an environment of its own.
$(LESSONS)/bodies.npz: $(ANNY)/.installed
	$(ANNY)/bin/python -m training.drawings.bodies $@

$(LESSONS)/bodies_held_out.npz: $(ANNY)/.installed
	$(ANNY)/bin/python -m training.drawings.bodies $@ --count 16 --seed 1

$(ANNY)/.installed: | $(VENV)/bin/python
	$(BIN)/python -m venv $(ANNY)
	$(ANNY)/bin/python $(INSTALL) --editable . anny==0.6.2 trimesh safetensors warp-lang pyyaml roma torch
	@touch $@

benchmark: $(VENV)/.dev models ## Measure photos and retargeting on what is at hand
	$(BIN)/python benchmarks/photo.py
	$(BIN)/python benchmarks/retarget.py --accuracy --round-trip --speed

models: $(VENV)/.runtime
	@$(BIN)/python -m contrapposto.backend.weights.fetch

clean: ## Remove what demo, tests and builds left behind
	rm -rf $(DEMO) build dist .pytest_cache .ruff_cache .hypothesis
	find . -path './.venv*' -prune -o -name __pycache__ -type d -exec rm -rf {} +

clean-all: clean ## Remove the environments and the fetched models too
	rm -rf $(VENV) $(VENV52) contrapposto.egg-info backend/weights/blazepose backend/weights/minilm

$(VENV)/bin/python:
	$(eval PYTHON ?= $(call find_python,3.11))
	@test -n "$(PYTHON)" || { echo "Python 3.11 was not found: install it, or say where it is with make PYTHON=..."; exit 1; }
	"$(PYTHON)" -m venv $(VENV)

# The stamps make a second run start at once, and a change of the pins install again.
$(VENV)/.runtime: $(PINS) | $(VENV)/bin/python
	@echo "Setting up $(VENV) with Blender as a Python module and torch (about 2 GB, more where pip brings CUDA; once)"
	$(BIN)/python $(INSTALL) --editable '.[blender,torch]'
	@touch $@

# mediapipe is the reference of the detector's tests. Its own dependencies would bring JAX and a second OpenCV.
$(VENV)/.dev: $(VENV)/.runtime
	@echo "Adding the tools for tests and checks to $(VENV) (once)"
	$(BIN)/python $(INSTALL) --editable '.[dev]'
	$(BIN)/python $(INSTALL) --no-deps mediapipe
	@touch $@

PYTHON313 ?= $(call find_python,3.13)
ifneq ($(wildcard $(VENV52)/bin/python)$(PYTHON313),)

test-blender52: $(VENV52)/.installed models ## Test the add-on in Blender 5.2, without torch
	@echo "== The add-on in Blender 5.2 on Python 3.13, without torch"
	$(VENV52)/bin/pytest tests/blender $(PYTEST_FLAGS)

$(VENV52)/bin/python:
	"$(PYTHON313)" -m venv $(VENV52)

$(VENV52)/.installed: $(PINS) | $(VENV52)/bin/python
	@echo "Setting up $(VENV52) with Blender 5.2 as a Python module (about 400 MB; once)"
	$(VENV52)/bin/python $(INSTALL) --editable '.[blender,test]'
	@touch $@

else

test-blender52:
	@echo "== The add-on in Blender 5.2: skipped, because no Python 3.13 was found on the path or under pyenv"

endif
