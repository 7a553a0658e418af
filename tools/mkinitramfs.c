// SPDX-License-Identifier: MIT
// mkinitramfs: file lists and kernel modules become an initramfs archive.
// Needs no root, no cpio and no depmod; the same input gives the same bytes.
#define _GNU_SOURCE
#include "cpio.h"
#include "fail.h"
#include "firmware.h"
#include "list.h"
#include "microcode.h"
#include "modules.h"
#include "output.h"
#include "root.h"
#include "show.h"
#include "tree.h"
#include "verify.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct settings {
	struct image image;
	const char *output;	// NULL: standard output
	const char *base;	// an image that comes first, or NULL
	const char *compress;
	const char *modules_dir;
	struct firmware firmware;
	const char *release;
	bool strip_signatures;
	bool keep_compressed;
};

static const char usage[] =
	"usage: mkinitramfs [OPTIONS]       writes an initramfs (newc cpio) to standard output\n"
	"       mkinitramfs --list IMAGE    shows what is in an image, compressed or not\n"
	"       mkinitramfs --verify IMAGE  looks for what would keep it from booting\n"
	"\n"
	"  -o, --output FILE           write to FILE; it appears only when it is complete\n"
	"  --base IMAGE                write IMAGE first, then the new archive at a multiple\n"
	"                              of 4 bytes, where the kernel looks for it\n"
	"  --compress gzip|zstd|none   by the system's gzip or zstd; the kernel needs CONFIG_RD_GZIP\n"
	"                              or CONFIG_RD_ZSTD. What --base and --microcode put in front\n"
	"                              stays as it is\n"
	"  --from FILE                 do the lines of FILE (below)\n"
	"  --file SOURCE:PATH[:MODE]   a file; MODE is 0755 if SOURCE is executable, else 0644\n"
	"  --dir PATH[:MODE]           a directory, 0755\n"
	"  --root SOURCE[:PATH]        a root, in /box if no PATH is given: a directory with all\n"
	"                              that is in it; an archive (tar, newc; compressed or not),\n"
	"                              unpacked, with its owners; an image (squashfs, erofs,\n"
	"                              ext4), as the file that it is\n"
	"  --keep-owners               keep the owners of files from directories as well: without,\n"
	"                              all that is no archive belongs to root\n"
	"  --config FILE               FILE as /etc/initbox.conf\n"
	"  --run-config FILE|-         FILE or standard input as /etc/initbox.run.conf\n"
	"  --microcode FILE            updates for processors, from Intel's or AMD's files, an early\n"
	"                              archive, or a directory with some: they become an archive\n"
	"                              of its own at the front, where the kernel looks for them\n"
	"  --modules-dir DIRECTORY     where kernel modules are: a /lib/modules/RELEASE\n"
	"  --kernel-release REL|auto   refuse modules of another release; auto: than the first\n"
	"  --module 'NAME [P=V]…'      a module, by name or alias, with all it depends on,\n"
	"                              and its parameters; loaded when the machine starts\n"
	"  --on-demand 'NAME [P=V]…'   the same, loaded when a device or the kernel asks for\n"
	"                              it by one of its names; DIRECTORY/ (kernel/drivers/ata/):\n"
	"                              each module below it that can be asked for\n"
	"  --strip-signatures          cut the signatures off the modules: 31 of a box with a network\n"
	"                              load in a fifth of the time (132 million instructions to\n"
	"                              the program instead of 638). What it costs: the kernel\n"
	"                              marks itself as tainted (E, 8192), nothing vouches for\n"
	"                              the modules any more, and a kernel with lockdown or\n"
	"                              module.sig_enforce refuses them\n"
	"  --keep-compressed           store modules as they are, for a kernel that can\n"
	"                              decompress them (CONFIG_MODULE_DECOMPRESS)\n"
	"  --firmware-dir DIRECTORY    where firmware is: a /lib/firmware. What the modules name\n"
	"                              is taken, decompressed; a line says what is not there\n"
	"  --firmware NAME|PATTERN     firmware of that name, or all that match ('iwlwifi-*')\n"
	"  -h, --help                  this text\n"
	"\n"
	"Lines of a list; words may be quoted, # starts a comment, SOURCE and PROGRAM\n"
	"are relative to the current directory:\n";

