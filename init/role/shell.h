// SPDX-License-Identifier: MIT
#pragma once

// on-error = shell: runs the image's /bin/sh on the console, as its controlling terminal, until it ends or somebody orders
// the machine's end. Says so when there is none.
void shell_run(void);
