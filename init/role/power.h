// SPDX-License-Identifier: MIT
// The end of a machine: its status to the host, data to the disks, power off.
#pragma once
#include "spec/spec.h"

// Tells the host how the machine ended, by the status port or, without one, as the last line of the console.
// failed: initbox itself could not do its work, and code is its own.
void power_report(const struct spec *s, int code, bool failed);

// Writes data out and switches the machine off. Does not return.
_Noreturn void power_off(void);
