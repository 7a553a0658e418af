#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# boxfilter: the profiles that Docker and Podman have, an OCI runtime's configuration, and what initbox run asks for.
# Docker's and Podman's own come from Debian's packages.
#
# BOXFILTER (build/boxfilter)  TRY_FILTER (build/tests/try-filter)
#
# shellcheck disable=SC2016,SC2154 # expanded by the shell that is started; stderr is of bats

bats_require_minimum_version 1.5.0

load ../lib/boxfilter.sh

podman_profile() {
	packaged golang-github-containers-common /usr/share/containers/seccomp.json
}

docker_profile() {
	packaged golang-github-docker-docker-dev \
		/usr/share/gocode/src/github.com/docker/docker/profiles/seccomp/default.json
}

# as_docker FILE.bpf: what both profiles deny and allow a box with the default capabilities
as_docker() {
	tried "$1" read EBADF write EBADF clone ok personality-linux ok kexec_load EPERM bpf EPERM init_module EPERM \
		ptrace ok syscall-999 ENOSYS syscall-minus-1 ENOSYS unused-number ENOSYS
}

@test "Podman's profile" {
	local json
	json=$(podman_profile)
	run -0 --separate-stderr "$BOXFILTER" -o p.bpf "$json"
	# Two of its rows for setns are for every box.
	[[ $stderr == "boxfilter: $json:"*': setns: contradicts an earlier row, which counts' ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
	as_docker p.bpf
	tried p.bpf add_key ENOSYS userfaultfd EPERM socket-netlink ok chroot EFAULT settimeofday EPERM
	run -0 "$BOXFILTER" --caps sys_time -o p.bpf "$json"
	tried p.bpf chroot EPERM settimeofday EFAULT bpf EPERM socket-netlink ok
	for arch in x86_64 aarch64 arm s390x mips64 mipsel ppc64le riscv64; do
		run -0 "$BOXFILTER" --arch "$arch" -o p.bpf "$json"
		[ -s p.bpf ]
	done
}

@test "Docker's profile" {
	local json
	json=$(docker_profile)
	run -0 "$BOXFILTER" -o p.bpf "$json"
	[ -z "$output" ]
	as_docker p.bpf
	tried p.bpf clone3 ENOSYS clone-newuser EPERM mount EPERM add_key EPERM userfaultfd EPERM personality-no-random EPERM socket-unix ok
	# It knows Linux 5.16 at most: what came later is ENOSYS.
	tried p.bpf mseal ENOSYS open_tree_attr ENOSYS
	run -0 "$BOXFILTER" --kernel 4.7 -o p.bpf "$json"
	tried p.bpf ptrace EPERM
	run -0 "$BOXFILTER" --caps 0x200000 -o p.bpf "$json"
	tried p.bpf mount EFAULT clone3 EINVAL clone-newuser ok chroot EPERM
	for arch in aarch64 s390x mips64 mipsel64 ppc64le riscv64; do
		run -0 "$BOXFILTER" --arch "$arch" -o p.bpf "$json"
		[ -s p.bpf ]
	done
}

@test "Docker's and Podman's profiles open i386 and x32, with the same rules" {
	local json compared='int80-getpid int80-socketcall-socket x32-getpid'
	[ "$(uname -m)" = x86_64 ] || skip 'x86_64 only'
	for json in "$(docker_profile)" "$(podman_profile)"; do
		"$BOXFILTER" -o p.bpf "$json"
		# shellcheck disable=SC2086
		diff <("$TRY" none $compared) <("$TRY" p.bpf $compared)
		# x32's init_module and write
		run -0 "$TRY" p.bpf --steps $((0x40000000 + 175)) $((0x40000000 + 1))
		[ "$(cut -d' ' -f3 <<<"$output" | paste -sd' ')" = '0x00050001 0x7fff0000' ]
	done
}

@test "no call takes more instructions than through libseccomp's binary tree, and none answers differently" {
	[ "$(uname -m)" = x86_64 ] || skip 'figures of x86_64'
	local json caps
	for json in "$PROFILE" "$(docker_profile)" "$(podman_profile)"; do
		for caps in '' kill,audit_write sys_admin; do
			run -0 "$BUILD/tests/filter-cost" --caps "$caps" "$json"
			echo "$output"
			[[ $output == *'more for 0, unlike 0'* ]]
		done
	done
}

@test "an OCI runtime's configuration: its linux.seccomp" {
	profile ERRNO '{"names": ["write", "exit_group", "getppid"], "action": "SCMP_ACT_ALLOW"}'
	jq '{ociVersion: "1.0.2-dev", process: {args: ["sh"], capabilities: {bounding: []}}, root: {path: "rootfs"},
		linux: {namespaces: [{type: "pid"}], seccomp: (. + {architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_SHEB"]})}}' \
		p.json >config.json
	"$BOXFILTER" -o p.bpf p.json
	run -0 "$BOXFILTER" -o config.bpf config.json
	[ -z "$output" ]
	cmp p.bpf config.bpf
	tried config.bpf getppid ok read EPERM
	jq '.linux.seccomp.defaultActoin = "SCMP_ACT_ALLOW"' config.json >bad.json
	refused 'defaultActoin: unknown key' bad.json
}

@test "a profile on standard input, called by its name" {
	profile ALLOW '{"names": ["mount"], "action": "SCMP_ACT_ERRNO"}'
	"$BOXFILTER" -o file.bpf p.json
	run -0 bash -c '"$1" --name box.json -o pipe.bpf - <p.json' - "$BOXFILTER"
	cmp file.bpf pipe.bpf
	run -1 bash -c 'echo nonsense | "$1" --name "my box.json" -o pipe2.bpf -' - "$BOXFILTER"
	[ "$output" = 'boxfilter: my box.json:1:1: not JSON: expected a value' ]
	run -1 bash -c 'echo nonsense | "$1" -o pipe2.bpf -' - "$BOXFILTER"
	[ "$output" = 'boxfilter: standard input:1:1: not JSON: expected a value' ]
	[ "$(echo ./*.bpf)" = './file.bpf ./pipe.bpf' ]
}

@test "capabilities as a mask are those by name" {
	"$BOXFILTER" --caps sys_admin,chown -o names.bpf "$PROFILE"
	"$BOXFILTER" --caps 0x0000000000200001 -o mask.bpf "$PROFILE"
	cmp names.bpf mask.bpf
	"$BOXFILTER" -o default.bpf "$PROFILE"
	"$BOXFILTER" --caps 0x00000000a80425fb -o mask.bpf "$PROFILE"
	cmp default.bpf mask.bpf
}

@test "the profile's flags stand in front in the box format, and nowhere else" {
	profile ALLOW '{"names": ["mount"], "action": "SCMP_ACT_ERRNO"}'
	jq '.flags = ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"]' p.json >flags.json
	"$BOXFILTER" --arch x86_64 -o plain.bpf p.json
	"$BOXFILTER" --arch x86_64 --format box -o box.bpf p.json
	cmp plain.bpf box.bpf
	run -0 "$BOXFILTER" --arch x86_64 --format box -o box.bpf flags.json
	[ -z "$output" ]
	[ "$(od -A n -t x1 -N 8 box.bpf)" = ' f1 b0 00 00 06 00 00 00' ]
	tail -c +9 box.bpf | cmp plain.bpf
	# The kernel takes no such instruction: as a plain program the file is refused.
	run -125 "$TRY" box.bpf getppid
	run -0 "$BOXFILTER" --arch x86_64 -o bpf.bpf flags.json
	[[ $output == 'boxfilter: flags.json: flags: no part of the program, whoever loads it must set 0x6;'* ]]
	cmp plain.bpf bpf.bpf
}

@test "runs at the same time leave one whole file, and a killed one leaves none" {
	local pids=() pid status=0
	for _ in {1..8}; do
		"$BOXFILTER" -o p.bpf "$PROFILE" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	"$BOXFILTER" "$PROFILE" | cmp - p.bpf
	[ "$(ls)" = p.bpf ]
	rm p.bpf
	mkfifo profile
	"$BOXFILTER" -o p.bpf profile &
	pid=$!
	exec 4>profile
	head -c 100 "$PROFILE" >&4
	kill -TERM "$pid"
	exec 4>&-
	wait "$pid" || status=$?
	[ $status = 143 ]
	[ "$(ls)" = profile ]
}
