# rollcall: make demo | make test | make | make clean. See README.md.

VERSION := 0.1.0
BUILD ?= build
CC ?= gcc
PKGS := libcurl libcjson zlib sqlite3 libcrypto

CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Werror
HARDEN := -fPIE -fstack-protector-strong -D_FORTIFY_SOURCE=2
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -DROLLCALL_VERSION='"$(VERSION)"' \
	-iquote extractor -iquote transforms $(WARN) $(HARDEN) $(CFLAGS) \
	$(shell pkg-config --cflags $(PKGS))
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(LDFLAGS)
LIBS = $(shell pkg-config --libs $(PKGS)) -lcsv

LIB_SRC := $(filter-out extractor/main.c, \
	$(wildcard extractor/*.c transforms/*.c))
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/%.o)
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/unit/%)

all: $(BUILD)/rollcall

$(BUILD)/rollcall: $(BUILD)/extractor/main.o $(BUILD)/librollcall.a
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/librollcall.a: $(LIB_OBJ)
	rm -f $@
	ar rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/librollcall.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -iquote tests/unit -MMD -MP $(ALL_LDFLAGS) -o $@ $< \
		$(BUILD)/librollcall.a $(LIBS) -lcmocka

unit: $(UNIT_BIN)
	@for t in $^; do $$t || exit 1; done

clean:
	rm -rf build

-include $(wildcard $(BUILD)/*/*.d)

.PHONY: all unit clean
.DELETE_ON_ERROR:
