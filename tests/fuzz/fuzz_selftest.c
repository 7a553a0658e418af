// SPDX-License-Identifier: MIT
// A reader with a mistake that only a search finds: tests/fuzz/run wants it found.
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	volatile uint8_t last = 0;

	if (!copy)
		abort();
	memcpy(copy, data, size);
	if (size > 3 && copy[0] == 'b' && copy[1] == 'u' && copy[2] == 'g')
		last = copy[size];
	free(copy);
	return last & 0;
}
