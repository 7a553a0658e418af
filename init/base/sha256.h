// SPDX-License-Identifier: MIT
// SHA-256, for names that follow from contents. Source: FIPS 180-4.
#pragma once
#include "base/fmt.h"

struct sha256 {
	uint32_t state[8];
	uint64_t bytes;
	uint8_t block[64];
};

void sha256_begin(struct sha256 *h);
void sha256_add(struct sha256 *h, const void *data, size_t n);

// Ends it and writes the digest as 64 hexadecimal digits and a NUL.
void sha256_end(struct sha256 *h, char hex[65]);
