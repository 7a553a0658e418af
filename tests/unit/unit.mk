# SPDX-License-Identifier: MIT
# Unit tests, for the Makefile to include: built for the host (gcc, glibc, cmocka) under ASan and UBSan into
# $(B)/tests/unit/NAME. UNIT_TESTS lists the programs; `tests/unit/run $(B)` runs them. Of the Makefile it uses
# B, INIT, WARN and say.
UNITCC    ?= gcc
UNITFLAGS  = -std=c11 -D_GNU_SOURCE= -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	     -fno-sanitize-recover=all $(WARN) -Iinit -Itools
U          = $(B)/tests/unit

# Tests of init/. They share a library of what they test, and tests/unit/unit.c.
UNIT_INIT  = test_arena test_cmdline test_config test_dir test_disks test_environment test_err test_file test_fmt test_handover test_keys test_machine test_modtable test_mount test_namespaces test_nfexpr test_nl test_nl_faults \
	     test_nl_dump test_nl_kernel test_nl_parse test_options test_passwd test_phase test_privileges test_sha256 test_signals test_spec test_uevent test_undo test_utf8 test_value test_value_limits test_value_network test_watch test_words
UNIT_LIB   = tests/unit/unit $(addprefix init/,$(filter-out base/rest,$(filter base/% spec/%,$(INIT))) phase/phase phase/subids phase/trace)

# Tests of tools/, each with the sources that it tests.
UNIT_TOOLS = test_cpio test_cpio_read test_json test_kmod test_tar
$(U)/test_cpio: $(U)/obj/tools/cpio.o
$(U)/test_cpio_read: $(U)/obj/tools/cpio.o $(U)/obj/tools/cpio_read.o $(U)/obj/tools/elf_static.o $(U)/obj/tools/packing.o $(U)/obj/tools/packing_gzip.o
$(U)/test_tar: $(U)/obj/tools/tar.o
$(U)/test_json: $(U)/obj/tools/json.o $(U)/obj/tools/json_string.o
$(U)/test_kmod: $(U)/obj/tools/kmod.o

UNIT_TESTS = $(UNIT_INIT:%=$(U)/%) $(UNIT_TOOLS:%=$(U)/%)

$(U)/obj/%.o: %.c tests/unit/unit.mk
	$(call say,CC,$@)mkdir -p $(@D) && $(UNITCC) $(UNITFLAGS) -MMD -MP -c -o $@ $<

$(U)/unit.a: $(UNIT_LIB:%=$(U)/obj/%.o)
	$(call say,AR,$@)rm -f $@ && ar rcs $@ $^

$(UNIT_INIT:%=$(U)/%): $(U)/unit.a
$(UNIT_TESTS): $(U)/%: $(U)/obj/tests/unit/%.o
	$(call say,LD,$@)$(UNITCC) $(UNITFLAGS) -o $@ $< $(filter-out $<,$^) -lcmocka -lm
