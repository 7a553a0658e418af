// SPDX-License-Identifier: MIT
#pragma once

// `initbox check …`: argv[0] is the first word after check. Returns the exit code: 0, 1 when something is wrong, 125.
int check_main(int argc, char **argv);
