# rollcall: a batch extractor for the users and audit events of an Atlassian
# organisation. README.md says what it does; this file builds and checks it.
#
#   make              build/rollcall
#   make demo         install what is missing, build, run samples/demo.sh
#   make test         install what is missing, run every check and test
#   make unit         unit tests        (unit-asan, unit-valgrind: the same
#                                        under sanitizers, under valgrind)
#   make e2e          the program against the fake site (also: e2e-asan)
#   make tsan         what uses threads, under the thread sanitizer
#   make coverage     lines and branches that unit and e2e run, file by file
#   make faults       death, disk, memory: a fault at every single call (long)
#   make soak         a year of nights in one folder, with faults (long)
#   make bench        against DuckDB, Node.js, Python and jq (long; see
#                     tests/bench/README.md)
#   make bench-net    over a slow network, TLS, throttling (minutes)
#   make bench-ceiling  instructions a record, at most so many
#   make slurm-check  the scripts of samples/slurm under a real Slurm (as root)
#   make fuzz         an hour of libFuzzer over all targets of tests/fuzz
#                     (FUZZ_SECONDS=…; FUZZ=json_scan: one); fuzz-short: 30 s
#                     each
#   make check-style  layers owners hdr-check sizes messages
#   make messages     every error message with its hint, and what one lacks
#   make lint         clang's warnings, clang-tidy, cppcheck: no finding
#   make install      PREFIX=/usr/local DESTDIR=; make uninstall
#   make deb          build/rollcall_VERSION_ARCH.deb
#   make deb-check    that package on a fresh Debian, as root (minutes)
#   make clean
#
# BUILD=DIR builds elsewhere, CC=… and CFLAGS=… are honoured.

# None of make's own rules: they would link a list of headers, given a chance.
MAKEFLAGS += --no-builtin-rules

VERSION := 0.1.0
# The day of that version, as manual pages and packages show it.
RELEASED := 2026-11-25
BUILD ?= build
ifeq ($(origin CC),default)
CC := gcc
endif

# what is needed

DEPS := gcc make pkg-config ca-certificates libcurl4-openssl-dev \
	libcjson-dev libcsv-dev zlib1g-dev libssl-dev libsqlite3-dev \
	libmicrohttpd-dev
TEST_DEPS := libcmocka-dev valgrind python3 openssl openssh-server \
	libxml2-utils nodejs npm postgresql-15 sqlite3 shellcheck systemd \
	mandoc zsh fish chromium dpkg-dev lintian python3-yaml
FUZZ_DEPS := clang libclang-rt-dev
SLURM_DEPS := slurm-wlm munge python3
LINT_DEPS := clang clang-tidy cppcheck
DEB_CHECK_DEPS := debootstrap
COVERAGE_DEPS := gcovr
# Validators, readers and takers of what is published, from npm.
NPM_PACKAGES := ajv@8.17.1 ajv-formats@3.0.1 datapackage@1.1.10 \
	@duckdb/node-api@1.5.6-r.1 @20minutes/s3rver@4.0.4 \
	playwright-core@1.48.2 axe-core@4.10.2

PKGS := libcurl zlib libcrypto sqlite3
FAKESITE_PKGS := libmicrohttpd libcjson zlib

# Asked once, and only when something is compiled: `make deps` must work
# before pkg-config is installed.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags \
	$$(PKGS)))$(PKG_CFLAGS)
LIBS = $(eval LIBS := $$(shell pkg-config --libs $$(PKGS)) -lcsv)$(LIBS)
FAKESITE_CFLAGS = $(eval FAKESITE_CFLAGS := $$(shell pkg-config --cflags \
	$$(FAKESITE_PKGS)))$(FAKESITE_CFLAGS)
FAKESITE_LIBS = $(eval FAKESITE_LIBS := $$(shell pkg-config --libs \
	$$(FAKESITE_PKGS)) -lpthread)$(FAKESITE_LIBS)

