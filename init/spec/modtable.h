// SPDX-License-Identifier: MIT
// The tables that mkinitramfs puts into an image, and the parameters of modules on the kernel's command line.
// Pure functions over text that no NUL has to end. In names - and _ are the same, as in the kernel.
//
// /etc/initbox.modules: all modules of the image, a line each, what is needed before what needs it:
//	[?][-]PATH [PARAMETER=VALUE]… [# WHAT NEEDS IT]
// ?: not loaded before it is asked for; -: the machine works without it.
//
// /etc/initbox.devnames: files of /dev that modules on demand are asked for by, as modules.devname of depmod:
//	NAME PATH c|bMAJOR:MINOR
//
// /etc/initbox.aliases: what may be asked for and the modules to load then, in that order, sorted by bytes:
//	PATTERN [-]NAME…
#pragma once
#include "base/err.h"

struct modspan {
	const char *p;
	size_t n;
};

struct modline {
	struct modspan path, parameters, needed_by; // n 0: none
	bool on_demand, optional;
};

// Takes the next line of the list off text; empty ones are left out. Returns false at the end.
bool modtable_next(struct modspan *text, struct modline *line);

// The module's name: that of the file, without .ko and what follows.
struct modspan modtable_name(struct modspan path);

// Whether both are the same module.
bool modtable_same(struct modspan a, struct modspan b);

// Whether alias matches pattern: * ? [a-z] [!a-z], as fnmatch(3).
bool modtable_match(struct modspan pattern, const char *alias);

struct modnode {
	struct modspan path; // below /dev
	uint32_t major, minor;
	bool block;
};

// Takes the next line of the files of /dev off text; what is none is left out. Returns false at the end.
bool modtable_node(struct modspan *text, struct modnode *node);

// Takes the next row for alias off rows, which is the whole table at first. *names is what stands behind the pattern.
// Returns false when there is no other.
bool modtable_alias(struct modspan *rows, const char *alias, struct modspan *names);

// Takes the next word (spaces around it dropped; spaces in "…" are part of it) off text. Returns false at the end.
bool modtable_word(struct modspan *text, struct modspan *word);

// Appends what the kernel's command line has for a module: MODULE.PARAMETER[=VALUE] becomes PARAMETER[=VALUE], with a
// space before it; later ones win in the kernel. What follows -- is not the kernel's. Source: kernel/params.c.
void modtable_parameters(struct buf *b, const char *cmdline, struct modspan module);

// Whether module_blacklist=A,B or modprobe.blacklist=A,B of the kernel's command line names the module.
bool modtable_is_blacklisted(const char *cmdline, struct modspan module);
