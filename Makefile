# Evenhand. `make help` lists what can be asked; `make V=1` shows whole commands.
#
#   MODE=debug|release|asan|ubsan   which flags, and which folder under build/
#   CC=clang                        another compiler, in folders of its own
#   BUILD=dir                       somewhere else than build/
#   ONLY=tests/unit/crypto          only the tests whose path holds this
#
# One graph for all modes: `make test` takes unit tests from debug and programs from release.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules
ifeq (,$(findstring -j,$(MAKEFLAGS)))
MAKEFLAGS += -j$(shell nproc)
endif

ifeq ($(origin CC),default)
CC := gcc
endif
MODE := release
BUILD := build
DATA :=
ONLY :=
SECONDS := 60
Q := $(if $(V),,@)
.DEFAULT_GOAL := all

# Set-up: each goal asks for no more packages than it needs, and asks before anything is compiled.
GOALS := $(or $(MAKECMDGOALS),all)
KIT := $(if $(filter-out help clean layers,$(GOALS)),build)
TESTING := test unit test-data test-hostile test-page acceptance bench asan ubsan $(BUILD)/%
KIT := $(if $(filter $(TESTING),$(GOALS)),test,$(KIT))
KIT := $(if $(filter test-page,$(GOALS)),page,$(KIT))
KIT := $(if $(filter lint format format-check fuzz check,$(GOALS))$(findstring clang,$(CC)),dev,\
	$(KIT))
KIT := $(strip $(KIT))
ifneq (,$(KIT))
ifeq (,$(shell scripts/deps.sh $(KIT) >&2 && echo ready))
$(error set-up is not complete)
endif
endif

# What there is. A room is a folder and a row of layers.txt; `make layers` finds a folder without.
ROOMS := $(shell awk '/^[a-z]/ { print $$1 }' scripts/layers.txt)
MAIN_evenhand := coordinator/sim/main.c
MAIN_evenhand-data := node/main_data.c
MAIN_evenhand-node := node/main.c
MAIN_evenhand-coordinator := coordinator/main.c
PROGRAMS := evenhand evenhand-data evenhand-node evenhand-coordinator

