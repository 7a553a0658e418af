#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# boxfilter: its programs are loaded into the kernel and tried (try-filter.c).
#
# BOXFILTER (build/boxfilter)  TRY_FILTER (build/tests/try-filter)
#
# shellcheck disable=SC2016,SC2154 # expanded by the shell that is started; stderr is of bats

bats_require_minimum_version 1.5.0

load ../lib/boxfilter.sh

DENIED='clone-newuser clone-newns clone-newnet-high unshare setns mount umount2 pivot_root fsopen
	fsmount open_tree move_mount mount_setattr open_tree_attr keyctl add_key request_key bpf
	perf_event_open userfaultfd io_uring_setup io_uring_enter kexec_load init_module
	finit_module reboot swapon quotactl settimeofday open_by_handle_at ioctl-tiocsti
	ioctl-tiocsti-high ioctl-tioclinux ioctl-tioclinux-high personality-no-random
	personality-read-implies-exec socket-alg socket-alg-high socket-vsock socketpair-tipc'

@test "the default filter denies what a box must not do" {
	"$BOXFILTER" -o p.bpf "$PROFILE"
	# shellcheck disable=SC2086
	all_are p.bpf EPERM $DENIED
}

@test "without a filter nothing of that is EPERM, so the filter it was" {
	[ "$(id -u)" -eq 0 ] || skip 'needs root'
	# shellcheck disable=SC2086
	run -0 "$TRY" none $DENIED
	echo "$output"
	[[ $output != *EPERM* ]]
}

@test "the default filter allows what programs need" {
	"$BOXFILTER" -o p.bpf "$PROFILE"
	tried p.bpf read EBADF write EBADF getppid ok futex-wake EFAULT clone ok \
		ioctl-tcgets EBADF personality-ask ok personality-ask-long ok personality-linux ok \
		socket-unix ok socket-inet ok socket-netlink ok socketpair-unix EINVAL ptrace ok \
		chroot EFAULT
}

@test "what is unknown or newer, and clone3, is ENOSYS" {
	"$BOXFILTER" -o p.bpf "$PROFILE"
	all_are p.bpf ENOSYS clone3 syscall-999 syscall-minus-1 unused-number
}

@test "32-bit entries are closed" {
	[ "$(uname -m)" = x86_64 ] || skip 'x86_64 only'
	"$BOXFILTER" -o p.bpf "$PROFILE"
	tried p.bpf int80-getpid 'killed SIGSYS' x32-getpid ENOSYS x32-ptrace ENOSYS
	# A profile that allows what it does not name does not open them either.
	profile ALLOW '{"names": ["mount"], "action": "SCMP_ACT_ERRNO"}'
	compile
	tried p.bpf int80-getpid 'killed SIGSYS' x32-getpid 'killed SIGSYS' getppid ok mount EPERM
}

@test "programs run under the default filter, with threads" {
	"$BOXFILTER" -o p.bpf "$PROFILE"
	run -0 "$TRY" p.bpf -- bash -c 'ls -l / | sort --parallel=2 | wc -l; echo $((6 * 7)) | cat; date; id; ps >ps.txt'
	echo "$output"
	[[ $output == *42* ]]
	# More input than fits one buffer makes xz start threads.
	head -c 4000000 /dev/urandom >random
	run -0 "$TRY" p.bpf -- xz --threads=2 --block-size=1000000 --keep random
	xz -dc random.xz | cmp - random
}

@test "capabilities open what belongs to them" {
	"$BOXFILTER" -o p.bpf --caps sys_admin "$PROFILE"
	tried p.bpf mount EFAULT fsopen EFAULT open_tree EFAULT unshare ok clone3 EINVAL \
		setns EBADF chroot EPERM reboot EPERM init_module EPERM keyctl EPERM ioctl-tiocsti EPERM
	"$BOXFILTER" -o p.bpf --caps CAP_SYS_CHROOT,CAP_SYS_BOOT "$PROFILE"
	tried p.bpf chroot EFAULT reboot EINVAL mount EPERM clone3 ENOSYS clone-newuser EPERM
	"$BOXFILTER" -o p.bpf --caps '' "$PROFILE"
	tried p.bpf chroot EPERM read EBADF
}

