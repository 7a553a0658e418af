// SPDX-License-Identifier: MIT
#pragma once

// Lets what is written to standard output pass as it is: without a reader at the other end a machine's console is a pipe.
void machine_console_raw(void);
