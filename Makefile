PYTHON ?= python3
BIN := .venv/bin
LIB := .venv/.lib
DEV := .venv/.dev

.DEFAULT_GOAL := help
.PHONY: help train test slow lab hooks docs readme dist clean

help: ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t12

$(BIN)/python:
	$(PYTHON) -m venv .venv

$(LIB): settings.ini setup.py | $(BIN)/python
	$(BIN)/python -m pip install -q -e '.[fast]'
	@touch $@

$(DEV): settings.ini setup.py | $(BIN)/python
	$(BIN)/python -m pip install -q -e '.[dev,zoo,fast,int8,review,serve,sound]'
	@touch $@ $(LIB)

train: $(LIB) ## train the cat-or-dog classifier on the built-in sample
	@$(BIN)/petlab train sketch --out model

test: $(DEV) ## run every check: modules, style, notebooks, README, site; ROOM=bank: that room's alone
	@$(BIN)/python .ci/test.py $(ROOM)

slow: $(DEV) ## also run the notebook cells marked slow
	$(BIN)/nbdev-test --flags slow

lab: $(DEV) ## open JupyterLab on the notebooks
	$(BIN)/jupyter lab --notebook-dir nbs --config .ci/lab.py nbs/lesson/1_first_model.ipynb

hooks: $(DEV) ## make git show and merge notebooks cell by cell
	git config merge.jupyternotebook.name "notebooks, cell by cell"
	git config merge.jupyternotebook.driver "$(BIN)/nbdev-merge %O %A %B %P"
	git config diff.jupyternotebook.command $(BIN)/nbdev-diff-driver

docs: $(DEV) ## build the site: _docs/index.html
	@$(BIN)/python .ci/docs.py && echo _docs/index.html

readme: $(DEV) ## make README.md from nbs/index.ipynb
	@$(BIN)/python .ci/readme.py

dist: $(DEV) ## build the sdist and the wheel
	rm -rf dist
	$(BIN)/python -m build -q

clean: ## remove what was built (not the models)
	rm -rf .venv build dist _docs _proc *.egg-info
	@git config --remove-section diff.jupyternotebook 2>/dev/null || true