sources = $(sort $(foreach room,$(1),$(wildcard $(room)/*.c)))
chosen = $(if $(ONLY),$(foreach t,$(1),$(if $(findstring $(ONLY),$(t)),$(t))),$(1))
tests = $(call chosen,$(sort $(shell find $(1) -name '$(2)' 2>/dev/null)))
MAINS := $(wildcard $(foreach p,$(PROGRAMS),$(MAIN_$(p))))
BORN := $(foreach p,$(PROGRAMS),$(if $(wildcard $(MAIN_$(p))),$(p)))
SRC := $(filter-out $(MAINS),$(call sources,$(ROOMS)))
ROOMS_F64 := proto/base models/core models/linear models/vae
SRC_F64 := $(filter-out $(MAINS),$(call sources,$(filter $(ROOMS_F64),$(ROOMS))))
SUPPORT := $(wildcard tests/support/*.c)
UNIT := $(call tests,tests/unit,test_*.c)
DATA_TESTS := $(call tests,tests/data,test_*.c)
FUZZERS := $(call tests,tests/fuzz,fuzz_*.c)
BENCHES := $(call tests,tests/bench,bench_*.c)
TOOLS := $(wildcard tests/tools/*.c tests/hostile/*.c)
PROOFS := $(call tests,tests/acceptance,*.c)
E2E := $(call tests,tests/e2e,*.sh)
PAGES := $(call tests,tests/page,*.sh)
HOSTILE := $(call tests,tests/hostile,*.sh) $(call chosen,tests/acceptance/flip.sh)
OURS := $(sort $(shell find $(wildcard proto crypto models node coordinator tests) -name '*.[ch]'))

# C made from proto/schema, in build/schema: not ours to lint, and seen by one source alone.
SCHEMA := $(BUILD)/schema/evenhand.pb-c
NEEDS_SCHEMA := proto/wire/codec

# Files that report.html carries, as C in build/embed (coordinator/report/asset.h).
ASSETS := chart page_script page_style
ASSET_chart := /usr/share/javascript/chart.js/chart.min.js
ASSET_page_script := coordinator/report/page.js
ASSET_page_style := coordinator/report/page.css

# Flags. HDF5 is on the line of every link, but --as-needed keeps it out of all but evenhand-data.
LIBRARIES := libconfig jansson libsodium openblas hdf5 zlib libprotobuf-c libzmq sqlite3
WARNINGS := -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion \
	-Wdouble-promotion -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wwrite-strings -Wundef \
	-Wvla -Wformat=2 -Wnull-dereference -Wimplicit-fallthrough \
	-Wno-string-conversion # clang's alone, part of its -Wconversion: must(!"a sentence") is meant
ifneq (,$(KIT))
LIBRARY_CFLAGS := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(LIBRARIES)))
LIBRARY_LIBS := $(shell pkg-config --libs $(LIBRARIES)) -lm -lpthread
endif
CFLAGS := -std=c11 -D_GNU_SOURCE -I. -isystem $(BUILD)/schema $(LIBRARY_CFLAGS) $(WARNINGS) \
	-ffp-contract=off -fPIE -ffunction-sections -fdata-sections $(EXTRA_CFLAGS)
LDFLAGS := -pie -Wl,--as-needed -Wl,--gc-sections -Wl,-z,relro,-z,now

HARDENING := -D_FORTIFY_SOURCE=2 -fstack-protector-strong
WATCHED := -O1 -g -DEVENHAND_VERIFY -fno-omit-frame-pointer
FLAGS_debug := -O1 -g -DEVENHAND_VERIFY
FLAGS_release := -O2 -ftree-vectorize -fno-math-errno $(HARDENING)
FLAGS_asan := $(WATCHED) -fsanitize=address
FLAGS_ubsan := $(WATCHED) -fsanitize=undefined -fno-sanitize-recover=all
FLAGS_fuzz := $(WATCHED) -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LDFLAGS_fuzz := -fsanitize=fuzzer
LIBS := libevenhand.a libsupport.a libf64.a
MODES := debug release asan ubsan fuzz
ifeq (,$(filter $(MODE),$(filter-out fuzz,$(MODES))))
$(error MODE is one of $(filter-out fuzz,$(MODES)), not $(MODE))
endif

SUFFIX := $(if $(filter gcc,$(CC)),,-$(notdir $(CC)))
folder = $(BUILD)/$(1)$(if $(filter fuzz,$(1)),,$(SUFFIX))
compiler = $(if $(filter fuzz,$(1)),clang,$(CC))
programs = $(foreach p,$(BORN),$(call folder,$(1))/bin/$(p))
test_programs = $(patsubst %.c,$(call folder,$(1))/%,$(2))
say = @printf '  %-4s %s\n' $(1) $(2)

$(BUILD)/schema/%.pb-c.c $(BUILD)/schema/%.pb-c.h: proto/schema/%.proto
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)protoc-c --proto_path=$(<D) --c_out=$(@D) $<

define rule_of_an_asset
$(BUILD)/embed/$(1).c: $(ASSET_$(1)) scripts/embed.sh
	$$(call say,GEN,$$@)
	@mkdir -p $$(@D)
	$$(Q)scripts/embed.sh $(1) $$< > $$@
endef
$(foreach a,$(ASSETS),$(eval $(call rule_of_an_asset,$(a))))

# The rules of one mode: $(1) its name, $(2) its folder, $(3) its compiler.
define rules_of_a_mode
$(2)/obj/%.o: %.c Makefile
	$$(call say,CC,$$@)
	@mkdir -p $$(@D)
	$$(Q)$(3) $$(CFLAGS) $$(FLAGS_$(1)) -MMD -MP -c -o $$@ $$<

$(2)/f64/%.o: %.c Makefile
	$$(call say,CC,$$@)
	@mkdir -p $$(@D)
	$$(Q)$(3) $$(CFLAGS) $$(FLAGS_$(1)) -DEVENHAND_F64 -MMD -MP -c -o $$@ $$<

$(2)/obj/schema/%.o: $(BUILD)/schema/%.c Makefile
	$$(call say,CC,$$@)
	@mkdir -p $$(@D)
	$$(Q)$(3) $$(CFLAGS) $$(FLAGS_$(1)) -w -MMD -MP -c -o $$@ $$<

$(2)/obj/embed/%.o: $(BUILD)/embed/%.c coordinator/report/asset.h Makefile
	$$(call say,CC,$$@)
	@mkdir -p $$(@D)
	$$(Q)$(3) $$(CFLAGS) $$(FLAGS_$(1)) -c -o $$@ $$<

$(2)/obj/$(NEEDS_SCHEMA).o: $(SCHEMA).h
$(2)/libevenhand.a: $(SRC:%.c=$(2)/obj/%.o) $(SCHEMA:$(BUILD)/%=$(2)/obj/%.o) \
	$(ASSETS:%=$(2)/obj/embed/%.o)
$(2)/libsupport.a: $(SUPPORT:%.c=$(2)/obj/%.o)
$(2)/libf64.a: $(SRC_F64:%.c=$(2)/f64/%.o) $(SUPPORT:%.c=$(2)/f64/%.o)
$(2)/%.a: $(2)/sources
	$$(call say,AR,$$@)
	@rm -f $$@
	$$(Q)ar rcs $$@ $$(filter %.o,$$^)

# Written only when a source came or went, so that an archive keeps nothing of a file that is gone.
$(2)/sources: FORCE
	@mkdir -p $$(@D)
	@echo '$(SRC) $(SUPPORT)' | cmp -s - $$@ || echo '$(SRC) $(SUPPORT)' > $$@

$(foreach p,$(BORN),$(2)/bin/$(p): $(MAIN_$(p):%.c=$(2)/obj/%.o) $(2)/libevenhand.a
)
$(2)/bin/%:
	$$(call link,$(1),$(3))
$(2)/tests/%: $(2)/obj/tests/%.o $(2)/libsupport.a $(2)/libevenhand.a
	$$(call link,$(1),$(3),-lcmocka)
$(2)/tests/%_f64: $(2)/f64/tests/%_f64.o $(2)/libf64.a
	$$(call link,$(1),$(3),-lcmocka)
endef

define link
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(2) $(FLAGS_$(1)) $(LDFLAGS_$(1)) $(LDFLAGS) -o $@ $^ $(3) $(LIBRARY_LIBS)
endef

$(foreach m,$(MODES),$(eval \
	$(call rules_of_a_mode,$(m),$(call folder,$(m)),$(call compiler,$(m)))))
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# What people ask for.
.PHONY: all everything demo test unit test-data test-hostile test-page acceptance asan ubsan fuzz bench layers lint format \
	format-check compdb check clean help FORCE

BIN := $(BORN:%=$(BUILD)/bin/%)
all: ## the programs, in build/bin (another MODE: build/MODE/bin)
all: $(if $(filter release,$(MODE)),$(BIN),$(call programs,$(MODE)))

# build/bin is what was built last; hard links, so a running program keeps its own copy.
$(BUILD)/bin/%: $(call folder,release)/bin/% FORCE
	@mkdir -p $(@D)
	@ln -f $< $@

everything: ## all there is to compile in this MODE, tests included; runs nothing
everything: all $(LIBS:%=$(call folder,$(MODE))/%) \
	$(call test_programs,$(MODE),$(UNIT) $(DATA_TESTS) $(BENCHES) $(PROOFS) $(TOOLS))

demo: all ## a federation on this machine, and its report in build/demo
	@EVENHAND_BIN=$(abspath $(BUILD)/bin) scripts/demo.sh

# Every test runs alone on one thread of BLAS, and finds the programs in EVENHAND_BIN, and those that
# are for tests in EVENHAND_TOOLS.
TOOL_PROGRAMS := $(call test_programs,release,$(TOOLS))
found = OPENBLAS_NUM_THREADS=1 EVENHAND_BIN=$(abspath $(BUILD)/bin) \
	EVENHAND_TOOLS=$(abspath $(call folder,release)/tests)
run = $(found) scripts/run_tests.sh

test: $(call test_programs,debug,$(UNIT)) $(BIN) $(TOOL_PROGRAMS) ## layers, units, and the programs end to end
	@$(run) scripts/layers.sh $(filter-out $(BIN) $(TOOL_PROGRAMS),$^) $(E2E)

unit: $(call test_programs,debug,$(UNIT)) ## the unit tests alone
	@$(run) $^

asan: $(call test_programs,asan,$(UNIT)) ## the unit tests under AddressSanitizer
	@$(run) $^

ubsan: $(call test_programs,ubsan,$(UNIT)) ## the unit tests under UndefinedBehaviorSanitizer
	@$(run) $^

test-data: ## DATA=dir: the tests that need real data
test-data: $(call test_programs,release,$(DATA_TESTS)) $(BIN)
	@[ -n '$(DATA)' -a -d '$(DATA)' ] || { \
		echo 'test-data: DATA=$(DATA) is not a folder; it names the folder of real data' >&2; exit 1; }
	@EVENHAND_DATA=$$(realpath '$(DATA)') $(run) $(filter-out $(BIN),$^) \
		$(call tests,tests/data,*.sh)

test-hostile: $(TOOL_PROGRAMS) $(BIN) ## strangers, ill-meaning sites, bad lines
	@FLIP_SECONDS=25 FLIP_ROUNDS=1200 EVENHAND_TEST_LIMIT_S=240 $(run) $(HOSTILE)

test-page: $(TOOL_PROGRAMS) $(BIN) ## the report's page in a browser
	@$(run) $(PAGES)

acceptance: ## DATA=dir: the long proofs of the issues, minutes to hours
acceptance: $(TOOL_PROGRAMS) $(BIN) $(call test_programs,release,$(PROOFS))
	@test -n '$(DATA)' -a -d '$(DATA)' || { echo 'acceptance: DATA=$(DATA) is not a folder; it names the folder of real data' >&2; exit 1; }
	@failed=0; export $(found) EVENHAND_DATA=$$(realpath '$(DATA)'); \
	for proof in $(call tests,tests/acceptance,*.sh); do echo "== $$proof"; $$proof || { echo "FAILED $$proof"; failed=1; }; done; exit $$failed

fuzz: $(call test_programs,fuzz,$(FUZZERS)) ## SECONDS=60: every fuzzer for so long
	@FUZZ_SECONDS=$(SECONDS) FUZZ_CORPUS=$(BUILD)/fuzz/corpus $(run) $^

bench: $(call test_programs,release,$(BENCHES)) $(TOOL_PROGRAMS) $(BIN) ## medians
	@for program in $(call test_programs,release,$(BENCHES)) $(call tests,tests/bench,*.sh); do \
		$(found) "$$program"; done

layers: ## who includes whom, and which library has which door
	@EVENHAND_BIN=$(abspath $(BUILD)/bin) scripts/layers.sh

# clang-tidy remembers what it found clean, file by file; cppcheck looks at all of it at once.
TIDIED := $(filter %.c,$(OURS))
TIDY_FLAGS = $(CFLAGS) -DEVENHAND_VERIFY $(if $(findstring _f64.,$<),-DEVENHAND_F64) \
	$(if $(filter proto/base/status.c,$<),,-include scripts/lint.h)
$(BUILD)/lint/%.tidy: %.c .clang-tidy Makefile scripts/lint.h
	$(call say,TIDY,$<)
	@mkdir -p $(@D)
	@clang $(TIDY_FLAGS) -MM -MP -MT $@ -MF $(@:.tidy=.d) $<
	$(Q)clang-tidy --quiet $< -- $(TIDY_FLAGS) 2> $(@:.tidy=.err) || \
		{ cat $(@:.tidy=.err) >&2; exit 1; }
	@touch $@

$(BUILD)/lint/$(NEEDS_SCHEMA).tidy: $(SCHEMA).h
lint: $(TIDIED:%.c=$(BUILD)/lint/%.tidy) ## clang-tidy and cppcheck; warnings are errors
	@mkdir -p $(BUILD)/lint/cppcheck
	$(Q)cppcheck --quiet -j2 --std=c11 --language=c -I. -DEVENHAND_VERIFY --error-exitcode=1 \
		--inline-suppr --enable=warning,performance,portability \
		--cppcheck-build-dir=$(BUILD)/lint/cppcheck $(TIDIED)

format: ## clang-format on all of our sources
	@printf '%s\n' $(OURS) | xargs -n 8 -P "$$(nproc)" clang-format -i

format-check: ## fails where `make format` would change something
	@printf '%s\n' $(OURS) | xargs -n 8 -P "$$(nproc)" clang-format --dry-run -Werror

compdb: ## compile_commands.json for an editor, in build/
	@mkdir -p $(BUILD)
	@for source in $(filter %.c,$(OURS)); do \
		printf '{"directory": "%s", "file": "%s", "command": "%s"}\n' '$(CURDIR)' "$$source" \
			'$(CC) $(CFLAGS) $(FLAGS_debug) -c '"$$source"; \
	done | sed '1s/^/[/; $$!s/$$/,/; $$s/$$/]/' > $(BUILD)/compile_commands.json

check: format-check lint test ## what CI runs, without the long parts

clean: ## forgets everything that was built
	rm -rf $(BUILD)

help: ## this list
	@awk -F '## ' '/^[a-z-]+:.*## / { sub(":.*", "", $$1); printf "make %-13s %s\n", $$1, $$2 }' \
		Makefile
