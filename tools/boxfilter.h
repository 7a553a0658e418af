// SPDX-License-Identifier: MIT
/*
 * boxfilter: a seccomp profile in the JSON form of Docker, Podman and OCI
 * becomes a BPF program. The way of a profile through the files:
 *
 *   boxfilter_profile.c  JSON → struct profile: rules for one machine, one set
 *                        of capabilities, one kernel (boxfilter_row.c)
 *   boxfilter_rules.c    struct profile → what the rules say about each syscall
 *   boxfilter_ranges.c   … and about each range of numbers
 *   boxfilter_shape.c    ranges → a short program (boxfilter_tree.c for numbers,
 *                        boxfilter_args.c for arguments, boxfilter_asm.c)
 *   boxfilter_check.c    the program against the rules, by running it
 *   boxfilter_print.c    the program as bytes, C or text
 */
#ifndef TOOLS_BOXFILTER_H
#define TOOLS_BOXFILTER_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_ARCHES 4		/* in one filter: a machine and its sub-architectures */
#define MAX_CONDITIONS 6	/* of a rule: one for each argument */

struct arch {
	const char *name;	/* uname -m */
	const char *scmp;	/* SCMP_ARCH_… in a profile */
	const char *go;		/* Docker's name in includes.arches */
	uint32_t token;		/* libseccomp's */
	uint32_t audit;		/* the kernel's seccomp_data.arch */
	uint32_t family;	/* architectures that one kernel can run share it */
	uint32_t base;		/* number of the first syscall */
	bool big_endian;
	bool is_32bit;
	uint16_t enosys;	/* ENOSYS is not the same everywhere */
};

/* Whom a filter is for. */
struct target {
	const struct arch *arch;
	uint64_t caps;		/* bit N = capability N is kept */
	unsigned kernel;	/* major << 16 | minor */
	bool listener;		/* somebody answers what SCMP_ACT_NOTIFY holds */
};

struct condition {
	unsigned index;
	enum scmp_compare op;
	uint64_t value;		/* for SCMP_CMP_MASKED_EQ: the mask */
	uint64_t value_two;	/* … and what is compared with the masked argument */
};

/* One syscall of one row of the profile. */
struct rule {
	const char *name;
	uint32_t action;	/* SECCOMP_RET_… with its data, as the kernel has it */
	unsigned line, column;
	bool applies;		/* includes and excludes fit the target */
	unsigned n_conditions;	/* all must hold; 0: always */
	struct condition conditions[MAX_CONDITIONS];
};

struct profile {
	const char *file;
	uint32_t default_action;
	struct rule *rules;
	size_t n_rules;
	const struct arch *arches[MAX_ARCHES];	/* the target's own first */
	size_t n_arches;
	unsigned flags;		/* SECCOMP_FILTER_FLAG_…, for whoever loads the filter */
};

struct program {
	struct sock_filter *code;
	size_t length;
};

/* One syscall of one architecture, and what the rules say about it. */
struct call {
	const struct arch *arch;
	const char *name;
	int64_t nr;		/* below 0: not on this architecture */
	const struct rule *always;	/* the first rule without conditions, or NULL */
	uint32_t otherwise;	/* the action where no condition holds */
	struct rule *rules;	/* those with conditions: the first one that holds counts */
	size_t n_rules;
};

/*
 * What happens to the syscalls from first up to the next range's first: they
 * return ret, or, where that depends on arguments, what the call's rules say.
 */
struct range {
	uint32_t first;
	const struct call *call;	/* NULL: ret */
	uint32_t ret;
	unsigned weight;	/* how much a short way to it is worth */
};

/* The ranges of one seccomp_data.arch; the first one starts at 0. */
struct arch_ranges {
	uint32_t audit;
	struct range *ranges;
	size_t n_ranges;
};

struct verdicts {
	struct arch_ranges arches[MAX_ARCHES];
	size_t n_arches;
	uint32_t foreign;	/* action for any other architecture */
	struct compiler *compilers;	/* what the ranges point into */
	size_t n_compilers;
};

/* boxfilter_tables.c */

/* The architecture by any of its names (uname, SCMP_ARCH_, Go), or NULL. */
const struct arch *arch_find(const char *name);
/* Whether it is one of the names that profiles have for an architecture (SCMP_ARCH_…). */
bool arch_is_known(const char *scmp);
/* The architecture of this build of boxfilter. */
const struct arch *arch_native(void);
/* SCMP_ACT_… → SECCOMP_RET_… in *action; *takes_errno tells whether errnoRet may stand beside it. */
bool action_find(const char *name, uint32_t *action, bool *takes_errno);
/* SECCOMP_FILTER_FLAG_… by name, or 0. */
unsigned flag_find(const char *name);
/* SCMP_CMP_… → libseccomp's operator. */
bool op_find(const char *name, enum scmp_compare *op);
/* CAP_… (any case, with or without the prefix) → its number, or -1. */
int cap_find(const char *name);
/* "EPERM" → 1, as the architecture counts; -1 for a name that is not in the table. */
int errno_find(const char *name, const struct arch *arch);
/* How often ordinary programs make a call; 1 for what the table has not. */
unsigned weight_find(const char *name);

/* boxfilter_syscalls.c */

/*
 * The number of a syscall on an architecture, or -1 when it has none there.
 * *exists tells whether the name is known at all.
 */
int64_t syscall_number(const struct arch *arch, const char *name, bool *exists);
/* The name that a number has on an architecture, or NULL. */
const char *syscall_name(const struct arch *arch, uint32_t nr);
/*
 * Whether the number is outside the count that all architectures share, so that
 * its size says nothing about its age.
 */
bool syscall_is_private(const struct arch *arch, int64_t nr);
/*
 * Whether multiplexer (socketcall, ipc) stands for the call; *which is then the
 * condition under which it does.
 */
bool multiplexer_condition(const char *name, const char *multiplexer, struct condition *which);

/* boxfilter_profile.c */

/*
 * Reads the profile in text (length bytes and a 0; kept for the names in it).
 * Errors end the program with one line. profile_free releases it.
 */
void profile_read(struct profile *profile, const char *file, char *text, size_t length,
		  const struct target *target);
void profile_free(struct profile *profile);

/* boxfilter_rules.c */

/*
 * Sorts every syscall number into ranges. Names nobody knows and rules without
 * effect are noted on stderr, or, with strict, are errors. What ranges point to
 * lives until rules_free.
 */
void rules_compile(const struct profile *profile, bool strict, struct verdicts *verdicts);
void rules_free(struct verdicts *verdicts);

/* boxfilter_shape.c */

/* The verdicts as one program, in new memory. */
void shape_program(const struct verdicts *verdicts, struct program *program);

/* boxfilter_run.c */

/*
 * Runs a program on one syscall. Returns the action, sets *steps (if not NULL)
 * to the number of instructions. An instruction that no filter of ours or of
 * libseccomp has ends boxfilter.
 */
uint32_t run_program(const struct program *program, const struct seccomp_data *data,
		     bool big_endian, unsigned *steps);
/* boxfilter_check.c */

/*
 * Compares the program with the rules, on every range and on arguments around
 * every value that the rules compare with. A difference ends the program.
 */
void check_program(const struct profile *profile, const struct program *program);

#endif
