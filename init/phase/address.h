// SPDX-License-Identifier: MIT
#pragma once
#include "phase/phase.h"

// Writes the ports that will be published into the address's file: if this launcher is killed, another one finds them.
// Returns 0, or -1 with err_last set.
int address_note_ports(const struct box *box) must_check;

// Takes n ports back that were published to the address. Returns 0, or -1 with err_last set.
typedef int address_forget(struct box *box, uint32_t address, const struct port *ports, unsigned n);

// Under the lock: calls forget for the ports of each address of the subnet whose launcher is gone, and removes its file.
// Returns 0, or -1 with err_last set.
int address_sweep(struct box *box, address_forget *forget) must_check;
