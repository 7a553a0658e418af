// SPDX-License-Identifier: MIT
/* What the three files of bench-entry share: who runs, what was measured. bench-base.h comes before it. */
#ifndef BENCH_ENTRY_H
#define BENCH_ENTRY_H

#define MAX_INITS     12
#define MAX_WORDS     8 /* of an init's own command line */
#define MAX_STARTS    5000
#define MEMORY_ROUNDS 3
#define STOP_ROUNDS   5
#define TREE_SIZE     100 /* processes */
#define TREE_MS	      300 /* what each of them needs to end */
#define BLOCKS	      5	  /* the starts are judged in so many parts to see how far they differ */

/* Rows of what /proc says; KiB. */
enum memory { MEMORY_RSS, MEMORY_PEAK, MEMORY_PSS, MEMORY_DIRTY, MEMORY_COUNT };

struct init {
	const char *name;
	enum role role; /* ROLE_EXTRA: no init, the program alone; only its starts are measured */
	int syscalls;	/* of one start, counted by somebody else */
	char *words[MAX_WORDS + 1];
	size_t count;				   /* of words */
	int64_t wall[MAX_STARTS], cpu[MAX_STARTS]; /* ns */
	int64_t faults[MAX_STARTS];
	int64_t memory[MEMORY_COUNT][MEMORY_ROUNDS];
	long wakeups;
	int64_t stop[STOP_ROUNDS];    /* ns from SIGTERM to the init's end */
	int64_t behind[STOP_ROUNDS];  /* ns from the last process' orderly end to the init's */
	int64_t orderly[STOP_ROUNDS]; /* processes that came to their orderly end */
};

struct bench {
	struct init inits[MAX_INITS];
	size_t count;
	long starts;
	int no_assert;
	char *program, *tree; /* paths: one that ends at once, entry-tree */
	const char *file;
};

/* Run the program once under the init, as PID 1 of a new pid namespace, and fill *l. Returns the wait status, -1 if it
 * did not start. */
int entry_start(const struct bench *b, const struct init *in, struct launch *l);

/* Fill wall, cpu and faults of all inits: b->starts rounds. */
void entry_measure_starts(struct bench *b);

/* Fill memory and wakeups of all inits: MEMORY_ROUNDS times they run side by side for a second, and once for longer. */
void entry_measure_idle(struct bench *b);

/* Fill stop, behind and orderly of all inits: STOP_ROUNDS rounds. */
void entry_measure_stops(struct bench *b);

/* Judge initbox unless b->no_assert, print the table and the verdict to stdout. Returns the number of missed targets. */
int entry_report(struct bench *b);

#endif
