// SPDX-License-Identifier: MIT
// A machine's disks at its end. Source: umount(2), mount(2) MS_REMOUNT, loop(4), swapoff(2), proc(5) mountinfo and swaps.
#pragma once

// Swap off, file systems unmounted, last mounted first; what is busy once more when others are gone, then read-only. Loop
// devices are detached between. The kernel's own file systems stay. Errors are printed.
// Returns 0, or -1 when a disk is left that may be written to.
int teardown(void);
