# SPDX-License-Identifier: MIT
# make            build/initbox build/boxfilter build/mkinitramfs
# make boot       boots a shell in a box under qemu; make boot CMD='…' runs one command and returns its success
# make check-guest  the system tests of a box on the machine's kernel, under qemu, a boot for each file
# make fault      each system call of initbox fails, at each of its occurrences
# make fuzz       random bytes for each reader, FUZZ_SECONDS=60 a reader
# make check      all tests; make bench, bench-boot, bench-net, bench-entry: figures beside the peers'; V=1 shows the commands
VERSION = 0.1
CC     ?= gcc
B       = build
PREFIX ?= /usr/local
MANDIR ?= $(PREFIX)/share/man
# Where initbox looks for boxfilter when it is not beside it.
LIBEXECDIR ?= $(PREFIX)/libexec
SHELL   = /bin/sh
ifeq ($(origin CC),default)
CC = gcc
endif

ARCH   := $(shell uname -m)
MULTI  := $(ARCH)-linux-gnu
MUSL   ?= /usr/lib/$(ARCH)-linux-musl
MUSLINC ?= /usr/include/$(ARCH)-linux-musl

Q_0 = @
Q_1 =
Q := $(Q_$(or $(V),0))
say_0 = @echo '  $(1)	$(2)';
say_1 =
say = $(call say_$(or $(V),0),$(1),$(2))

WARN = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
       -Wvla -Wundef -Wcast-qual -Wwrite-strings
# musl's headers and the kernel's, never the host libc's.
MUSLCFLAGS = -nostdinc -isystem $(MUSLINC) -isystem $(B)/include -isystem $(shell $(CC) -print-file-name=include) \
	     -std=c11 -D_GNU_SOURCE= $(WARN) -MMD -MP -Iinit -Itools
# PID 1 wants to be small: no unwind tables, nothing that is not called. (gcc's -Oz is no smaller than its -Os.)
# The strings of those whose constants init/layout.ld places lie with them; clang has no such flag.
OWN_STRINGS = $(if $(findstring clang,$(CC)),,-fno-merge-constants)
PLACED := $(sort $(shell sed -n '/[.]rodata/s,^.*[*]/\([a-z0-9_/]*\)[.]o.*,\1,p' init/layout.ld))
INITCFLAGS = $(if $(findstring clang,$(CC)),-Oz,-Os) -g -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-stack-protector -ffunction-sections \
	     -fdata-sections -fno-pie -DINITBOX_VERSION='"$(VERSION)"' -DINITBOX_LIBEXECDIR='"$(LIBEXECDIR)"'
TOOLCFLAGS = -O2 -g -fno-pie
LDFLAGS_MUSL = -nostdlib -static -Wl,-z,relro,-z,now,-z,noexecstack,-z,noseparate-code -Wl,--gc-sections -Wl,--build-id=none
CRT1 = $(MUSL)/crt1.o $(MUSL)/crti.o
CRTN = $(MUSL)/libc.a $(shell $(CC) -print-libgcc-file-name) $(MUSL)/crtn.o

# What goes into PID 1 is this list.
INIT = main \
       phase/button phase/late phase/machine_console phase/port_owner phase/ports phase/routes phase/foreign phase/foreign_legacy phase/cgroup_collect phase/seed phase/slirp phase/watchdog role/gc \
       base/arena base/crc32 base/dir base/disk base/err base/exec_why base/file base/fmt base/kmsg base/log base/mnt base/nfexpr base/nl base/nl_close base/nl_dump base/passwd base/path base/ptable base/rest base/sha256 base/signals base/superblock base/uevent base/undo base/utf8 base/watch base/rmtree \
       spec/caps spec/config spec/keys spec/modtable spec/options spec/parse spec/spec spec/store spec/store_machine spec/value spec/value_limits spec/value_machine spec/value_mount spec/value_namespace spec/value_network spec/value_privileges spec/value_process spec/cmdline spec/spec_root spec/value_root \
       phase/address phase/cache phase/cgroup phase/cgroup_limits phase/cgroup_place phase/coldplug phase/compile phase/console phase/devices phase/early phase/environ phase/exec phase/files phase/filter phase/handover phase/host_devices phase/image phase/join phase/landlock phase/link phase/modload phase/machine_kernel phase/machine_mounts phase/modules phase/mounts \
       phase/namespaces phase/net phase/nft phase/nft_rules phase/own_file phase/phase phase/privileges phase/probe_cgroup phase/probe_mount phase/probe_net phase/probe_process phase/profile phase/program phase/root phase/shares phase/state phase/static_nodes phase/subids phase/sysctl phase/taken phase/timens phase/trace phase/upper phase/userns phase/volumes phase/block phase/find_root phase/mount_root phase/switch_root \
       role/boot role/bounded role/box role/check role/check_try role/crash role/drain role/entry role/forward role/modprobe role/names role/order role/post_mortem role/power role/pty role/reap role/run role/shell role/spawn role/teardown role/tell role/terminal role/tree