static const char notes[] =
	"\n"
	"busybox installs PROGRAM and a link for each path of APPLETS, which is\n"
	"busybox.applets beside the list if not given.\n"
	"Missing parent directories are made. Everything is dated SOURCE_DATE_EPOCH,\n"
	"or 0. Hard links inside a root stay hard links; the last one has the data, as in\n"
	"any newc archive. Extended attributes have no place in one: a line says that they\n"
	"are lost. Files of 4 GiB and sockets are refused.\n"
	"Modules are stored decompressed (by gzip, xz or zstd): not every kernel can do\n"
	"that itself. /etc/initbox.modules has their paths in the order in which they can\n"
	"be loaded, with their parameters and what needs them; \"-\" before a path: carry on\n"
	"if it can't be; \"?\": on demand. Those are named in /etc/initbox.aliases, each name\n"
	"with what has to be loaded for it. The machine's command line may have more\n"
	"parameters: MODULE.PARAMETER=VALUE.\n";

static uint32_t archive_time(void)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	unsigned long long value;
	char *end;

	if (!text)
		return 0;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value > UINT32_MAX)
		fail("SOURCE_DATE_EPOCH: \"%s\": not a number of seconds from 0 to %u", text, UINT32_MAX);
	return (uint32_t)value;
}

static void write_image(const struct settings *s)
{
	static struct cpio archive;
	uint32_t mtime = archive_time();

	output_begin(&archive, s->output);
	if (microcode_any(&s->image.microcode))
		microcode_write(&s->image.microcode, &archive, mtime);
	if (s->base)
		output_copy(&archive, s->base);
	if (s->image.tree.count) {
		output_compress(&archive, s->compress);
		tree_write(&s->image.tree, &archive, mtime);
	}
	output_end(&archive);
}

static void add_modules(struct settings *s)
{
	const struct module *module;
	struct modules *modules;

	if (!s->image.wish_count)
		return;
	if (s->strip_signatures && s->keep_compressed)
		fail("--strip-signatures, --keep-compressed: the signature of a compressed module is inside of it");
	if (!s->modules_dir)
		fail("%s: module %s: needs --modules-dir", s->image.wishes[0].origin, s->image.wishes[0].module);
	modules = modules_open(s->modules_dir, s->release);
	for (size_t i = 0; i < s->image.wish_count; i++)
		modules_want(modules, &s->image.wishes[i]);
	modules_finish(modules, &s->image.tree, s->strip_signatures, s->keep_compressed);
	for (size_t i = 0; (module = modules_nth(modules, i)); i++)
		firmware_for(&s->firmware, &s->image.tree, module);
	firmware_end(&s->firmware);
}

enum option_id {
	OPT_BASE = 256, OPT_COMPRESS, OPT_OWNERS, OPT_MODULES_DIR, OPT_RELEASE, OPT_STRIP, OPT_KEEP, OPT_FIRMWARE_DIR,
	OPT_FROM, OPT_LIST, OPT_VERIFY, OPT_LINE
};

// Options from OPT_LINE on are lines of a list: the verb is the option's name.
static const struct option options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "help", no_argument, NULL, 'h' },
	{ "base", required_argument, NULL, OPT_BASE },
	{ "compress", required_argument, NULL, OPT_COMPRESS },
	{ "keep-owners", no_argument, NULL, OPT_OWNERS },
	{ "modules-dir", required_argument, NULL, OPT_MODULES_DIR },
	{ "kernel-release", required_argument, NULL, OPT_RELEASE },
	{ "strip-signatures", no_argument, NULL, OPT_STRIP },
	{ "list", required_argument, NULL, OPT_LIST },
	{ "verify", required_argument, NULL, OPT_VERIFY },
	{ "keep-compressed", no_argument, NULL, OPT_KEEP },
	{ "firmware-dir", required_argument, NULL, OPT_FIRMWARE_DIR },
	{ "firmware", required_argument, NULL, OPT_LINE },
	{ "from", required_argument, NULL, OPT_FROM },
	{ "file", required_argument, NULL, OPT_LINE + 2 },
	{ "dir", required_argument, NULL, OPT_LINE },
	{ "root", required_argument, NULL, OPT_LINE + 2 },
	{ "config", required_argument, NULL, OPT_LINE },
	{ "run-config", required_argument, NULL, OPT_LINE },
	{ "microcode", required_argument, NULL, OPT_LINE },
	{ "module", required_argument, NULL, OPT_LINE + 1 },
	{ "on-demand", required_argument, NULL, OPT_LINE + 1 },
	{ NULL, 0, NULL, 0 },
};

