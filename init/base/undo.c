// SPDX-License-Identifier: MIT
#include <string.h>

#include "base/log.h"
#include "base/undo.h"

int undo_push(struct undo *u, int (*down)(void *arg), void *arg, const char *what)
{
	if (u->count == COUNT(u->entry)) {
		if (down(arg))
			log_err(&err_last);
		return fail_text("the undo stack is full", "%s", what);
	}
	u->entry[u->count++] = (struct undo_entry){down, arg, what};
	return 0;
}

int undo_unwind(struct undo *u)
{
	int failed = 0;

	while (u->count > 0) {
		struct undo_entry *e = &u->entry[--u->count];

		log_line(LOG_DETAIL, "undo %s", e->what);
		if (e->down(e->arg)) {
			strcpy(err_last.phase, "undo");
			log_err(&err_last);
			failed = -1;
		}
	}
	return failed;
}
