// SPDX-License-Identifier: MIT
#pragma once

// `initbox run …`: argv[0] is the first word after run. Returns the exit code.
int run_main(int argc, char **argv);
