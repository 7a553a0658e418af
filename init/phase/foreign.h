// SPDX-License-Identifier: MIT
#pragma once
#include "base/nl.h"
#include "phase/phase.h"

// Says which chains of others (docker, firewalld, iptables) drop what is forwarded and know nothing of the box's bridge: an
// accept in initbox's own table does not help against those. nl is a socket of NETLINK_NETFILTER.
// Returns 0, or -1 with err_last set.
int foreign_warn(struct nl *nl, const struct box *box) must_check;

// The same of iptables-legacy's table filter, if there is one. Returns 0, or -1 with err_last set.
int foreign_warn_legacy(const struct box *box) must_check;