INITOBJ = $(INIT:%=$(B)/init/%.o) $(B)/init/filter_default.o

all: $(B)/initbox $(B)/boxfilter $(B)/mkinitramfs $(B)/initbox.1

-include $(shell find $(B) -name bench-boot -prune -o -type f -name '*.d' -print 2>/dev/null)

.PHONY: FORCE all boot check check-guest check-run fault fuzz bench bench-boot bench-entry bench-net install clean deps deps-build deps-boot deps-check deps-bench lint
.DELETE_ON_ERROR:

# The kernel's own headers under a folder of their own: musl's would be hidden by the rest of /usr/include.
$(B)/include: | deps-build
	$(Q)mkdir -p $@.new && ln -sfn /usr/include/linux $@.new/linux && \
	ln -sfn /usr/include/asm-generic $@.new/asm-generic && \
	ln -sfn $$(test -d /usr/include/$(MULTI)/asm && echo /usr/include/$(MULTI)/asm || echo /usr/include/asm) $@.new/asm && \
	mv $@.new $@

$(B)/init/%.o: init/%.c Makefile | $(B)/include
	$(call say,CC,$@)mkdir -p $(@D) && $(CC) $(MUSLCFLAGS) $(INITCFLAGS) -c -o $@ $<

$(PLACED:%=$(B)/init/%.o): INITCFLAGS += $(OWN_STRINGS)

$(B)/init/filter_default.o: $(B)/filter_default.c | $(B)/include
	$(call say,CC,$@)mkdir -p $(@D) && $(CC) $(MUSLCFLAGS) $(INITCFLAGS) -c -o $@ $<

$(B)/initbox.debug: $(INITOBJ) init/layout.ld
	$(call say,LD,$@)$(CC) $(LDFLAGS_MUSL) -T init/layout.ld -o $@ $(CRT1) $(INITOBJ) $(CRTN)

$(B)/initbox: $(B)/initbox.debug tools/check-binary
	$(call say,STRIP,$@)strip -o $@ $< && tools/check-binary $@ $<

$(B)/tools/%.o: tools/%.c | $(B)/include
	$(call say,CC,$@)mkdir -p $(@D) && $(CC) $(MUSLCFLAGS) $(TOOLCFLAGS) $(CFLAGS_$*) -c -o $@ $<

MKINITRAMFS_SRC = mkinitramfs contents cpio cpio_read deep elf_static fail firmware image_read kmod list load microcode moddir modtables modules output packing packing_gzip root \
		  root_archive root_directory show tar tree verify
$(B)/mkinitramfs: $(MKINITRAMFS_SRC:%=$(B)/tools/%.o)
	$(call say,LD,$@)$(CC) $(LDFLAGS_MUSL) -s -o $@ $(CRT1) $^ $(CRTN)

# libseccomp is built from its pinned source, and only boxfilter has it inside.
$(B)/libseccomp/libseccomp.a: tools/build-libseccomp | deps-build
	$(call say,BUILD,$@)mkdir -p $(@D) && CC="$(CC)" MUSL_INCLUDE=$(MUSLINC) tools/build-libseccomp $(@D) \
		>$(@D)/log 2>&1 && touch $@ || { cat $(@D)/log >&2; exit 1; }

