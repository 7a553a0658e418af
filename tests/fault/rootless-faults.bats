#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run` as an ordinary user: every system call of it fails, one at a time.
# shellcheck disable=SC2317,SC2329 # called by inside

load lib

setup_file() {
	make_root
	fault_tools
	export USER_ROOT=$BATS_FILE_TMPDIR/user-root
	cp -a "$ROOT" "$USER_ROOT"
	chown -hR 4321:4321 "$USER_ROOT"
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/file" "$BATS_FILE_TMPDIR"
}

prepare() {
	leaks_loops() {
		:
	}
	mkdir /run/bin
	cp "$INITBOX" /run/bin/initbox
	INITBOX=/run/bin/initbox
	chmod 755 /run
	export INJECT_USER=4321
}

tolerated() {
	tolerated_always
	echo '0 read 1 which cgroup is its own: without limits it runs as where that is not the user'\''s'
}

leaving() {
	:
}

own() {
	printf '%s\n' "$INITBOX" run --rootfs "$USER_ROOT" --name own -q --userns self -- /bin/sh -c
}
@test "an ordinary user's own id" {
	sweep own
}