# how to compile

# What a run spends its time in stands in many small files: gcc sees those of
# the program as one. Tests are linked the plain way, which takes no time.
ifeq ($(origin CFLAGS),undefined)
CFLAGS := -O3 -g
WHOLE := $(if $(findstring clang,$(CC)),,-flto=auto -ffat-lto-objects)
endif
PARTS := -fno-lto # as files compiled each by itself
WARN := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wno-missing-field-initializers -Werror
HARDEN := -fPIE -fstack-protector-strong -D_FORTIFY_SOURCE=2
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -DROLLCALL_VERSION='"$(VERSION)"' \
	-DROLLCALL_DATE='"$(RELEASED)"' \
	-iquote extractor -iquote transforms $(WARN) $(HARDEN) $(CFLAGS) \
	$(LTO) $(PKG_CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(CFLAGS) $(LDFLAGS)

# Fortified functions hide from the sanitizers what they are to see.
ASAN := BUILD=$(BUILD)/asan CFLAGS='-O1 -g -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=all \
	-U_FORTIFY_SOURCE'

# valgrind takes a fortified memmove for a memcpy.
VALGRIND := BUILD=$(BUILD)/valgrind CFLAGS='-O1 -g -U_FORTIFY_SOURCE'

# gcov counts lines and branches as they are written, and threads too.
COVERAGE := BUILD=$(BUILD)/coverage \
	CFLAGS='-O0 -g --coverage -fprofile-update=atomic -U_FORTIFY_SOURCE'

# Two threads that touch the same without having agreed on it.
TSAN := BUILD=$(BUILD)/tsan CFLAGS='-O1 -g -fno-omit-frame-pointer \
	-fsanitize=thread -U_FORTIFY_SOURCE'

# What libFuzzer sees; it needs clang.
FUZZED := BUILD=$(BUILD)/fuzz CC=clang CFLAGS='-O1 -g \
	-fno-omit-frame-pointer -fno-sanitize-recover=all -U_FORTIFY_SOURCE \
	-fsanitize=fuzzer-no-link,address,undefined'

# what is built

HEADERS := $(wildcard extractor/*.h transforms/*.h)
LIB_SRC := $(filter-out extractor/main.c, \
	$(wildcard extractor/*.c transforms/*.c))
UNIT_SRC := $(wildcard tests/unit/test_*.c)
# Linked, before the library, into the tests that name it below.
UNIT_HELPER_SRC := tests/unit/fake_exchange.c tests/unit/no_memory.c \
	tests/unit/reference_json.c
NO_MEMORY_TESTS := memory_commands memory_run memory_setup account_journal \
	oauth past recall recording
NO_MEMORY_WRAPS := malloc calloc realloc strdup strndup arena_alloc \
	arena_strdup arena_strndup strmap_put digest_new
FAKE_EXCHANGE_TESTS := actions each lookup probe resolve walk watch
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_NAMES := $(FUZZ_SRC:tests/fuzz/fuzz_%.c=%)
FAKESITE_SRC := $(wildcard tests/fakesite/*.c)
SHIM_SRC := $(wildcard tests/faults/*.c)

# Style and script of the report's page, each made one text in C.
PAGE_STYLE := $(sort $(wildcard extractor/overview_page/*.css))
PAGE_SCRIPT := $(sort $(wildcard extractor/overview_page/*.js))
PAGE_OBJ := $(BUILD)/extractor/overview_page.o

MAIN_OBJ := $(BUILD)/extractor/main.o
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/%.o) $(PAGE_OBJ)
UNIT_OBJ := $(UNIT_SRC:%.c=$(BUILD)/%.o) $(UNIT_HELPER_SRC:%.c=$(BUILD)/%.o)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/unit/%)
FUZZ_OBJ := $(FUZZ_SRC:%.c=$(BUILD)/%.o) \
	$(FUZZ_NAMES:%=$(BUILD)/tests/fuzz/replay_%.o)
FUZZ_BIN := $(FUZZ_NAMES:%=$(BUILD)/fuzz_%)
REPLAY_BIN := $(FUZZ_NAMES:%=$(BUILD)/unit/fuzz_%)
FAKESITE_OBJ := $(FAKESITE_SRC:%.c=$(BUILD)/%.o)
SHIM_OBJ := $(SHIM_SRC:%.c=$(BUILD)/%.o)

LIBRARY := $(BUILD)/librollcall.a
ROLLCALL := $(BUILD)/rollcall
FAKESITE := $(BUILD)/fakesite

# Stands between rollcall and libc, as the sanitizers do: never with them.
SHIM := $(if $(findstring -fsanitize,$(CFLAGS)),,$(BUILD)/tests/faults/shim.so)

all: $(ROLLCALL)

$(ROLLCALL) $(MAIN_OBJ) $(LIB_OBJ): LTO := $(WHOLE)

$(ROLLCALL): $(MAIN_OBJ) $(LIBRARY)
	@echo "  LD    $@"
	@$(CC) $(ALL_LDFLAGS) $(LTO) -o $@ $^ $(LIBS)

ifneq ($(findstring --coverage,$(CFLAGS)),)
$(ROLLCALL): ALL_LDFLAGS += -Wl,--wrap=raise
$(ROLLCALL): $(BUILD)/tests/coverage/raise.o
endif

$(LIBRARY): $(LIB_OBJ)
	@echo "  AR    $@"
	@rm -f $@
	@ar rcs $@ $^

# One literal a line, so that a compiler's message has a place.
TO_LITERAL := sed -e 's/[\\"?]/\\&/g' -e 's/^/"/' -e 's/$$/\\n"/'

$(PAGE_OBJ:.o=.c): $(PAGE_STYLE) $(PAGE_SCRIPT) Makefile
	@mkdir -p $(@D)
	@echo "  GEN   $@"
	@{ echo '#include "overview_page.h"'; \
		echo 'const char overview_page_style[] ='; \
		$(TO_LITERAL) $(PAGE_STYLE); echo ';'; \
		echo 'const char overview_page_script[] ='; \
		$(TO_LITERAL) $(PAGE_SCRIPT); echo ';'; } >$@

$(PAGE_OBJ): $(PAGE_OBJ:.o=.c)
	@echo "  CC    $@"
	@$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(FAKESITE): $(FAKESITE_OBJ)
	@echo "  LD    $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(FAKESITE_LIBS)

$(BUILD)/tests/faults/shim.so: $(SHIM_OBJ)
	@echo "  LD    $@"
	@$(CC) -shared $(CFLAGS) $(LDFLAGS) -o $@ $^ -ldl

$(SHIM_OBJ): HARDEN := -fPIC -U_FORTIFY_SOURCE
$(SHIM_OBJ): PKG_CFLAGS :=

# A helper that defines all of a module is taken in its place.
$(UNIT_BIN): $(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(LIBRARY)
	@mkdir -p $(@D)
	@echo "  LD    $@"
	@$(CC) $(ALL_LDFLAGS) $(PARTS) -o $@ $(filter %.o,$^) $(LIBRARY) $(LIBS) \
		$(HELPER_LIBS) -lcmocka

$(FAKE_EXCHANGE_TESTS:%=$(BUILD)/unit/test_%): \
	$(BUILD)/tests/unit/fake_exchange.o

$(NO_MEMORY_TESTS:%=$(BUILD)/unit/test_%): $(BUILD)/tests/unit/no_memory.o
$(NO_MEMORY_TESTS:%=$(BUILD)/unit/test_%): \
	ALL_LDFLAGS += $(NO_MEMORY_WRAPS:%=-Wl,--wrap=%)

$(BUILD)/unit/test_json_differential: $(BUILD)/tests/unit/reference_json.o
$(BUILD)/unit/test_json_differential: HELPER_LIBS := -lcjson

# A fuzz target that shows itself its corpus, and one for libFuzzer.
$(REPLAY_BIN): $(BUILD)/unit/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o \
		$(BUILD)/tests/fuzz/replay_%.o $(LIBRARY)
	@mkdir -p $(@D)
	@echo "  LD    $@"
	@$(CC) $(ALL_LDFLAGS) $(PARTS) -o $@ $^ $(LIBS) -lcmocka

$(FUZZ_BIN): $(BUILD)/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(LIBRARY)
	@echo "  LD    $@"
	@$(CC) $(ALL_LDFLAGS) $(PARTS) -fsanitize=fuzzer -o $@ $^ $(LIBS) -lcmocka

$(BUILD)/tests/fuzz/replay_%.o: tests/fuzz/replay.c Makefile
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(CC) $(ALL_CFLAGS) -DFUZZ_NAME='"$*"' -MMD -MP -c -o $@ $<

$(FAKESITE_OBJ): PKG_CFLAGS = $(FAKESITE_CFLAGS)

# The flags and the version are in this file, so it counts as a source.
$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

-include $(patsubst %.o,%.d,$(MAIN_OBJ) $(LIB_OBJ) $(UNIT_OBJ) \
	$(FAKESITE_OBJ) $(SHIM_OBJ) $(FUZZ_OBJ))

# tests

unit: $(UNIT_BIN) $(REPLAY_BIN)
	@sh .ci/unit.sh $(UNIT_BIN) $(REPLAY_BIN)

unit-asan:
	$(MAKE) $(ASAN) unit

unit-valgrind:
	@UNDER='valgrind -q --error-exitcode=1 --leak-check=full' \
		$(MAKE) $(VALGRIND) unit

# In one place for all builds. No script of a package is run.
NPM := build/npm
NPM_STAMP := $(NPM)/installed

$(NPM_STAMP): Makefile
	@mkdir -p $(NPM)
	@echo "  NPM   $(NPM)"
	@npm install --loglevel=error --prefix $(NPM) --no-package-lock --no-audit \
		--no-fund --ignore-scripts $(NPM_PACKAGES)
	@touch $@

# The fake site is not what the sanitizers are to look at.
E2E_FAKESITE := $(FAKESITE)
E2E = ROLLCALL=$(abspath $(ROLLCALL)) FAKESITE=$(abspath $(E2E_FAKESITE)) \
	FAULTSHIM=$(abspath $(SHIM)) ROLLCALL_NPM=$(abspath $(NPM)) \
	PYTHONDONTWRITEBYTECODE=1

e2e: $(ROLLCALL) $(E2E_FAKESITE) $(SHIM) $(NPM_STAMP)
	@$(E2E) sh .ci/e2e.sh

# Every point; unit and e2e try a part of them, the same every time.
NO_MEMORY_BIN := $(NO_MEMORY_TESTS:%=$(BUILD)/unit/test_%)

faults: $(ROLLCALL) $(FAKESITE) $(SHIM) $(NO_MEMORY_BIN)
	@ROLLCALL_FAULTS=all sh .ci/unit.sh $(NO_MEMORY_BIN)
	ROLLCALL_FAULTS=all $(E2E) \
		python3 -m unittest discover -v -s tests/e2e -p 'test_fault_*.py'

# A year; e2e lives through forty nights of it.
SOAK_NIGHTS ?= 365

soak: $(ROLLCALL) $(FAKESITE) $(SHIM)
	ROLLCALL_SOAK=$(SOAK_NIGHTS) $(E2E) \
		python3 -m unittest discover -v -s tests/e2e -p 'test_soak.py'

e2e-asan: $(FAKESITE) $(NPM_STAMP)
	$(MAKE) $(ASAN) E2E_FAKESITE=$(FAKESITE) e2e

# What threads do to each other: the tests that have a worker, and whole runs.
TSAN_UNIT := $(BUILD)/unit/test_worker $(BUILD)/unit/test_exchange_page

tsan: $(FAKESITE)
	@$(MAKE) --no-print-directory $(TSAN) E2E_FAKESITE=$(FAKESITE) run-tsan

run-tsan: $(ROLLCALL) $(TSAN_UNIT)
	@sh .ci/unit.sh $(TSAN_UNIT)
	@cd tests/e2e && $(E2E) python3 -m unittest -v threads

# Which lines and branches the tests run; .ci/coverage.sh has the gate. Of a
# test that failed the counts mean nothing, so then this fails too.
coverage: $(FAKESITE) $(NPM_STAMP)
	@sh .ci/deps.sh $(COVERAGE_DEPS)
	@$(MAKE) --no-print-directory $(COVERAGE) E2E_FAKESITE=$(FAKESITE) \
		run-coverage

run-coverage: $(ROLLCALL) $(SHIM) $(UNIT_BIN) $(REPLAY_BIN)
	@find $(BUILD) -name '*.gcda' -delete
	@failed=0; \
	ROLLCALL_FAULTS=all sh .ci/unit.sh $(UNIT_BIN) $(REPLAY_BIN) || failed=1; \
	$(E2E) sh .ci/e2e.sh || failed=1; \
	sh .ci/coverage.sh $(BUILD) && [ "$$failed" -eq 0 ]

# Of a whole Slurm on this machine, which needs root.
slurm-check:
	@sh .ci/deps.sh $(DEPS) $(SLURM_DEPS)
	@$(MAKE) --no-print-directory run-slurm-check

run-slurm-check: $(ROLLCALL) $(FAKESITE)
	@cd tests/slurm && $(E2E) python3 -m unittest -v test_slurm

# What a run costs. tests/bench/README.md has the settings.
BENCH_DEPS := python3 jq nodejs npm
BENCH_NET_DEPS := python3 nginx openssl
BENCH_ENV = $(E2E) BENCH_FOLDER=$(abspath $(BUILD)/bench)

bench: deps
	@sh .ci/deps.sh $(BENCH_DEPS)
	@$(MAKE) --no-print-directory run-bench

bench-net: deps
	@sh .ci/deps.sh $(BENCH_NET_DEPS)
	@$(MAKE) --no-print-directory run-bench-net

run-bench-net: $(ROLLCALL) $(FAKESITE)
	@$(BENCH_ENV) python3 tests/bench/net.py

# Instructions a record, at most those of tests/bench/test_ceiling.py.
bench-ceiling: $(ROLLCALL) $(FAKESITE)
	@cd tests/bench && $(E2E) python3 -m unittest -v test_ceiling

run-bench: $(ROLLCALL) $(FAKESITE)
	@$(BENCH_ENV) python3 tests/bench/bench.py

# FUZZ_SECONDS are shared by the targets and, as far as they go, by the cores.
FUZZ ?= $(FUZZ_NAMES)
FUZZ_SECONDS ?= 3600
FUZZ_EACH = $(shell expr $(FUZZ_SECONDS) '*' $$(nproc) / $(words $(FUZZ)))

fuzz-programs: $(FUZZ:%=$(BUILD)/fuzz_%)

fuzz:
	@sh .ci/deps.sh $(DEPS) $(TEST_DEPS) $(FUZZ_DEPS)
	@$(MAKE) --no-print-directory $(FUZZED) fuzz-programs
	@sh .ci/fuzz.sh $(BUILD)/fuzz $(FUZZ_EACH) $(FUZZ)

fuzz-short:
	@$(MAKE) --no-print-directory fuzz FUZZ_EACH=30

# style gates

layers:
	@sh .ci/layers.sh

owners:
	@sh .ci/owners.sh

sizes:
	@sh .ci/sizes.sh

# As a table; check-style has it say only what is wrong.
messages:
	@python3 .ci/messages.py

messages-lack:
	@python3 .ci/messages.py --quiet

# Every header compiles on its own.
hdr-check:
	@for header in $(HEADERS); do \
		echo "#include \"$$header\"" | \
		$(CC) $(ALL_CFLAGS) -I. -fsyntax-only -x c - || exit 1; \
	done

check-style: layers owners hdr-check sizes messages-lack

# what other compilers and analysers say (.clang-tidy, .cppcheck)

SEEN := -std=c11 -D_GNU_SOURCE -DROLLCALL_VERSION='"$(VERSION)"' \
	-DROLLCALL_DATE='"$(RELEASED)"' \
	-iquote extractor -iquote transforms

lint-deps:
	@sh .ci/deps.sh $(DEPS) $(TEST_DEPS) $(LINT_DEPS)

clang:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/clang CC=clang programs

programs: $(ROLLCALL) $(FAKESITE) $(UNIT_BIN) $(REPLAY_BIN) $(SHIM)

tidy:
	@sh .ci/tidy.sh $(SEEN) $(PKG_CFLAGS)

cppcheck:
	@cppcheck --quiet -j "$$(nproc)" --error-exitcode=1 \
		--enable=warning,performance,portability --inline-suppr \
		--suppressions-list=.cppcheck --suppress=missingIncludeSystem \
		-I extractor -I transforms --std=c11 $(filter-out -std=c11 -iquote extractor \
		transforms,$(SEEN)) extractor transforms tests/fakesite \
		tests/faults tests/fuzz

lint: lint-deps
	@$(MAKE) --no-print-directory clang tidy cppcheck

# from a bare machine

STAGES := layers owners hdr-check sizes messages-lack \
	unit unit-asan unit-valgrind tsan \
	e2e bench-ceiling e2e-asan fuzz-short

deps:
	@sh .ci/deps.sh $(DEPS)

test-deps:
	@sh .ci/deps.sh $(DEPS) $(TEST_DEPS)

# A second make, because what pkg-config says depends on what was installed.
test: test-deps
	@MAKE='$(MAKE)' sh .ci/test.sh $(STAGES)

demo: deps
	@$(MAKE) --no-print-directory run-demo

run-demo: $(ROLLCALL) $(FAKESITE)
	@ROLLCALL=$(abspath $(ROLLCALL)) FAKESITE=$(abspath $(FAKESITE)) \
		DEMO=$(abspath $(BUILD)/demo) bash samples/demo.sh

# installed

PREFIX ?= /usr/local
DESTDIR ?=
INSTALL = ROLLCALL='$(ROLLCALL)' DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' \
	sh .ci/install.sh

install: $(ROLLCALL)
	@$(INSTALL) install

uninstall:
	@$(INSTALL) uninstall

MAINTAINER ?= rollcall authors <rollcall@packages.invalid>
DEB = $(BUILD)/rollcall_$(VERSION)_$(shell dpkg --print-architecture).deb
MAKE_DEB = ROLLCALL='$(ROLLCALL)' BUILD='$(BUILD)' VERSION='$(VERSION)' \
	MAINTAINER='$(MAINTAINER)' DEB='$(DEB)'

deb: $(ROLLCALL)
	@$(MAKE_DEB) sh .deb/build.sh

deb-check: deb $(FAKESITE)
	@sh .ci/deps.sh $(DEB_CHECK_DEPS)
	@$(MAKE_DEB) FAKESITE='$(FAKESITE)' sh .deb/check.sh

clean:
	rm -rf $(BUILD)

.PHONY: all tsan run-tsan coverage run-coverage slurm-check run-slurm-check \
	unit unit-asan unit-valgrind e2e e2e-asan faults soak bench \
	run-bench bench-net run-bench-net bench-ceiling fuzz fuzz-programs \
	fuzz-short layers owners sizes hdr-check messages messages-lack \
	check-style lint lint-deps \
	clang programs tidy cppcheck deps test-deps test demo run-demo install uninstall \
	deb deb-check clean
.DELETE_ON_ERROR:
