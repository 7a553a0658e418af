// SPDX-License-Identifier: MIT
// The doors by which settings come in, but for the command line (options.h). All end in key_set; later ones win:
// configuration file, kernel command line; environment, command line.
#pragma once
#include "spec/spec.h"

enum { CMDLINE_SIZE = 2048 }; // the kernel's COMMAND_LINE_SIZE, of x86 and arm64; what is longer it cuts off in silence

// The text of a configuration file: lines of `key = value`; one that starts with # is a comment. text[0..n] is changed in
// place and has to stay; file names it in errors. Returns 0, or -1 with err_last set.
int parse_config(struct spec *s, char *text, size_t n, const char *file) must_check;

// The kernel's command line: words `initbox.KEY=VALUE`, and those of its own that are about the root file system (root=, ro,
// init= …); quotes as the kernel has them: "…" around the value or the whole word. All others are not for us, nor is what
// stands behind `--`. One that fills all of CMDLINE_SIZE has lost its end. Returns 0, or -1 with err_last set.
int parse_cmdline(struct spec *s, const char *text) must_check;

// An entry's variables: INITBOX_KEY=VALUE, and what tini and dumb-init know by TINI_… and DUMB_INIT_…. env is
// NULL-terminated and stays. Returns 0, or -1 with err_last set.
int parse_environment(struct spec *s, char **env) must_check;

// Whether such a variable is meant for initbox and not for its program. entry is NAME=VALUE.
bool parse_is_own_variable(const char *entry) must_check;

// The text of a file of --env-file: lines K=V, or K for the caller's value; # starts a comment. As parse_config.
int parse_env_file(struct spec *s, char *text, size_t n, const char *file) must_check;

// The row of a key that a machine's configuration may hold: all but what is an entry's alone. NULL: no such key.
struct key;
const struct key *parse_machine_key(const char *name, size_t n);

// Records an unknown setting of an entry or of a box (and then of a machine). Returns -1.
int parse_unknown(bool entry, const char *where, const char *name, size_t n) must_check;

// One value of the kernel's command line, for what is needed before it can be parsed. Returns it (in the arena), or NULL.
const char *parse_cmdline_value(const char *text, const char *key) must_check;
