# make run     the app, open on the demo match
# make test    every test
# make check   ruff and mypy
# make demo    the analysis that the demo match ships with, anew
# make bench   speed and memory of analysis and app; make bench-load   twenty sessions on a video of 1.5 GB
# make bench-evaluation    our evaluator and the official one, time and memory; DATA is the folder of shared data
# make bench-spotters    every system on the same matches, and what ships; RETRAIN=1 trains those that read features first,
#                        DEVICE=cuda on a GPU
# make bench-cameras   every system of shots and of replay grounding on the same matches; RETRAIN=1 trains them anew
# make bench-calibration   where pictures look, by the network that ships and a classical baseline, on rendered matches
# make bench-calibration-spotting   spotting from the camera's pose and the players, on simmatch and on real games; says
#                        its hours first, RETRAIN=1 trains anew what has a log; PLAN=1 trains nothing
# make bench-comedian   whether COMEDIAN's stages without labels help, by share of the labels; says its hours first,
#                        PLAN=1 trains nothing
# make bench-domains   what carries over to matches of another look: rendered variety, drawn variety, which of it; says its
#                        hours first, PLAN=1 trains nothing
# make bench-entity-places   whether entity attention gains from where on the pitch each entity stands; says its hours
#                        first, PLAN=1 trains nothing
# make bench-adapted   whether batch statistics of the match itself help on matches of another look
# make bench-active   how many labels are enough, by strategy, system and data; NAMES="max++ …" for some experiments
# make bench-first-spots   what a newcomer waits for the first spots of ten minutes by a published model, installation included
# make bench-further   what the bundled model gains by training further on labelled matches of other looks
# make bench-review-walk   what ten minutes of review give a model of few labels
# make bench-boundaries   boundary systems beside their papers, to the frame; RETRAIN=1 trains what ships, too
# make bench-decoding   reading a half's samples in one stretch and in several at once, time and memory
# make bench-together   two analyses and an explanation at once and one after another, with threads that spin and that sleep
# make bench-explain   what explanations and what-ifs take, as it is and as on a processor that has AVX2 alone
# make bench-openvino   the entity model's image tower by OpenVINO beside torch, and whether spots stay the same
# make bench-look   how far matches look from what the bundled model was trained on, and what is no football
# make bench-clock   how well the match clock and the score are read off the score bug, by split and style; SPLIT=test
# make bench-long-recordings   a stream of four hours with gaps, 1080i, 50 frames a second, a half in two files, analysed
#                        in one go; HOURS=1 for a shorter stream
# make bench-streaming   the memory of an epoch over 300 games
# make bench-preflight   how often the preflight checks tell what is wrong
# make bench-decisions   what decides each class: entities, picture, or a shortcut of the rendered world
# make bench-entities    how well the bundled entity model finds, by overlap and by distance, names and answers phrases
# make bench-players   people, teams, tracks and ball on the pitch, on rendered matches
# make bench-possession   whose ball it is, how long before a spot
# make bench-clips   cutting clips, ours and ffmpeg's command line (which has to be installed)
# make bench-reading   memory and time of reading label files and archives that are far too large
# make tried   variations of every format of labels, read and written into docs/formats.md
# make fuzz   damaged and odd files of every format, FUZZ=50 times as many as make test reads
# make bench-search   searching 500 matches with 200,000 spots
# make attack   everything that is tried to get in or to bring the app down, on this machine; tried and held, by group
# make sbom     the bill of materials of what is installed, sbom.json (CycloneDX)
# make mutants   whether the tests notice single faults in windows, clips, maps and other arithmetic that much rests on;
#                MODULE=spotting_core/domain/suppression.py for one; hours for all of them; SAMPLE=100 puts in so many
# make mutants-js   the same for what the player draws and where it is clicked, in Chromium
# Everything needed is installed on the way; nothing but Python 3.11 and make has to be there before.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
DATA ?= ../shared/data

.PHONY: run test test-gpu check demo bench bench-load bench-evaluation bench-preflight bench-entities bench-decisions \
	bench-boundaries bench-calibration bench-calibration-spotting bench-cameras bench-clips \
	bench-active bench-adapted bench-comedian bench-decoding bench-domains bench-entity-places bench-first-spots bench-further \
	bench-explain bench-long-recordings bench-players bench-possession bench-review-walk bench-search bench-openvino bench-spotters \
	bench-together bench-look bench-clock bench-streaming bench-reading tried fuzz mutants mutants-js attack sbom \
	clean chromium

run: $(VENV)/.installed
	$(BIN)/touchline app --port $(PORT)

# Two at once, with one thread each: two processes with two threads each would hold each other up. A file is tested by one
# process, for its tests share what was made for them, and those that take long come first. Pages in Chromium are driven
# by one process as well, for the browser and the server share the processor already (tests/conftest.py).
test: $(VENV)/.test-installed chromium
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder --durations 20

test-gpu: $(VENV)/.test-installed
	TOUCHLINE_TEST_GPU=1 $(BIN)/python -m pytest -m gpu

check: $(VENV)/.test-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

demo: $(VENV)/.installed
	rm -rf assets/demo_match/analysis
	$(BIN)/touchline analyze --demo --task spotting --explain --out assets/demo_match/analysis

bench: chromium
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.screens

bench-load: chromium
	$(BIN)/python -m benchmarks.load

bench-evaluation: $(VENV)/.test-installed
	$(BIN)/python -m benchmarks.evaluation $(DATA)/evaluation

bench-preflight: $(VENV)/.test-installed
	$(BIN)/python -m benchmarks.preflight $(DATA)

