// SPDX-License-Identifier: MIT
#pragma once
#include "phase/phase.h"

// Whether the id belongs to the host's range that root has given to the box.
bool userns_has(uint32_t uid);
