// SPDX-License-Identifier: MIT
// After phase_modules: devices that come later. PID 1 serves them while it waits (base/watch.h).
#pragma once
#include "base/uevent.h"

// Loads what one event asks for, for who waits for a device and reads events by himself. Does nothing for others, nor where
// the image has no module on demand. A failure is said: the device may not be the one that is waited for.
void modules_event(const struct uevent *e);

// Loads for all devices that have come up to now: what a socket that was opened later has not heard of, or has lost.
void modules_catch_up(void);

// Before another init takes over, in a root of its own: nothing is served any more, and the kernel asks for modules as it
// did before initbox. Returns 0, or -1 with err_last set.
int modules_release(void) must_check;