BOXFILTER = boxfilter boxfilter_args boxfilter_asm boxfilter_check boxfilter_halves boxfilter_options boxfilter_print \
	    boxfilter_profile boxfilter_ranges boxfilter_reader boxfilter_row boxfilter_rules boxfilter_run boxfilter_shape \
	    boxfilter_states boxfilter_syscalls boxfilter_tables boxfilter_tree fail json json_string
$(BOXFILTER:%=$(B)/tools/%.o): TOOLCFLAGS += -isystem $(B)/libseccomp/include
$(BOXFILTER:%=$(B)/tools/%.o): | $(B)/libseccomp/libseccomp.a
$(B)/boxfilter: $(BOXFILTER:%=$(B)/tools/%.o) $(B)/libseccomp/libseccomp.a
	$(call say,LD,$@)$(CC) $(LDFLAGS_MUSL) -s -o $@ $(CRT1) $^ $(CRTN)

PROFILE = tools/default-profile.json
$(B)/filter_default.c: $(B)/boxfilter $(PROFILE)
	$(call say,FILTER,$@)$(B)/boxfilter --format c -o $@ $(PROFILE)

# KERNEL= and MODULES= take one's own; otherwise it is Debian's cloud kernel.
KERNEL  ?= $(B)/kernel/vmlinuz
MODULES ?= $(B)/kernel/modules
CONFIG  ?= initramfs/examples/shell.conf
LISTS    = initramfs/machine.list initramfs/box-busybox.list
$(B)/kernel/vmlinuz: | deps-boot
	$(call say,FETCH,$@)tools/fetch-kernel $(@D)

# Another CONFIG= or MODULES= makes another image.
$(B)/image.words: FORCE
	$(Q)mkdir -p $(@D) && echo '$(CONFIG) $(MODULES)' | cmp -s - $@ || echo '$(CONFIG) $(MODULES)' >$@
FORCE:

