// SPDX-License-Identifier: MIT
// The seccomp filter, loaded last: nothing of initbox runs behind it but execve, where all goes well. The default profile was
// compiled by boxfilter while building, so that loading it is one call; phase profile has read another one.
// Source: seccomp(2).
#include "base/log.h"
#include "base/sys.h"
#include "phase/phase.h"

extern const struct sock_filter filter_default[]; // build/filter_default.c
extern const unsigned short filter_default_len;

static int filter_up(struct box *box)
{
	struct sock_fprog prog;

	if (box->spec->seccomp == SECCOMP_FILTER_NONE)
		return 0;
	prog.len = box->filter ? box->filter_len : filter_default_len;
	// The kernel only reads it; struct sock_fprog has no const.
	prog.filter = (struct sock_filter *)(uintptr_t)(box->filter ? box->filter : filter_default);
	return sys_seccomp(SECCOMP_SET_MODE_FILTER, box->filter_flags, &prog)
		       ? fail("seccomp", "%s", box->filter ? box->spec->seccomp_file : "default filter")
		       : 0;
}

static void filter_explain(const struct box *box)
{
	if (box->spec->seccomp == SECCOMP_FILTER_FILE)
		explain("seccomp(SECCOMP_SET_MODE_FILTER)", "(no command: the BPF instructions of %s)", box->spec->seccomp_file);
	else if (box->spec->seccomp != SECCOMP_FILTER_NONE)
		explain("seccomp(SECCOMP_SET_MODE_FILTER)", "(no command: %u BPF instructions, from boxfilter)",
			filter_default_len);
}

const struct phase phase_filter = {"filter", filter_explain, filter_up};
