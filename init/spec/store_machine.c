// SPDX-License-Identifier: MIT
#include "spec/store_machine.h"
#include "spec/value.h"

const char *store_machine(const struct key *key, void *field, const char *value)
{
	const char *why;

	switch ((enum key_type)key->type) {
	case KEY_MACHINE_MOUNT:
		return value_machine_mount(value, field);
	case KEY_SWAP_AREA:
		return value_swap_area(value, field);
	case KEY_ROOT:
		return value_root(value, field);
	case KEY_OVERLAY:
		return value_overlay(value, field);
	case KEY_ROOTWAIT:
		return value_rootwait(value, field);
	case KEY_WATCHDOG:
		return value_watchdog(value, field);
	default: // KEY_PARAMETER
		why = value_parameter(value);
		if (!why)
			*(const char **)field = value;
		return why;
	}
}

size_t store_machine_size(const struct key *key)
{
	switch ((enum key_type)key->type) {
	case KEY_MACHINE_MOUNT:
		return sizeof(struct machine_mount);
	case KEY_SWAP_AREA:
		return sizeof(struct swap_area);
	default:
		return sizeof(char *);
	}
}
