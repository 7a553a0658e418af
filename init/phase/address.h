// SPDX-License-Identifier: MIT
#pragma once
#include <stddef.h>

#include "phase/phase.h"

// The content of an address's file, up to the last port: whose it is, and what is published to it. If its launcher is killed
// another one finds them.
struct address_note {
	char box[64], bridge[16];
	struct port port[MAX_PORTS];
	unsigned count; // not in the file
};

// Writes the ports that will be published into the address's file. Returns 0, or -1 with err_last set.
int address_note_ports(const struct box *box) must_check;

// Reads what stands in the file called name, if its launcher lives.
// Returns 1, 0 when it does not, or -1 with err_last set.
int address_read_living(const struct box *box, const char *name, struct address_note *note) must_check;

// Takes the ports back that were published to the address. Returns 0, or -1 with err_last set.
typedef int address_forget(struct box *box, uint32_t address, const struct address_note *note);

// Under the lock: calls forget for each address of the subnet (NULL: of any) whose launcher is gone, and removes its file.
// Returns 0, or -1 with err_last set.
int address_sweep(struct box *box, const struct net4 *subnet, address_forget *forget) must_check;
