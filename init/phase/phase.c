// SPDX-License-Identifier: MIT
#include <string.h>

#include "base/log.h"
#include "phase/phase.h"
#include "phase/trace.h"

int phase_run(struct box *box, const struct phase *const *phases)
{
	for (; *phases; phases++) {
		const struct phase *p = *phases;
		uint64_t from = trace_now();

		log_line(LOG_DETAIL, "phase %s", p->name);
		if (log_setup.explain && p->explain)
			p->explain(box);
		if (!log_setup.dry_run && p->up(box)) {
			strncpy(err_last.phase, p->name, sizeof(err_last.phase) - 1);
			return -1;
		}
		trace_add(p->name, from, trace_now());
	}
	return 0;
}