@test "ptrace needs Linux 4.8" {
	"$BOXFILTER" -o p.bpf --kernel 4.7 "$PROFILE"
	tried p.bpf ptrace EPERM
	"$BOXFILTER" -o p.bpf --kernel 4.8.0-1-amd64 "$PROFILE"
	tried p.bpf ptrace ok
	"$BOXFILTER" -o p.bpf --kernel 4.7 --caps SYS_PTRACE "$PROFILE"
	tried p.bpf ptrace ok
}

@test "every action" {
	local action result code
	while IFS='|' read -r action result code; do
		profile ALLOW '{"name": "ioctl", "action": "SCMP_ACT_'"$action"'"}'
		compile --listener
		echo "$action"
		tried p.bpf ioctl-tcgets "$result" getppid ok
		run -0 "$TRY" p.bpf --steps 16
		[ "$(uname -m)" != x86_64 ] || [[ $output == *"$code" ]]
	done <<-END
		KILL|killed SIGSYS|0x00000000
		KILL_THREAD|killed SIGSYS|0x00000000
		KILL_PROCESS|killed SIGSYS|0x80000000
		TRAP|killed SIGSYS|0x00030000
		ERRNO|EPERM|0x00050001
		ERRNO", "errnoRet": 22, "comment": "|EINVAL|0x00050016
		ERRNO", "errno": "EACCES|EACCES|0x0005000d
		ERRNO", "errno": "22|EINVAL|0x00050016
		ERRNO", "errnoRet": 38, "errno": "ENOSYS|ENOSYS|0x00050026
		ERRNO", "errno": "|EPERM|0x00050001
		TRACE|ENOSYS|0x7ff00001
		NOTIFY|ENOSYS|0x7fc00000
		LOG|EBADF|0x7ffc0000
		ALLOW|EBADF|0x7fff0000
	END
	profile ERRNO '{"names": ["read"], "action": "SCMP_ACT_ALLOW"}'
	sed -i 's/"syscalls"/"defaultErrnoRet": 13, &/' p.json
	run -0 "$BOXFILTER" -o p.bpf p.json
	run -0 "$TRY" p.bpf --steps 1
	[[ $output == *0x0005000d ]]
}

@test "includes and excludes" {
	profile ALLOW \
		'{"names": ["read"], "action": "SCMP_ACT_ERRNO", "includes": {"arches": ["s390x", "arm"]}}' \
		'{"names": ["personality"], "action": "SCMP_ACT_ERRNO", "excludes": {"arches": ["s390x"]}, "comment": "c"}' \
		'{"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "includes": {"caps": ["CAP_KILL", "CAP_BPF"]}}' \
		'{"names": ["chroot"], "action": "SCMP_ACT_ERRNO", "excludes": {"caps": ["CAP_KILL", "CAP_BPF"]}}' \
		'{"names": ["mount"], "action": "SCMP_ACT_ERRNO", "includes": {"minKernel": "6.0"}, "args": null}' \
		'{"names": ["keyctl"], "action": "SCMP_ACT_ERRNO", "excludes": {"minKernel": "6.0"}, "includes": {}}'
	compile --caps kill --kernel 5.19
	tried p.bpf read EBADF personality-ask EPERM chroot EFAULT mount EFAULT keyctl EPERM getppid ok
	compile --caps kill,bpf --kernel 6.0
	tried p.bpf mount EPERM chroot EFAULT
	compile --caps chown --kernel 6.1
	tried p.bpf chroot EPERM
	compile --caps kill,bpf
	tried p.bpf getppid EPERM chroot EFAULT
}

