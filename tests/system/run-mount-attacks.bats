#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run`: images and volumes that try to lead mounts, or what is made for them, out of the box.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
	make_helper swap
}

# A program in another box that shares the volume can do this while a box starts (CVE-2021-30465, CVE-2024-45310).
swapped_target() {
	mkdir -p data/sub victim/sub inner
	echo inner >inner/file
	echo untouched >victim/canary
	ln -s "$PWD/victim" data/absolute
	ln -s "../../../../../../../../../..$PWD/victim" data/relative
	ln -s /proc/1/root data/root
	ln -s /proc/self/cwd data/cwd
	for link in absolute relative root cwd; do
		background swap data/sub "data/$link" 2>/dev/null
		for _ in {1..12}; do
			box -v "$PWD/data:/data" -v "$PWD/inner:/data/sub" -- /bin/true >out 2>&1 || :
			box -v "$PWD/data:/data" -v "$PWD/inner/file:/data/sub/file" -- /bin/true >out 2>&1 || :
			box -v "$PWD/data:/data" --tmpfs "/data/sub/new" -- /bin/true >out 2>&1 || :
			box -v "$PWD/data:/data" --device /dev/null:/data/sub/null -- /bin/true >out 2>&1 || :
		done
		stop_all
		[ ! -L data/sub ] || swap_once data/sub "data/$link"
	done
	printf 'canary\nsub\n' | diff - <(ls -A victim)
	same untouched "$(cat victim/canary)" 'what is outside'
	not grep -E "$PWD|inner" /proc/self/mountinfo
}

swap_once() {
	mv "$1" "$1.link"
	mv "$2" "$1"
	mv "$1.link" "$2"
}
@test "a target in a shared volume that is exchanged for a link meanwhile" {
	TEST_SECONDS=90 inside swapped_target
}

swapped_image() {
	mkdir -p image/bin victim
	cp "$ROOT/bin/busybox" image/bin/true
	ln "image/bin/true" image/true
	for place in dev proc sys etc; do
		mkdir -p "image/$place"
		ln -s "$PWD/victim" "image/$place-link"
		background swap "image/$place" "image/$place-link" 2>/dev/null
		for _ in {1..12}; do
			"$INITBOX" run --rootfs image --dns 192.0.2.1 -- /bin/true >out 2>&1 || :
		done
		stop_all
		same '' "$(ls -A victim)" "what is outside, with $place"
	done
	not grep "$PWD" /proc/self/mountinfo
}
@test "an image whose directories are exchanged for links while its box starts" {
	TEST_SECONDS=90 inside swapped_image
}

# What initbox and the program read in /proc and /sys is the kernel's (CVE-2019-16884, CVE-2025-52881).
fake_proc() {
	mkdir -p image/proc/self/fd image/proc/self/attr image/proc/sys/kernel image/sys/fs/cgroup image/sys/kernel fake
	echo fake | tee image/proc/self/status image/proc/mounts image/proc/sys/kernel/hostname image/sys/fs/cgroup/x fake/status >/dev/null
	ln -s /etc image/proc/1
	expect 0 "$INITBOX" run --rootfs image --rootfs "$ROOT" -- /bin/sh -c 'cat /proc/self/status /proc/1/comm /proc/sys/kernel/hostname; ls /sys/fs/cgroup; stat -f -c %T /proc /sys'
	not grep fake out
	line '^initbox$' out
	line '^sysfs$' out
	# Neither can a volume be put there, whatever name it goes by.
	ln -s /proc image/link
	ln -s self/attr image/proc/attr
	mkdir -p image/a
	ln -s ../proc/self image/a/self
	for target in /proc /proc/self /proc/self/attr /proc/1/attr /proc/sys /link /link/self/attr /a/self /a/../proc /sys /sys/kernel /sys/fs/cgroup; do
		refused "$target|/proc or /sys" "$INITBOX" run --rootfs image --rootfs "$ROOT" -v "$PWD/fake:$target" -- /bin/true
		refused "$target|/proc or /sys" "$INITBOX" run --rootfs image --rootfs "$ROOT" --tmpfs "$target" -- /bin/true
	done
	refused . "$INITBOX" run --rootfs image --rootfs "$ROOT" -v "$PWD/fake/status:/proc/self/status" -- /bin/true
	refused . "$INITBOX" run --rootfs image --rootfs "$ROOT" --device /dev/null:/proc/self/status -- /bin/true
	refused . "$INITBOX" run --rootfs image --rootfs "$ROOT" --device /dev/null:/sys/kernel/x -- /bin/true
}
@test "a fake /proc or /sys, and volumes over them" {
	inside fake_proc
}

# A volume over /dev must not decide what hides files (CVE-2025-31133), nor where nodes are made (CVE-2026-41579).
fake_dev() {
	mkdir -p dev victim image/x
	ln -s /proc/sys/kernel/core_pattern dev/null
	pattern=$(cat /proc/sys/kernel/core_pattern)
	expect 0 box -v "$PWD/dev:/dev" -- /bin/sh -c 'cat /proc/interrupts /proc/timer_list 2>/dev/zero | wc -c; awk "\$5 == \"/proc/kcore\" || \$5 == \"/proc/keys\"" /proc/self/mountinfo'
	not grep core_pattern out
	same "$pattern" "$(cat /proc/sys/kernel/core_pattern)" 'core_pattern'
	for to in "$PWD/victim" ../victim "../../../../..$PWD/victim" x; do
		ln -sfn "$to" image/dev
		refused 'mounts: /dev: .*ELOOP' "$INITBOX" run --rootfs image --rootfs "$ROOT" --device /dev/null:/dev/x -- /bin/true
	done
	same '' "$(ls -A victim)" 'what is outside'
	# Links of the image in the way of a device.
	mkdir -p image2/at
	ln -s "$PWD/victim" image2/out
	refused '/out: openat2: .*ENOENT' "$INITBOX" run --rootfs image2 --rootfs "$ROOT" --device "/dev/null:/out/null" -- /bin/true
	same '' "$(ls -A victim)" 'what is outside'
}
@test "a /dev that leads elsewhere" {
	inside fake_dev
}
