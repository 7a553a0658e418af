// SPDX-License-Identifier: MIT
// Finds the device of the machine's root, and the one that its overlay writes to.
#include <string.h>

#include "base/log.h"
#include "phase/block.h"

_Static_assert(sizeof(((struct box *)NULL)->root_device) == BLOCK_PATH && sizeof(((struct box *)NULL)->overlay_device) == BLOCK_PATH,
	       "room for what block_find says");

static bool is_device(const struct device_word *w)
{
	return w->kind >= DEVICE_NAME;
}

static int find_root_up(struct box *box)
{
	const struct spec *s = box->spec;

	if (is_device(&s->root) && !spec_root_is_share(s) && block_find(&s->root, s->rootwait, box->root_device))
		return -1;
	return is_device(&s->overlay.device) ? block_find(&s->overlay.device, s->rootwait, box->overlay_device) : 0;
}

static void explain_one(const char *variable, const struct device_word *w)
{
	if (w->kind == DEVICE_NAME)
		explain("open read", "%s=/dev/%s", variable, w->value);
	else if (w->kind == DEVICE_NUMBER)
		explain("open read", "%s=/dev/block/%u:%u", variable, w->major, w->minor);
	else // without the path of an image
		explain("open read", "%s=$(findfs %.*s)", variable, (int)(strlen(w->said) - (w->path ? strlen(w->path) + 1 : 0)), w->said);
}

static void find_root_explain(const struct box *box)
{
	const struct spec *s = box->spec;

	if (is_device(&s->root) && !spec_root_is_share(s))
		explain_one("device", &s->root);
	if (is_device(&s->overlay.device))
		explain_one("upper", &s->overlay.device);
}

const struct phase phase_find_root = {"find-root", find_root_explain, find_root_up};
