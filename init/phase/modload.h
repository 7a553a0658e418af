// SPDX-License-Identifier: MIT
// The modules of an image: one after the other, or those that something asks for. spec/modtable.h has the tables.
#pragma once
#include "spec/modtable.h"

// Maps the tables and reads the kernel's command line. Returns 1, 0 when the image has no modules, or -1 with err_last set.
int modload_open(void) must_check;

// Whether some modules are loaded only when they are asked for, and whether devices may ask for some.
bool modload_on_demand(void);
bool modload_for_devices(void);

// Loads those that are not. Their files are removed: the kernel has its own copy, and the initramfs takes memory.
// Returns 0, or -1 with err_last set: the module, what needs it, what the kernel said.
int modload_all(void) must_check;

// Loads one that is needed before them, and needs none of them, where the image has it. Returns 0, or -1 with err_last set.
int modload_early(const char *name) must_check;

// Whether alias asks for a module of the image that is not loaded yet.
bool modload_wants(const char *alias);

// Loads what serves alias, each with what it needs; what is loaded stays as it is. A failure is said, but that a driver does
// not want the device. Returns 0, 1 when nothing serves it, or -1 when something is not loaded.
int modload_alias(const char *alias);

// Maps a table, for ever. Returns 1, 0 when there is no such file, or -1 with err_last set.
int modload_map(const char *path, struct modspan *text) must_check;
