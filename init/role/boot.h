// SPDX-License-Identifier: MIT
#pragma once

// /init of an initramfs: PID 1 of the machine. Does not return.
_Noreturn void boot_main(void);
