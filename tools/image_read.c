// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "image_read.h"

#include "fail.h"
#include "packing.h"

void image_open(struct image_reader *r, const char *path)
{
	*r = (struct image_reader){ .path = path, .file = load_map(path, path) };
	if (!cpio_is(r->file.at, r->file.size) && !packing_find(r->file.at, r->file.size))
		fail("%s: no image: it begins with neither a newc archive nor a compressed one%s", path,
		     r->file.size ? "" : ": it is empty");
}

bool image_skip(struct image_reader *r)
{
	if (!r->unpacked.at)
		return false;
	r->unpacked = (struct bytes){ 0 };
	r->at = r->next;
	return true;
}

// Where the next byte that is not NUL is.
static size_t skip_padding(struct bytes bytes, size_t at)
{
	while (at < bytes.size && !bytes.at[at])
		at++;
	return at;
}

// Decompresses the piece at r->next. Programs stop at what comes behind a piece
// with a complaint: where its end is known it is cut there.
static void unpack(struct image_reader *r)
{
	struct bytes piece = { .at = r->file.at + r->next, .size = r->file.size - r->next };
	char *object = fail_text("%s: at byte %zu%s", r->path, r->next,
				 r->packing->length ? "" : ", taken for the last piece");

	if (r->packing->length) {
		piece.size = r->packing->length(piece.at, piece.size);
		if (!piece.size)
			fail("%s: a broken piece, or one that is cut short (%s)", object, r->packing->name);
	}
	r->unpacked = load_unpacked_bytes(piece, r->packing->program, object);
	r->next += piece.size;
	r->at = 0;
}

// In a compressed piece archives may follow each other as well.
static int next_inside(struct image_reader *r, const char **why)
{
	r->at = skip_padding(r->unpacked, r->at);
	if (r->at == r->unpacked.size)
		return image_skip(r) ? 0 : -1;
	*why = "bytes behind the end of an archive that are none";
	if (r->at % 4 || !cpio_is(r->unpacked.at + r->at, r->unpacked.size - r->at))
		return -1;
	r->number++;
	return 1;
}

int image_next(struct image_reader *r, const char **why)
{
	if (r->unpacked.at) {
		int found = next_inside(r, why);

		if (found)
			return found;
	}
	r->next = skip_padding(r->file, r->at);
	if (r->next == r->file.size)
		return 0;
	r->number++;
	r->offset = r->at = r->next;
	r->packing = packing_find(r->file.at + r->next, r->file.size - r->next);
	if (r->packing) {
		unpack(r);
		return 1;
	}
	if (!cpio_is(r->file.at + r->next, r->file.size - r->next))
		*why = "bytes behind the end of an archive that are none";
	else if (r->next % 4)
		*why = "an archive that does not start at a multiple of 4: the kernel ignores it";
	else
		return 1;
	return -1;
}

const char *image_member(struct image_reader *r, struct cpio_found *out)
{
	const struct bytes *from = r->unpacked.at ? &r->unpacked : &r->file;

	return cpio_read(from->at, from->size, &r->at, out);
}
