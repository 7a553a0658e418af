// SPDX-License-Identifier: MIT
#pragma once
#include "base/nl.h"
#include "phase/phase.h"

// Refuses a subnet in which the host has a route or an address already: a bridge with the same would take packets away from
// there, or get none itself. nl is a socket of NETLINK_ROUTE. Returns 0, or -1 with err_last set.
int routes_check(struct nl *nl, const struct box *box) must_check;