bench-spotters: $(VENV)/.installed
	$(BIN)/python -m benchmarks.spotters $(DATA)/simmatch --ablations $(if $(RETRAIN),--retrain) \
		$(if $(DEVICE),--device $(DEVICE))

bench-cameras: $(VENV)/.installed
	$(BIN)/python -m benchmarks.cameras $(DATA)/simmatch --real $(DATA)/real_calibration $(if $(RETRAIN),--retrain)

bench-calibration: $(VENV)/.installed
	$(BIN)/python -m benchmarks.calibration $(DATA)/simmatch

bench-calibration-spotting: $(VENV)/.installed
	$(BIN)/python -m benchmarks.calibration_spotting $(DATA)/simmatch --real $(DATA)/real_calibration \
		$(if $(RETRAIN),--retrain) $(if $(PLAN),--plan)

bench-comedian: $(VENV)/.installed
	$(BIN)/python -m benchmarks.comedian $(DATA)/simmatch --figure docs/comedian.svg $(if $(PLAN),--plan)

bench-entity-places: $(VENV)/.installed
	$(BIN)/python -m benchmarks.entity_places $(DATA)/simmatch $(if $(PLAN),--plan)

bench-active: $(VENV)/.installed
	$(BIN)/python -m benchmarks.active_learning $(DATA)/simmatch --real $(DATA)/real_calibration \
		--figure docs/active_learning.svg $(if $(NAMES),--only $(NAMES)) $(if $(PLAN),--plan)

bench-first-spots: $(VENV)/.test-installed
	$(BIN)/python -m benchmarks.first_spots

bench-further: $(VENV)/.installed
	$(BIN)/python -m benchmarks.further_training $(DATA)/simmatch $(if $(PLAN),--plan)

bench-adapted: $(VENV)/.installed
	$(BIN)/python -m benchmarks.adapted_statistics $(DATA)/simmatch

bench-domains: $(VENV)/.installed
	$(BIN)/python -m benchmarks.domains $(DATA)/simmatch $(if $(PLAN),--plan)

bench-review-walk: $(VENV)/.installed
	$(BIN)/python -m benchmarks.review_walk $(DATA)/simmatch

bench-boundaries: $(VENV)/.installed
	$(BIN)/python -m benchmarks.boundaries $(DATA)/simmatch $(if $(RETRAIN),--retrain)

bench-decoding: $(VENV)/.installed
	$(BIN)/python -m benchmarks.decoding

bench-explain: $(VENV)/.installed
	$(BIN)/python -m benchmarks.explaining

bench-together: $(VENV)/.installed
	$(BIN)/python -m benchmarks.together

# Without what it asks for beside numpy, which tells its makers of its use.
bench-openvino: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --no-deps openvino==2026.4.1
	$(BIN)/python -m benchmarks.openvino_tower

bench-look: $(VENV)/.installed
	$(BIN)/python -m benchmarks.look $(DATA)/simmatch

bench-clock: $(VENV)/.installed
	$(BIN)/python -m benchmarks.match_clock $(DATA)/simmatch --demo assets/demo_match $(if $(SPLIT),--split $(SPLIT))

bench-long-recordings: $(VENV)/.installed
	$(BIN)/python -m benchmarks.long_recordings $(if $(HOURS),--hours $(HOURS))

bench-streaming: $(VENV)/.installed
	$(BIN)/python -m benchmarks.streaming

bench-decisions: $(VENV)/.test-installed
	$(BIN)/python -m benchmarks.decisions $(DATA)/simmatch/test

bench-entities: $(VENV)/.test-installed
	$(BIN)/python -m benchmarks.entities $(DATA)

bench-possession: $(VENV)/.installed
	$(BIN)/python -m benchmarks.possession $(DATA)/simmatch

bench-players: $(VENV)/.installed
	$(BIN)/python -m benchmarks.players $(DATA)/simmatch

bench-clips: $(VENV)/.test-installed
	$(BIN)/python -m benchmarks.clips
	$(BIN)/python -m benchmarks.clip_costs

bench-reading: $(VENV)/.installed
	$(BIN)/python -m benchmarks.bounded_reading

tried: $(VENV)/.installed
	$(BIN)/python -m benchmarks.format_variations --write

fuzz: $(VENV)/.test-installed
	TOUCHLINE_FUZZ=$(or $(FUZZ),20) $(BIN)/python -m pytest tests/spotting_core/formats/test_fuzzed_formats.py

bench-search: $(VENV)/.test-installed
	$(BIN)/python -m benchmarks.search

attack: $(VENV)/.test-installed
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.attacks $(if $(GROUP),--group "$(GROUP)")

sbom: $(VENV)/.test-installed
	$(BIN)/cyclonedx-py environment $(BIN)/python --pyproject pyproject.toml --output-reproducible \
		--output-format JSON --output-file sbom.json
	@echo sbom.json

mutants: $(VENV)/.test-installed
	$(BIN)/python -m benchmarks.mutants $(MODULE) $(if $(SAMPLE),--sample $(SAMPLE))

mutants-js: chromium
	$(BIN)/python -m benchmarks.mutants_js

chromium: $(VENV)/.test-installed
	@$(BIN)/python -m tests.chromium

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; assert sys.version_info[:2] == (3, 11)' 2>/dev/null \
		|| { echo "Touchline needs Python 3.11; name it with PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

$(VENV)/.test-installed: requirements-test.txt requirements-parity.txt $(VENV)/.installed
	$(BIN)/python -m pip install --quiet -r requirements-test.txt
	$(BIN)/python -m pip install --quiet --no-deps -r requirements-parity.txt
	@touch $@

clean:
	rm -rf $(VENV) *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
