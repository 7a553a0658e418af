# SPDX-License-Identifier: MIT
# Fuzz targets, for the Makefile to include: clang's libFuzzer with ASan and UBSan, into $(B)/tests/fuzz/fuzz_NAME.
# FUZZ_PROGRAMS lists them; `tests/fuzz/run $(B)` gives each a short run, `make fuzz FUZZ_SECONDS=N` N seconds each.
# fuzz.h says how another one is added. Of the Makefile it uses B, INIT, WARN and say.
FUZZCC      ?= clang
FUZZFLAGS    = -std=c11 -D_GNU_SOURCE= -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
	       -fno-sanitize-recover=all $(WARN) -Iinit -Itools
FUZZ_SECONDS ?= 60
F            = $(B)/tests/fuzz

# Readers of init/ share a library of base and spec; fuzz.c stands in for what keeps something from input to input.
FUZZ_INIT = cmdline config environment modtable netlink options passwd ptable superblock uevent value
FUZZ_LIB  = $(addprefix init/,$(filter-out base/rest base/arena,$(filter base/% spec/%,$(INIT))))

# Readers of tools/, each with the sources that it needs.
FUZZ_TOOLS = cpio json modinfo selftest tar
$(F)/fuzz_cpio: $(addprefix $(F)/obj/tools/,cpio_read.o elf_static.o packing.o packing_gzip.o)
$(F)/fuzz_json: $(F)/obj/tools/json.o $(F)/obj/tools/json_string.o
$(F)/fuzz_modinfo: $(F)/obj/tools/kmod.o
$(F)/fuzz_tar: $(F)/obj/tools/tar.o

FUZZ_PROGRAMS = $(FUZZ_INIT:%=$(F)/fuzz_%) $(FUZZ_TOOLS:%=$(F)/fuzz_%)

$(F)/obj/%.o: %.c tests/fuzz/fuzz.mk
	$(call say,CC,$@)mkdir -p $(@D) && $(FUZZCC) $(FUZZFLAGS) -MMD -MP -c -o $@ $<

$(F)/fuzz.a: $(FUZZ_LIB:%=$(F)/obj/%.o)
	$(call say,AR,$@)rm -f $@ && ar rcs $@ $^

$(FUZZ_INIT:%=$(F)/fuzz_%): $(F)/obj/tests/fuzz/fuzz.o $(F)/fuzz.a
$(FUZZ_PROGRAMS): $(F)/%: $(F)/obj/tests/fuzz/%.o
	$(call say,LD,$@)$(FUZZCC) -fsanitize=fuzzer,address,undefined -o $@ $< $(filter-out $<,$^)

fuzz: $(B)/initbox $(FUZZ_PROGRAMS) | deps-check
	$(Q)FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run $(B)
