# rollcall: a batch extractor for the users and audit events of an Atlassian
# organisation. README.md says what it does; this file builds and checks it.
#
#   make              build/rollcall
#   make demo         install what is missing, build, run samples/demo.sh
#   make test         install what is missing, run every check and test
#   make unit         unit tests        (unit-asan, unit-valgrind: the same
#                                        under sanitizers, under valgrind)
#   make e2e          the program against the fake site (also: e2e-asan)
#   make faults       death, disk, memory: a fault at every single call (long)
#   make soak         a year of nights in one folder, with faults (long)
#   make check-style  layers owners hdr-check sizes
#   make clean
#
# BUILD=DIR builds elsewhere, CC=… and CFLAGS=… are honoured.

VERSION := 0.1.0
BUILD ?= build
ifeq ($(origin CC),default)
CC := gcc
endif

# what is needed

DEPS := gcc make pkg-config ca-certificates libcurl4-openssl-dev \
	libcjson-dev libcsv-dev zlib1g-dev libssl-dev libsqlite3-dev \
	libmicrohttpd-dev
TEST_DEPS := libcmocka-dev valgrind python3 openssl libxml2-utils nodejs npm \
	postgresql-15 sqlite3 shellcheck systemd python3-yaml
# Validators and readers of what is published, from npm.
NPM_PACKAGES := ajv@8.17.1 ajv-formats@3.0.1 datapackage@1.1.10 \
	@duckdb/node-api@1.5.6-r.1

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

CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Werror
HARDEN := -fPIE -fstack-protector-strong -D_FORTIFY_SOURCE=2
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -DROLLCALL_VERSION='"$(VERSION)"' \
	-iquote extractor -iquote transforms $(WARN) $(HARDEN) $(CFLAGS) \
	$(PKG_CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(CFLAGS) $(LDFLAGS)

# Fortified functions hide from the sanitizers what they are to see.
ASAN := BUILD=$(BUILD)/asan CFLAGS='-O1 -g -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=all \
	-U_FORTIFY_SOURCE'

# valgrind takes a fortified memmove for a memcpy.
VALGRIND := BUILD=$(BUILD)/valgrind CFLAGS='-O1 -g -U_FORTIFY_SOURCE'

# what is built

HEADERS := $(wildcard extractor/*.h transforms/*.h)
LIB_SRC := $(filter-out extractor/main.c, \
	$(wildcard extractor/*.c transforms/*.c))
UNIT_SRC := $(wildcard tests/unit/test_*.c)
# Linked, before the library, into the tests that name it below.
UNIT_HELPER_SRC := tests/unit/fake_exchange.c tests/unit/reference_json.c
FAKE_EXCHANGE_TESTS := actions each lookup probe resolve walk
FAKESITE_SRC := $(wildcard tests/fakesite/*.c)
SHIM_SRC := $(wildcard tests/faults/*.c)

MAIN_OBJ := $(BUILD)/extractor/main.o
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/%.o)
UNIT_OBJ := $(UNIT_SRC:%.c=$(BUILD)/%.o) $(UNIT_HELPER_SRC:%.c=$(BUILD)/%.o)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/unit/%)
FAKESITE_OBJ := $(FAKESITE_SRC:%.c=$(BUILD)/%.o)
SHIM_OBJ := $(SHIM_SRC:%.c=$(BUILD)/%.o)

LIBRARY := $(BUILD)/librollcall.a
ROLLCALL := $(BUILD)/rollcall
FAKESITE := $(BUILD)/fakesite

# Stands between rollcall and libc, as the sanitizers do: never with them.
SHIM := $(if $(findstring -fsanitize,$(CFLAGS)),,$(BUILD)/tests/faults/shim.so)

all: $(ROLLCALL)

$(ROLLCALL): $(MAIN_OBJ) $(LIBRARY)
	@echo "  LD    $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(LIBRARY): $(LIB_OBJ)
	@echo "  AR    $@"
	@rm -f $@
	@ar rcs $@ $^

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
	@$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBRARY) $(LIBS) \
		$(HELPER_LIBS) -lcmocka

$(FAKE_EXCHANGE_TESTS:%=$(BUILD)/unit/test_%): \
	$(BUILD)/tests/unit/fake_exchange.o

$(BUILD)/unit/test_json_differential: $(BUILD)/tests/unit/reference_json.o
$(BUILD)/unit/test_json_differential: HELPER_LIBS := -lcjson

$(FAKESITE_OBJ): PKG_CFLAGS = $(FAKESITE_CFLAGS)

# The flags and the version are in this file, so it counts as a source.
$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

-include $(patsubst %.o,%.d,$(MAIN_OBJ) $(LIB_OBJ) $(UNIT_OBJ) \
	$(FAKESITE_OBJ) $(SHIM_OBJ))

# tests

unit: $(UNIT_BIN)
	@sh .ci/unit.sh $(UNIT_BIN)

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

E2E = ROLLCALL=$(abspath $(ROLLCALL)) FAKESITE=$(abspath $(FAKESITE)) \
	FAULTSHIM=$(abspath $(SHIM)) ROLLCALL_NPM=$(abspath $(NPM)) \
	PYTHONDONTWRITEBYTECODE=1

e2e: $(ROLLCALL) $(FAKESITE) $(SHIM) $(NPM_STAMP)
	@$(E2E) sh .ci/e2e.sh

# Every point; e2e tries a part of them, the same every time.
faults: $(ROLLCALL) $(FAKESITE) $(SHIM)
	ROLLCALL_FAULTS=all $(E2E) \
		python3 -m unittest discover -v -s tests/e2e -p 'test_fault_*.py'

# A year; e2e lives through forty nights of it.
SOAK_NIGHTS ?= 365

soak: $(ROLLCALL) $(FAKESITE) $(SHIM)
	ROLLCALL_SOAK=$(SOAK_NIGHTS) $(E2E) \
		python3 -m unittest discover -v -s tests/e2e -p 'test_soak.py'

e2e-asan:
	$(MAKE) $(ASAN) e2e

# style gates

layers:
	@sh .ci/layers.sh

owners:
	@sh .ci/owners.sh

sizes:
	@sh .ci/sizes.sh

# Every header compiles on its own.
hdr-check:
	@for header in $(HEADERS); do \
		echo "#include \"$$header\"" | \
		$(CC) $(ALL_CFLAGS) -I. -fsyntax-only -x c - || exit 1; \
	done

check-style: layers owners hdr-check sizes

# from a bare machine

STAGES := layers owners hdr-check sizes unit unit-asan unit-valgrind \
	e2e e2e-asan

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

clean:
	rm -rf $(BUILD)

.PHONY: all unit unit-asan unit-valgrind e2e e2e-asan faults soak layers \
	owners sizes hdr-check check-style deps test-deps test demo run-demo clean
.DELETE_ON_ERROR:
