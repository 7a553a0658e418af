// SPDX-License-Identifier: MIT
// What the fuzz targets share. A target is one file, tests/fuzz/fuzz_NAME.c, with LLVMFuzzerTestOneInput: it gives the
// bytes to a reader and checks what has to hold for any bytes. Another one: that file, its name in FUZZ_INIT or FUZZ_TOOLS
// of fuzz.mk, and a few small files that the reader takes in seeds/NAME/ (or made by tests/fuzz/run, if they aren't text).
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Ends the target when x does not hold; libFuzzer keeps the input.
#define fuzz_check(x)                                                                \
	do {                                                                         \
		if (!(x)) {                                                          \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #x); \
			abort();                                                     \
		}                                                                    \
	} while (0)

// n bytes and a NUL in memory of exactly that size, so that ASan sees a read of the next one. Given back by fuzz_end.
char *fuzz_text(const void *data, size_t n);

// Forgets the last input: frees its texts and strings, empties err_last.
void fuzz_end(void);

struct spec;

// The spec of the process with nothing but its defaults.
struct spec *fuzz_spec(void);

// What has to hold after a reader of init/ returned ret: 0, or -1 and err_last says why, in one printable line.
void fuzz_result(int ret);
