// SPDX-License-Identifier: MIT
// Where a gzip member ends. Only decoding its symbols tells; what they stand
// for is not needed.
#define _GNU_SOURCE
#include "packing.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
	MAX_BITS = 15,		// of a code
	LITERALS = 288,
	DISTANCES = 30,
	END_OF_BLOCK = 256,
	HEADER = 10,
	TRAILER = 8,		// checksum and size
};

struct reader {
	const unsigned char *bytes;
	size_t size;
	size_t at;		// the byte that comes next
	unsigned hold;		// what is left of the one before
	unsigned held;		// bits in hold
	bool broken;		// once set, every bit is 0
};

// A canonical Huffman code: how many codes each length has, and what they mean
// in their order.
struct code {
	uint16_t counts[MAX_BITS + 1];
	uint16_t symbols[LITERALS];
};

static unsigned take(struct reader *r, unsigned bits)
{
	unsigned value = 0;

	for (unsigned i = 0; i < bits; i++) {
		if (!r->held) {
			if (r->at == r->size) {
				r->broken = true;
				return 0;
			}
			r->hold = r->bytes[r->at++];
			r->held = 8;
		}
		value |= (r->hold & 1) << i;
		r->hold >>= 1;
		r->held--;
	}
	return value;
}

static void make_code(struct code *c, const unsigned char *lengths, unsigned count)
{
	uint16_t next[MAX_BITS + 1] = { 0 };

	*c = (struct code){ 0 };
	for (unsigned i = 0; i < count; i++)
		c->counts[lengths[i]]++;
	c->counts[0] = 0;
	for (unsigned i = 1; i < MAX_BITS; i++)
		next[i + 1] = (uint16_t)(next[i] + c->counts[i]);
	for (unsigned i = 0; i < count; i++)
		if (lengths[i])
			c->symbols[next[lengths[i]]++] = (uint16_t)i;
}

static unsigned take_symbol(struct reader *r, const struct code *c)
{
	unsigned value = 0, first = 0, index = 0;

	for (unsigned length = 1; length <= MAX_BITS && !r->broken; length++) {
		value = value << 1 | take(r, 1);
		first <<= 1;
		if (value >= first && value - first < c->counts[length])
			return c->symbols[index + value - first];
		first += c->counts[length];
		index += c->counts[length];
	}
	r->broken = true;
	return END_OF_BLOCK;
}

// Bits that follow a length's or a distance's symbol.
static unsigned length_bits(unsigned symbol)
{
	unsigned n = symbol - END_OF_BLOCK - 1;

	return n < 8 || n == 28 ? 0 : n / 4 - 1;
}

static unsigned distance_bits(unsigned symbol)
{
	return symbol < 4 ? 0 : symbol / 2 - 1;
}

static void skip_symbols(struct reader *r, const struct code *literals, const struct code *distances)
{
	unsigned symbol;

	while ((symbol = take_symbol(r, literals)) != END_OF_BLOCK) {
		if (symbol < END_OF_BLOCK)
			continue;
		if (symbol > 285) {
			r->broken = true;
			return;
		}
		take(r, length_bits(symbol));
		symbol = take_symbol(r, distances);
		if (symbol >= DISTANCES) {
			r->broken = true;
			return;
		}
		take(r, distance_bits(symbol));
	}
}

static void skip_fixed(struct reader *r)
{
	unsigned char lengths[LITERALS], fives[DISTANCES];
	struct code literals, distances;

	memset(lengths, 8, 144);
	memset(lengths + 144, 9, 112);
	memset(lengths + 256, 7, 24);
	memset(lengths + 280, 8, 8);
	memset(fives, 5, sizeof(fives));
	make_code(&literals, lengths, LITERALS);
	make_code(&distances, fives, DISTANCES);
	skip_symbols(r, &literals, &distances);
}

// The lengths of both codes, which are compressed themselves.
static void take_lengths(struct reader *r, const struct code *c, unsigned char *lengths, unsigned count)
{
	for (unsigned i = 0; i < count && !r->broken;) {
		unsigned symbol = take_symbol(r, c), repeat = 1;
		unsigned char length = 0;

		if (symbol < 16) {
			length = (unsigned char)symbol;
		} else if (symbol == 16 && i) {
			length = lengths[i - 1];
			repeat = 3 + take(r, 2);
		} else if (symbol == 17) {
			repeat = 3 + take(r, 3);
		} else if (symbol == 18) {
			repeat = 11 + take(r, 7);
		} else {
			r->broken = true;
		}
		if (repeat > count - i)
			r->broken = true;
		for (; repeat && !r->broken; repeat--)
			lengths[i++] = length;
	}
}

static void skip_dynamic(struct reader *r)
{
	static const unsigned char order[] = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15 };
	unsigned char lengths[LITERALS + 32] = { 0 };
	unsigned literal_count = 257 + take(r, 5), distance_count = 1 + take(r, 5), count = 4 + take(r, 4);
	struct code literals, distances;

	for (unsigned i = 0; i < count; i++)
		lengths[order[i]] = (unsigned char)take(r, 3);
	make_code(&literals, lengths, sizeof(order));
	memset(lengths, 0, sizeof(lengths));
	if (literal_count > 286 || distance_count > DISTANCES)
		r->broken = true;
	take_lengths(r, &literals, lengths, literal_count + distance_count);
	if (r->broken)
		return;
	make_code(&literals, lengths, literal_count);
	make_code(&distances, lengths + literal_count, distance_count);
	skip_symbols(r, &literals, &distances);
}

static void skip_bytes(struct reader *r, size_t count)
{
	r->held = 0;
	if (count > r->size - r->at)
		r->broken = true;
	else
		r->at += count;
}

static void skip_stored(struct reader *r)
{
	unsigned length;

	r->held = 0;
	length = take(r, 16);
	if (take(r, 16) != (length ^ 0xffff))
		r->broken = true;
	skip_bytes(r, length);
}

static void skip_text(struct reader *r)
{
	const unsigned char *end = memchr(r->bytes + r->at, 0, r->size - r->at);

	if (end)
		r->at = (size_t)(end - r->bytes) + 1;
	else
		r->broken = true;
}

static void skip_header(struct reader *r)
{
	unsigned flags;

	skip_bytes(r, HEADER);
	if (r->broken)
		return;
	flags = r->bytes[3];
	if (flags & 4)
		skip_bytes(r, take(r, 16));
	if (flags & 8)
		skip_text(r);
	if (flags & 16)
		skip_text(r);
	if (flags & 2)
		skip_bytes(r, 2);
}

size_t packing_gzip_length(const unsigned char *bytes, size_t size)
{
	struct reader r = { .bytes = bytes, .size = size };
	bool last = false;

	skip_header(&r);
	while (!last && !r.broken) {
		unsigned type;

		last = take(&r, 1);
		type = take(&r, 2);
		if (type == 0)
			skip_stored(&r);
		else if (type == 1)
			skip_fixed(&r);
		else if (type == 2)
			skip_dynamic(&r);
		else
			r.broken = true;
	}
	skip_bytes(&r, TRAILER);
	return r.broken ? 0 : r.at;
}
