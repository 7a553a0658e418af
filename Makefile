# SPDX-License-Identifier: MIT
# make            build/initbox build/boxfilter build/mkinitramfs
# make boot       boots a shell in a box under qemu; make boot CMD='…' runs one command and returns its success
# make check      all tests; make bench: figures beside the peers'; V=1 shows the commands
VERSION = 0.1
CC     ?= gcc
B       = build
PREFIX ?= /usr/local
MANDIR ?= $(PREFIX)/share/man
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
# PID 1 wants to be small: no unwind tables, nothing that is not called.
INITCFLAGS = -Os -g -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-stack-protector -ffunction-sections \
	     -fdata-sections -fno-pie -DINITBOX_VERSION='"$(VERSION)"'
TOOLCFLAGS = -O2 -g -fno-pie
LDFLAGS_MUSL = -nostdlib -static -Wl,-z,relro,-z,now,-z,noexecstack,-z,noseparate-code -Wl,--gc-sections,--sort-section=name -Wl,--build-id=none
CRT1 = $(MUSL)/crt1.o $(MUSL)/crti.o
CRTN = $(MUSL)/libc.a $(shell $(CC) -print-libgcc-file-name) $(MUSL)/crtn.o

# What goes into PID 1 is this list.
INIT = main \
       base/arena base/err base/file base/fmt base/log base/mnt base/nfexpr base/nl base/passwd base/path base/undo \
       spec/keys spec/parse spec/spec spec/value \
       phase/address phase/cgroup phase/early phase/exec phase/filter phase/link phase/modules phase/mounts \
       phase/namespaces phase/net phase/nft phase/nft_rules phase/phase phase/privileges phase/root phase/shares phase/state phase/trace \
       role/boot role/box role/power role/reap role/run
INITOBJ = $(INIT:%=$(B)/init/%.o) $(B)/init/filter_default.o

all: $(B)/initbox $(B)/boxfilter $(B)/mkinitramfs $(B)/initbox.1

-include $(shell find $(B) -name '*.d' 2>/dev/null)

.PHONY: FORCE all boot check check-run bench bench-boot install clean deps deps-build deps-boot deps-check deps-bench lint
.DELETE_ON_ERROR:

# The kernel's own headers under a folder of their own: musl's would be hidden by the rest of /usr/include.
$(B)/include: | deps-build
	$(Q)mkdir -p $@.new && ln -sfn /usr/include/linux $@.new/linux && \
	ln -sfn /usr/include/asm-generic $@.new/asm-generic && \
	ln -sfn $$(test -d /usr/include/$(MULTI)/asm && echo /usr/include/$(MULTI)/asm || echo /usr/include/asm) $@.new/asm && \
	mv $@.new $@

$(B)/init/%.o: init/%.c Makefile | $(B)/include
	$(call say,CC,$@)mkdir -p $(@D) && $(CC) $(MUSLCFLAGS) $(INITCFLAGS) -c -o $@ $<

$(B)/init/filter_default.o: $(B)/filter_default.c | $(B)/include
	$(call say,CC,$@)mkdir -p $(@D) && $(CC) $(MUSLCFLAGS) $(INITCFLAGS) -c -o $@ $<

$(B)/initbox.debug: $(INITOBJ)
	$(call say,LD,$@)$(CC) $(LDFLAGS_MUSL) -o $@ $(CRT1) $(INITOBJ) $(CRTN)

$(B)/initbox: $(B)/initbox.debug tools/check-binary
	$(call say,STRIP,$@)strip -o $@ $< && tools/check-binary $@ $<

$(B)/tools/%.o: tools/%.c | $(B)/include
	$(call say,CC,$@)mkdir -p $(@D) && $(CC) $(MUSLCFLAGS) $(TOOLCFLAGS) $(CFLAGS_$*) -c -o $@ $<

MKINITRAMFS_SRC = mkinitramfs cpio fail kmod list moddir modules tree
$(B)/mkinitramfs: $(MKINITRAMFS_SRC:%=$(B)/tools/%.o)
	$(call say,LD,$@)$(CC) $(LDFLAGS_MUSL) -s -o $@ $(CRT1) $^ $(CRTN)

# libseccomp is built from its pinned source, and only boxfilter has it inside.
$(B)/libseccomp/libseccomp.a: tools/build-libseccomp | deps-build
	$(call say,BUILD,$@)mkdir -p $(@D) && CC="$(CC)" MUSL_INCLUDE=$(MUSLINC) tools/build-libseccomp $(@D) \
		>$(@D)/log 2>&1 && touch $@ || { cat $(@D)/log >&2; exit 1; }

BOXFILTER = boxfilter boxfilter_asm boxfilter_check boxfilter_print boxfilter_profile boxfilter_ranges boxfilter_reader \
	    boxfilter_row boxfilter_rules boxfilter_run boxfilter_shape boxfilter_syscalls boxfilter_tables fail json json_string
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
	$(call say,IMAGE,$@)$(B)/mkinitramfs -o $@ $(LISTS:%=--list %) --config $(CONFIG) --modules-dir $(MODULES)

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

$(B)/tests/try-filter: tests/system/try-filter.c
	$(call say,CC,$@)mkdir -p $(@D) && $(CC) -std=c11 -D_GNU_SOURCE= $(WARN) -O2 -o $@ $<

include tests/unit/unit.mk

# What the tests need is installed before anything of them is built.
check: deps-check
	$(Q)$(MAKE) --no-print-directory check-run

check-run: all $(B)/tests/testinit $(B)/tests/try-filter $(UNIT_TESTS) $(KERNEL) $(B)/initramfs.cpio
	$(Q)KERNEL=$(abspath $(KERNEL)) MODULES=$(abspath $(MODULES)) tests/run $(B) $(SUITES)

BENCH_RUN = bench-run bench-report bench-spec
$(B)/bench/%.o: tests/bench/%.c tests/bench/bench.h | $(B)/include
	$(call say,CC,$@)mkdir -p $(@D) && $(CC) $(MUSLCFLAGS) $(TOOLCFLAGS) -c -o $@ $<
$(B)/bench/floor $(B)/bench/true: $(B)/bench/%: $(B)/bench/%.o
	$(call say,LD,$@)$(CC) $(LDFLAGS_MUSL) -s -o $@ $(CRT1) $^ $(CRTN)
$(B)/bench/bench-run: $(BENCH_RUN:%=$(B)/bench/%.o)
	$(call say,LD,$@)$(CC) $(LDFLAGS_MUSL) -s -o $@ $(CRT1) $^ $(CRTN)

$(B)/filter_default.bpf: $(B)/boxfilter $(PROFILE)
	$(call say,FILTER,$@)$(B)/boxfilter -o $@ $(PROFILE)

bench: $(B)/initbox $(B)/bench/floor $(B)/bench/true $(B)/bench/bench-run $(B)/filter_default.bpf $(B)/initramfs.cpio | deps-bench
	$(Q)SECCOMP_BPF=$(B)/filter_default.bpf tests/bench/bench.sh $(B)
	$(Q)tests/bench/bench-boot.sh
