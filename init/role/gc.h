// SPDX-License-Identifier: MIT
#pragma once

// initbox gc: removes what launchers left that were killed, and says what that was. Returns an exit code.
int gc_main(int argc, char **argv);