@test "a profile's other architectures are opened on request" {
	[ "$(uname -m)" = x86_64 ] || skip 'x86_64 only'
	profile ERRNO '{"names": ["getpid", "write", "exit_group", "prctl", "seccomp"], "action": "SCMP_ACT_ALLOW"}'
	jq '.archMap = [{architecture: "SCMP_ARCH_AARCH64", subArchitectures: ["SCMP_ARCH_ARM"]},
		{architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]}]' p.json >map.json
	jq '.architectures = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]' p.json >list.json
	for file in map list; do
		"$BOXFILTER" -o p.bpf "$file.json"
		tried p.bpf int80-getpid "$("$TRY" none int80-getpid | cut -d' ' -f2-)"
	done
	"$BOXFILTER" -o p.bpf map.json
	run -0 "$TRY" p.bpf --steps 39 $((0x40000000 + 39)) $((0x40000000 + 521)) $((0x40000000 + 999))
	[ "$(cut -d' ' -f3 <<<"$output" | paste -sd' ')" = '0x7fff0000 0x7fff0000 0x00050001 0x00050026' ]
}

@test "newer than the profile is ENOSYS, known and left out is the default" {
	profile ERRNO '{"names": ["write", "exit_group", "openat2"], "action": "SCMP_ACT_ALLOW"}'
	compile
	# openat2 is 437: what is below was known, what is above was not
	tried p.bpf mount EPERM open_tree EPERM fsopen EPERM clone3 ENOSYS mount_setattr ENOSYS mseal ENOSYS
	profile ERRNO '{"names": ["write", "exit_group", "clone3"], "action": "SCMP_ACT_ALLOW"}'
	compile
	tried p.bpf clone3 EINVAL mount EPERM
	# where the default allows, nothing is made up
	profile ALLOW '{"names": ["mount"], "action": "SCMP_ACT_ERRNO"}'
	compile
	tried p.bpf mount EPERM clone3 EINVAL fsopen EFAULT
}

@test "two runs are byte-equal, in each format and for each machine" {
	for arch in x86_64 amd64 x86 aarch64 arm64 arm riscv64 ppc64le s390x mips64 mipsel64; do
		for format in bpf c pseudo; do
			run -0 "$BOXFILTER" --strict --arch "$arch" --format "$format" -o one "$PROFILE"
			echo "$output"
			[ -z "$output" ]
			"$BOXFILTER" --strict --arch "$arch" --format "$format" "$PROFILE" >two
			[ -s one ]
			cmp one two
		done
	done
	"$BOXFILTER" --arch amd64 -o one "$PROFILE"
	"$BOXFILTER" --arch x86_64 -o two "$PROFILE"
	cmp one two
}

@test "the C format is the same program" {
	"$BOXFILTER" --format c -o filter.c "$PROFILE"
	"$BOXFILTER" -o filter.bpf "$PROFILE"
	grep -q '^const struct sock_filter filter_default\[\] = {$' filter.c
	grep -q '^const unsigned short filter_default_len = [0-9]*;$' filter.c
	grep -q 'do not edit' filter.c
	cat >main.c <<-END
		#include <stdio.h>
		#include "filter.c"
		int main(void) { return fwrite(filter_default, 8, filter_default_len, stdout) != filter_default_len; }
	END
	"${CC:-cc}" -std=c11 -Wall -Wextra -Wconversion -Werror -o main main.c
	./main | cmp - filter.bpf
	[ "$(grep -c '^	{ 0x' filter.c)" -eq $(($(wc -c <filter.bpf) / 8)) ]
}

@test "the default filter is short, and so are the ways through it" {
	[ "$(uname -m)" = x86_64 ] || skip 'figures of x86_64'
	"$BOXFILTER" --arch x86_64 -o p.bpf "$PROFILE"
	[ "$(wc -c <p.bpf)" -le $((8 * 100)) ]
	# read, write, getppid, futex, ioctl (arguments looked at): allowed in a few steps
	run -0 "$TRY" p.bpf --steps 0 1 110 202 16
	echo "$output"
	while read -r _ steps action; do
		[ "$action" = 0x7fff0000 ]
		[ "$steps" -le 10 ]
	done <<<"$output"
}
