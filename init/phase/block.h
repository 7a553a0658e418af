// SPDX-License-Identifier: MIT
// Block devices of the machine: which one a word of root= or overlay= means. Nothing is polled: /sys/class/block is looked
// through once, and then the kernel's events tell of what comes.
#pragma once
#include "phase/phase.h"

enum { BLOCK_PATH = 80 };

// Looks for the device that w means, and waits for it up to ms (0: not at all; WAIT_FOR_EVER). path becomes its name in /dev.
// Returns 0, or -1 with err_last set; what is there instead has been said then.
int block_find(const struct device_word *w, uint32_t ms, char path[BLOCK_PATH]) must_check;

// Appends what the first bytes of the device at path are: ` ext4 LABEL="x" UUID=…`, or ` 00 00 …`.
void block_describe(struct buf *b, const char *path);
