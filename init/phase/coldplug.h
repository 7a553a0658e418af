// SPDX-License-Identifier: MIT
#pragma once

// Loads what the devices that are there ask for. What can't be loaded is said; the machine goes on without.
void coldplug(void);
