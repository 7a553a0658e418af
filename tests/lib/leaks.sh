#!/bin/sh
# SPDX-License-Identifier: MIT
# The leak checker of all tests: what the host looked like before, and whether it looks so again.
#
#   . tests/lib/leaks.sh
#   leaks_snapshot FILE     write down the state of the host, one fact a line
#   leaks_check FILE        compare with it; a unified diff on stdout and status 1 where something is left
#
# Seen: mounts, links, addresses, the nftables ruleset, cgroups, state files, temporary files, processes
# (initbox, whatever lives in another pid namespace, zombies), network namespaces that a process is in,
# hostname, forwarding and bridge sysctls, loop devices. The network part is that of the current network
# namespace. A process, a network namespace or a loop device that was there before may go; all else has to come back as it was.
#
# LEAKS_WAIT_MS (2000)      how long leaks_check waits for what the kernel frees late: a veth goes 10 to 30 ms
#                           after its namespace
# LEAKS_STATE (/run/initbox), LEAKS_TMP (${TMPDIR:-/tmp}), LEAKS_CGROUP (where cgroup2 is mounted)

leaks_error() {
	echo "leaks: $1: $2" >&2
	return 2
}

# Field 3 on: the ids before it say nothing. Propagation stays: a mount that became private is a change too.
leaks_mounts() {
	while read -r _ _ rest; do
		echo "mount $rest"
	done </proc/self/mountinfo
}

leaks_links() {
	# Lifetimes count down and the queue state comes and goes; names, flags and masters do not.
	ip -o link | tr -d '\134' | sed -e 's/^[0-9]*: */link /' -e 's/ \(qdisc\|state\|mode\|qlen\) [^ ]*//g'
	ip -o address | while read -r _ name family address _; do
		echo "address $name $family $address"
	done
}

leaks_ruleset() {
	if command -v nft >/dev/null; then
		nft --stateless list ruleset 2>&1 | sed 's/^/nft /'
	else
		echo "nft is not installed"
	fi
}

leaks_cgroups() {
	top=${LEAKS_CGROUP-}
	while [ -z "$top" ] && read -r _ _ _ _ point rest; do
		case $rest in
		*" - cgroup2 "*) top=$point ;;
		esac
	done </proc/self/mountinfo
	[ -n "$top" ] || return 0
	find "$top" -type d 2>/dev/null | sed 's/^/cgroup /'
}

# The state directory itself may stay; what is in it may not.
leaks_files() {
	state=${LEAKS_STATE:-/run/initbox}
	if [ -d "$state" ]; then
		find "$state" -mindepth 1 2>/dev/null | sed 's/^/state /'
	fi
	for entry in "${LEAKS_TMP:-${TMPDIR:-/tmp}}"/initbox* "${LEAKS_TMP:-${TMPDIR:-/tmp}}"/.initbox*; do
		[ -e "$entry" ] || [ -L "$entry" ] || continue
		echo "file $entry"
	done
}

# A box's program is known by its pid namespace, even when its launcher is gone.
leaks_processes() {
	own=$(readlink /proc/self/ns/pid)
	ps -e -o pid=,stat=,pidns=,netns=,comm= | awk -v own="${own#pid:}" '
		$5 ~ /^initbox/ || $2 ~ /^Z/ || ("[" $3 "]" != own && $3 != "-") {
			print "process " $1 ($2 ~ /^Z/ ? " zombie " : " ") $5
		}
		$4 != "-" && !seen[$4]++ { print "netns " $4 }'
}

leaks_sysctls() {
	for key in /proc/sys/kernel/hostname /proc/sys/kernel/modprobe /proc/sys/net/ipv4/ip_forward \
		/proc/sys/net/ipv4/conf/*/route_localnet /proc/sys/net/ipv6/conf/all/forwarding /proc/sys/net/bridge/*; do
		[ -r "$key" ] || continue
		value=
		read -r value <"$key" || [ -n "$value" ] || continue
		echo "sysctl ${key#/proc/sys/} = $value"
	done
}

leaks_loops() {
	for backing in /sys/block/loop*/loop/backing_file; do
		[ -r "$backing" ] || continue
		read -r value <"$backing"
		backing=${backing#/sys/block/}
		echo "loop ${backing%%/*} $value"
	done
}

# leaks_snapshot FILE: write the state of the host to FILE. Status 2 and a word where FILE can't be written.
leaks_snapshot() {
	# A subshell: the variables of the parts above stay out of the caller's.
	(
		leaks_mounts
		leaks_links
		leaks_ruleset
		leaks_cgroups
		leaks_files
		leaks_sysctls
		leaks_loops
		leaks_processes
	) >"$1" || leaks_error "$1" "snapshot can't be written"
}

leaks_now_ms() {
	read -r up _ </proc/uptime
	echo $((${up%.*} * 1000 + 1${up#*.} * 10 - 1000))
}

# leaks_gone BEFORE AFTER: BEFORE without the processes, network namespaces and loop devices that are not there any more.
leaks_gone() {
	awk 'NR == FNR { now[$0] = 1; next } ($1 == "process" || $1 == "netns" || $1 == "loop") && !($0 in now) { next } { print }' \
		"$2" "$1"
}

# leaks_check FILE: 0 when the host is as FILE says, or gets there in time; 1 and a unified diff when not;
# 2 when FILE can't be read.
leaks_check() {
	[ -s "$1" ] || leaks_error "$1" "no snapshot; take one with leaks_snapshot" || return 2
	leaks_dir=$(mktemp -d) || return 2
	leaks_until=$(($(leaks_now_ms) + ${LEAKS_WAIT_MS:-2000}))
	while :; do
		leaks_snapshot "$leaks_dir/now" || { rm -rf "$leaks_dir"; return 2; }
		leaks_gone "$1" "$leaks_dir/now" | LC_ALL=C sort >"$leaks_dir/before"
		LC_ALL=C sort "$leaks_dir/now" >"$leaks_dir/after"
		if cmp -s "$leaks_dir/before" "$leaks_dir/after"; then
			rm -rf "$leaks_dir"
			return 0
		fi
		[ "$(leaks_now_ms)" -lt "$leaks_until" ] || break
		sleep 0.02
	done
	{ diff -U 0 "$leaks_dir/before" "$leaks_dir/after" || :; } |
		sed -e "1s|.*|--- before|" -e "2s|.*|+++ left behind|"
	rm -rf "$leaks_dir"
	return 1
}
