// SPDX-License-Identifier: MIT
// How a machine's host learns how its program ended. Power-off alone tells nothing: a crash looks the same.
//
// status-port = DEVICE: a serial line, the line `initbox-status exit=N [signal=N] [oom]`, or `failed=N` when initbox itself
// could not do its work. A virtio port with the name org.initbox.status gets the same line. status-port = isa:PORT: qemu's
// isa-debug-exit, one number of seven bits that ends qemu at once (tell.c has the table; qemu/boot reads it). Where none
// of them works the console's last line is `initbox: exit status N …`.
#pragma once
#include "role/box.h"
#include "role/order.h"

// The name of the virtio port.
#define TELL_PORT "org.initbox.status"

// Tells it by each way that is there, and waits until the console has sent all; with isa:PORT and an order that is not reboot it does not return where that works.
void tell(const struct spec *s, enum order order, int code, const struct box_end *end);
