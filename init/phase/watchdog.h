// SPDX-License-Identifier: MIT
#pragma once

// At the very end of a machine, in PID 1: the watchdog is closed in order and does not bite any more. Without one nothing.
void watchdog_close(void);
