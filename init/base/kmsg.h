// SPDX-License-Identifier: MIT
// The kernel's log. Source: kernel Documentation/ABI/testing/dev-kmsg, proc(5) kernel/printk.
#pragma once
#include "base/fmt.h"

// Puts text[0..n), one record a line, into the log with a priority of syslog(2), 0 to 7. Opened for each call: the kernel
// takes ten lines in five seconds from one descriptor and drops the others in silence. Returns whether the kernel shows
// them on its consoles, too; false also where there is no such log.
bool kmsg_write(unsigned priority, const char *text, size_t n);
