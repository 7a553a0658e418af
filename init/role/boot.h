// SPDX-License-Identifier: MIT
#pragma once

// /init of an initramfs: PID 1 of the machine. words: the kernel's for its init, NULL-terminated. Does not return.
_Noreturn void boot_main(char **words);