// "--file SOURCE:PATH:MODE" as the line "file PATH SOURCE MODE". Of `swapped`
// options the first two parts change places; only --dir has colons otherwise.
static void option_line(struct settings *s, const char *verb, char *argument, bool swapped)
{
	char *origin = fail_text("--%s %s", verb, argument);
	char *words[5] = { fail_text("%s", verb), argument };
	size_t count = 2;

	if (swapped || !strcmp(verb, "dir"))
		for (char *colon = argument; count < 5 && (colon = strchr(colon, ':')); count++) {
			*colon++ = '\0';
			words[count] = colon;
		}
	if (!strcmp(verb, "root") && count == 2)
		words[count++] = fail_text("%s", ROOT_PATH);
	if (swapped && count < 3)
		fail("%s: it must be SOURCE:PATH", origin);
	if (swapped) {
		words[1] = words[2];
		words[2] = argument;
	}
	list_line(&s->image, words, count, ".", origin);
}

static void parse(struct settings *s, int argc, char **argv)
{
	int id, index = 0;

	while ((id = getopt_long(argc, argv, "o:h", options, &index)) != -1) {
		switch (id) {
		case 'o': s->output = optarg; break;
		case OPT_BASE: s->base = optarg; break;
		case OPT_COMPRESS:
			if (!output_knows(optarg))
				fail("--compress %s: it is %s", optarg, output_compressors);
			s->compress = optarg;
			break;
		case OPT_OWNERS: s->image.tree.keep_owners = true; break;
		case OPT_MODULES_DIR: s->modules_dir = optarg; break;
		case OPT_RELEASE: s->release = optarg; break;
		case OPT_STRIP: s->strip_signatures = true; break;
		case OPT_LIST: show_image(optarg); exit(0);
		case OPT_VERIFY: exit(!verify_image(optarg));
		case OPT_KEEP: s->keep_compressed = true; break;
		case OPT_FIRMWARE_DIR: s->firmware.dir = optarg; break;
		case OPT_FROM: list_read(&s->image, optarg); break;
		case OPT_LINE + 1:
			list_text(&s->image, fail_text("%s %s", options[index].name, optarg), ".",
				  fail_text("--%s %s", options[index].name, optarg));
			break;
		case OPT_LINE:
		case OPT_LINE + 2: option_line(s, options[index].name, optarg, id == OPT_LINE + 2); break;
		case 'h':
			fputs(usage, stdout);
			list_help();
			fputs(notes, stdout);
			exit(fflush(stdout) || ferror(stdout));
		default:
			fprintf(stderr, "hint: mkinitramfs --help tells the options\n");
			exit(2);
		}
	}
	if (optind < argc)
		fail("\"%s\": not an option (files are given with --file or --from)", argv[optind]);
}

int main(int argc, char **argv)
{
	static struct settings settings = { .compress = "none", .release = "auto" };

	output_guard();
	parse(&settings, argc, argv);
	add_modules(&settings);
	for (size_t i = 0; i < settings.image.firmware_count; i++)
		firmware_want(&settings.firmware, &settings.image.tree, settings.image.firmware[i].name,
			      settings.image.firmware[i].origin);
	if (!settings.image.tree.count && !microcode_any(&settings.image.microcode))
		fail("nothing to put into an image (see --help)");
	tree_finish(&settings.image.tree);
	write_image(&settings);
	return 0;
}