$(B)/initramfs.cpio: $(B)/image.words $(B)/mkinitramfs $(B)/initbox $(KERNEL) $(CONFIG) $(LISTS) initramfs/busybox.applets \
		     $(wildcard initramfs/box/*)
	$(call say,IMAGE,$@)$(B)/mkinitramfs -o $@ $(LISTS:%=--from %) --config $(CONFIG) --modules-dir $(MODULES)

# CMD is taken as it stands: make would expand a $$(…) in it.
boot: export BOOT_COMMAND = $(value CMD)
boot: $(B)/initramfs.cpio | deps-boot
	$(Q)qemu/boot --kernel $(KERNEL) --initramfs $(B)/initramfs.cpio $(BOOTFLAGS) \
		$(if $(value CMD),--command "$$BOOT_COMMAND")

deps-build:
	$(Q)tools/deps build
deps-boot:
	$(Q)tools/deps build boot
deps-check:
	$(Q)tools/deps build boot check
deps-bench:
	$(Q)tools/deps build boot bench
deps: deps-check

# The options in the man page are those that the program lists.
$(B)/initbox.1: tools/make-man tools/initbox.1.in $(B)/initbox
	$(call say,MAN,$@)tools/make-man $(B)/initbox tools/initbox.1.in >$@

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(MANDIR)/man1
	install -m 644 $(B)/initbox.1 $(DESTDIR)$(MANDIR)/man1
	install -m 755 $(B)/initbox $(B)/boxfilter $(B)/mkinitramfs $(DESTDIR)$(PREFIX)/bin

clean:
	rm -rf $(B)

$(B)/tests/%.o: tests/boot/%.c | $(B)/include
	$(call say,CC,$@)mkdir -p $(@D) && $(CC) $(MUSLCFLAGS) $(TOOLCFLAGS) -fno-stack-protector -c -o $@ $<
$(B)/tests/testinit: $(B)/tests/testinit.o
	$(call say,LD,$@)$(CC) $(LDFLAGS_MUSL) -s -o $@ $(CRT1) $^ $(CRTN)

# What the kernel's headers call its system calls, for the tests that let one fail.
$(B)/tests/syscalls.h: | $(B)/include
	$(call say,GEN,$@)mkdir -p $(@D) && { echo 'static const struct call { const char *name; int nr; } calls[] = {'; \
	echo '#include <asm/unistd.h>' | $(CC) -E -dM -I$(B)/include - | \
	sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$$/{"\1", \2},/p'; echo '};'; } >$@
$(B)/tests/inject: tests/fault/inject.c tests/fault/netlink.c tests/fault/netlink.h $(B)/tests/syscalls.h
	$(call say,CC,$@)$(CC) -std=c11 -D_GNU_SOURCE= $(WARN) -I$(B)/tests -O2 -o $@ $(filter %.c,$^)
$(B)/tests/no-syscall: tests/system/no-syscall.c $(B)/tests/syscalls.h
	$(call say,CC,$@)$(CC) -std=c11 -D_GNU_SOURCE= $(WARN) -I$(B)/tests -O2 -static -o $@ $<

$(B)/tests/try-filter: tests/system/try-filter.c
	$(call say,CC,$@)mkdir -p $(@D) && $(CC) -std=c11 -D_GNU_SOURCE= $(WARN) -O2 -o $@ $<

# The same profile by boxfilter's way and by libseccomp's.
$(B)/tests/filter-cost.o: tests/system/filter-cost.c | $(B)/include $(B)/libseccomp/libseccomp.a
	$(call say,CC,$@)mkdir -p $(@D) && $(CC) $(MUSLCFLAGS) -isystem $(B)/libseccomp/include $(TOOLCFLAGS) -c -o $@ $<
$(B)/tests/filter-cost: $(B)/tests/filter-cost.o $(patsubst %,$(B)/tools/%.o,$(filter-out boxfilter,$(BOXFILTER))) \
			$(B)/libseccomp/libseccomp.a
	$(call say,LD,$@)$(CC) $(LDFLAGS_MUSL) -s -o $@ $(CRT1) $^ $(CRTN)

include tests/unit/unit.mk
include tests/fuzz/fuzz.mk

FAULT_TOOLS = $(B)/tests/inject $(B)/tests/no-syscall

# Each system call at each of its occurrences, with several errors; the suite fault of make check takes first ones.
fault: all $(FAULT_TOOLS) | deps-check
	$(Q)FAULT_ALL=1 FAULT_ERRNOS='EUSERS=87 ENOMEM=12' FAULT_SECONDS=1800 BATS_SECONDS=7200 tests/run $(B) fault

# The tests of a box on the machine's kernel, in one boot (FILES: some of them). It takes an hour without KVM.
check-guest: all $(B)/initramfs.cpio $(B)/tests/try-filter $(FAULT_TOOLS) | deps-check
	$(Q)KERNEL=$(abspath $(KERNEL)) MODULES=$(abspath $(MODULES)) tests/guest $(B) $(FILES)

# What the tests need is installed before anything of them is built.
check: deps-check
	$(Q)$(MAKE) --no-print-directory check-run

# Both ends of a machine's way to the init of its root, and a floor: also a test.
BENCH_BOOT  = boot-stamp boot-work boot-floor

check-run: all $(BENCH_BOOT:%=$(B)/bench/%) $(B)/tests/testinit $(B)/tests/try-filter $(B)/tests/filter-cost $(FAULT_TOOLS) $(UNIT_TESTS) $(FUZZ_PROGRAMS) $(KERNEL) $(B)/initramfs.cpio
	$(Q)KERNEL=$(abspath $(KERNEL)) MODULES=$(abspath $(MODULES)) tests/run $(B) $(SUITES)

BENCH_BASE  = bench-base bench-launch
BENCH_RUN   = bench-run bench-report bench-spec
BENCH_BOXES = bench-boxes
BENCH_NET   = bench-net bench-net-starts bench-net-many
BENCH_ENTRY = bench-entry bench-entry-measure bench-entry-report
$(B)/bench/%.o: tests/bench/%.c Makefile | $(B)/include
	$(call say,CC,$@)mkdir -p $(@D) && $(CC) $(MUSLCFLAGS) $(TOOLCFLAGS) -c -o $@ $<
# It is measured beside initbox, and so built as initbox is.
$(B)/bench/entry-floor.o $(B)/bench/boot-floor.o: TOOLCFLAGS = $(INITCFLAGS)
$(B)/bench/floor: $(B)/bench/floor-net.o
$(B)/bench/floor $(B)/bench/true $(B)/bench/hold $(B)/bench/mark $(B)/bench/sink $(B)/bench/entry-floor $(B)/bench/entry-tree $(BENCH_BOOT:%=$(B)/bench/%): $(B)/bench/%: $(B)/bench/%.o
	$(call say,LD,$@)$(CC) $(LDFLAGS_MUSL) -s -o $@ $(CRT1) $^ $(CRTN)
$(B)/bench/bench-run: $(BENCH_RUN:%=$(B)/bench/%.o) $(BENCH_BASE:%=$(B)/bench/%.o)
	$(call say,LD,$@)$(CC) $(LDFLAGS_MUSL) -s -o $@ $(CRT1) $^ $(CRTN)
$(B)/bench/bench-boxes: $(BENCH_BOXES:%=$(B)/bench/%.o) $(BENCH_BASE:%=$(B)/bench/%.o)
	$(call say,LD,$@)$(CC) $(LDFLAGS_MUSL) -s -o $@ $(CRT1) $^ $(CRTN)
$(B)/bench/bench-net: $(BENCH_NET:%=$(B)/bench/%.o) $(BENCH_BASE:%=$(B)/bench/%.o)
	$(call say,LD,$@)$(CC) $(LDFLAGS_MUSL) -s -o $@ $(CRT1) $^ $(CRTN)
$(B)/bench/bench-entry: $(BENCH_ENTRY:%=$(B)/bench/%.o) $(BENCH_BASE:%=$(B)/bench/%.o)
	$(call say,LD,$@)$(CC) $(LDFLAGS_MUSL) -s -o $@ $(CRT1) $^ $(CRTN)

$(B)/filter_default.bpf: $(B)/boxfilter $(PROFILE)
	$(call say,FILTER,$@)$(B)/boxfilter -o $@ $(PROFILE)

bench: $(B)/initbox $(B)/bench/floor $(B)/bench/true $(B)/bench/hold $(B)/bench/mark $(B)/bench/bench-run $(B)/bench/bench-boxes \
		$(B)/tests/filter-cost $(B)/filter_default.bpf $(B)/initramfs.cpio | deps-bench
	$(Q)SECCOMP_BPF=$(B)/filter_default.bpf PROFILE=$(PROFILE) tests/bench/bench.sh $(B)
	$(Q)tests/bench/bench-boot.sh
	$(Q)tests/bench/bench-modules.sh $(B)

# The way of a machine from /init to the init of its root, beside the peers.
bench-boot: $(B)/initbox $(B)/mkinitramfs $(BENCH_BOOT:%=$(B)/bench/%) $(KERNEL) | deps-bench
	$(Q)KERNEL=$(abspath $(KERNEL)) MODULES=$(abspath $(MODULES)) tests/bench/bench-boot-peers.sh $(BENCHFLAGS) $(B)

# The network of a box, beside bare messages, ip and nft, and with many boxes.
bench-net: $(B)/initbox $(B)/bench/floor $(B)/bench/mark $(B)/bench/hold $(B)/bench/sink $(B)/bench/bench-net \
		$(B)/filter_default.bpf | deps-bench
	$(Q)SECCOMP_BPF=$(B)/filter_default.bpf tests/bench/bench-net.sh $(BENCHFLAGS) $(B)

# The entry role, as PID 1 around one program, beside the peers.
bench-entry: $(B)/initbox $(B)/bench/entry-floor $(B)/bench/entry-tree $(B)/bench/true $(B)/bench/bench-entry | deps-bench
	$(Q)tests/bench/bench-entry.sh $(B)
