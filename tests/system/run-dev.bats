#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run`: /dev, and what an image or a volume may try with it.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
}

# A volume over /dev whose null leads to a switch of the whole machine must not become what hides a file (CVE-2025-31133),
# nor what the program reads.
hostile_null() {
	mkdir dev
	for to in /proc/sys/kernel/core_pattern /etc/passwd /proc/self/exe; do
		ln -sfn $to dev/null
		prints 0 '' box -v "$PWD/dev:/dev" -- /bin/cat /proc/interrupts
		prints 0 '' box -v "$PWD/dev:/dev" --stdin null -- /bin/cat
		expect 0 box -v "$PWD/dev:/dev" -- /bin/sed -n 's,.* /proc/interrupts \([a-z]*\).* - ,\1 ,p' /proc/self/mountinfo
		line '^rw tmpfs tmpfs' out
	done
	rm dev/null
	mkfifo dev/null
	prints 0 '' box -v "$PWD/dev:/dev" --stdin null -- /bin/cat /proc/interrupts -
}
@test "a volume's /dev/null hides nothing and is not read" {
	inside hostile_null
}

# An image's /dev that leads elsewhere (CVE-2026-41579, CVE-2026-47766).
dev_is_a_link() {
	mkdir -p canary layer
	for to in ../../canary /canary "$PWD/canary" /proc/self/cwd; do
		ln -sfn "$to" layer/dev
		refused 'mounts: /dev: openat2: .*ELOOP' box --rootfs layer -- /bin/true
	done
	rm layer/dev
	echo file >layer/dev
	refused 'mounts: /dev: .*ENOTDIR' box --rootfs layer -- /bin/true
	same '' "$(ls -A canary)" 'made on the host'
}
@test "an image's /dev that is a link or a file is refused" {
	inside dev_is_a_link
}
