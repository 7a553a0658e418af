// SPDX-License-Identifier: MIT
// The doors by which settings come in. All end in key_set; later ones win: configuration file, kernel command line,
// command line.
#pragma once
#include "spec/spec.h"

enum parse_result { PARSE_OK, PARSE_HELP, PARSE_BAD = -1 };

// The options and the command of `initbox run`: argv[0] is the first word after `run`. The first word that is not an
// option starts the command, and so does what follows `--`. PARSE_BAD: err_last is set.
enum parse_result parse_options(struct spec *s, int argc, char **argv) must_check;

// The text of a configuration file: lines of `key = value`; one that starts with # is a comment. text[0..n] is changed in
// place and has to stay; file names it in errors. Returns 0, or -1 with err_last set.
int parse_config(struct spec *s, char *text, size_t n, const char *file) must_check;

// The kernel's command line: words `initbox.KEY=VALUE` (quotes as the kernel has them: "…" around the value or the whole
// word); all others are not for us. Returns 0, or -1 with err_last set.
int parse_cmdline(struct spec *s, const char *text) must_check;

// One value of the kernel's command line, for what is needed before it can be parsed. Returns it (in the arena), or NULL.
const char *parse_cmdline_value(const char *text, const char *key) must_check;
