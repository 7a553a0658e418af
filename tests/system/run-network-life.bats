#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run --network bridge`: boxes that share a bridge, the first and the last of them, and those that were killed.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
	make_helper peer
}

prepare() {
	make_outside
}

rules() {
	nft -j list table inet initbox | jq '[.nftables[] | select(.rule)] | length'
}

published() {
	# Without /etc/protocols nft prints 6 for tcp.
	nft list map inet initbox ports | grep -oE '(tcp|6) \. [0-9]+' | cut -d ' ' -f 3 | sort -n | xargs
}

sharing() {
	start one --network bridge -p 8080:80
	one=$PID
	with_one=$(rules)
	start two --network bridge -p 8081:80 -p 127.0.0.1:8082:80
	two=$PID
	start three --network bridge
	three=$PID
	same "$with_one" "$(rules)" rules
	same 1 "$(ip -j link show type bridge | jq length)" bridges
	same 3 "$(ip -j link show master initbox0 | jq length)" ports
	same 1 "$(nft list tables | wc -l)" tables
	same '8080 8081' "$(published)" 'published ports'
	stop "$two"
	same 8080 "$(published)" 'published ports'
	not grep 8082 <(nft list map inet initbox address_ports)
	stop "$one" "$three"
	same '' "$(nft list ruleset)" 'rules, afterwards'
	not ip link show initbox0 2>/dev/null
	[ ! -e /run/initbox ]
}
@test "boxes share the bridge, the table and its rules; the last one takes them" {
	inside sharing
}

forwarding() {
	for value in 0 1; do
		echo $value >/proc/sys/net/ipv4/ip_forward
		start one --network bridge
		one=$PID
		start two --network bridge
		same 1 "$(cat /proc/sys/net/ipv4/ip_forward)" 'while they run'
		stop "$one"
		same 1 "$(cat /proc/sys/net/ipv4/ip_forward)" 'while one runs'
		stop "$PID"
		same $value "$(cat /proc/sys/net/ipv4/ip_forward)" 'afterwards'
	done
	echo 0 >/proc/sys/net/ipv4/ip_forward
}
@test "ip_forward is given back as it was" {
	inside forwarding
}

foreign() {
	nft 'add table inet foreign; add chain inet foreign c { type filter hook forward priority 5; }; add rule inet foreign c accept'
	nft 'add table ip initbox; add chain ip initbox forward; add rule ip initbox forward accept'
	nft 'add table inet initbox-more'
	ip link add br-foreign up type bridge
	ip link add initbox1 up type bridge
	leaks_snapshot /run/mine
	expect 0 box --network bridge -p 8080:80 -- /bin/true
	leaks_check /run/mine
	nft flush ruleset
	ip link del br-foreign
	ip link del initbox1
}
@test "tables and bridges of others stay" {
	inside foreign
}

foreign_bridge() {
	ip link add initbox0 type bridge
	leaks_snapshot /run/mine
	refused 'bridge initbox0: .*(EEXIST|there already)' box --network bridge -p 8080:80 -- /bin/true
	leaks_check /run/mine
	ip link del initbox0
	ip link add initbox0 type veth peer name other
	refused 'bridge initbox0: .*(EEXIST|there already)' box --network bridge -- /bin/true
	refused 'bridge uplink: .*(EEXIST|there already)' box --network bridge --bridge uplink -- /bin/true
	ip link del initbox0
}
@test "a bridge that is not initbox's is refused and stays" {
	inside foreign_bridge
}

killed() {
	start one --network bridge --ip 172.20.1.2 -p 8080:80
	program=$(pid_in "$PID")
	kill -9 "$PID"
	wait "$PID" 2>/dev/null || :
	soon gone "$program"
	# What it made is still there, and in nobody's way.
	ip link show initbox0 >/dev/null
	start one --network bridge --ip 172.20.1.2 -p 8080:80 -- /bin/peer serve tcp 0.0.0.0 80
	answers 198.51.100.2 outside peer ask tcp 198.51.100.1 8080
	same 1 "$(ip -j link show type bridge | jq length)" bridges
	stop "$PID"
}
@test "a launcher that is killed takes its box along, and the next one cleans up" {
	inside killed
}

killed_among_others() {
	start other --network bridge -p 9090:90 -- /bin/peer serve tcp 0.0.0.0 90
	other=$PID
	start one --network bridge --ip 172.20.1.2 -p 8080:80
	program=$(pid_in "$PID")
	kill -9 "$PID"
	wait "$PID" 2>/dev/null || :
	soon gone "$program"
	answers 198.51.100.2 outside peer ask tcp 198.51.100.1 9090
	# Its address and its port are free again.
	start one --network bridge --ip 172.20.1.2 -p 8080:80 -- /bin/peer serve tcp 0.0.0.0 80
	answers 198.51.100.2 outside peer ask tcp 198.51.100.1 8080
	stop "$PID" "$other"
}
@test "a killed launcher's port and address are free while other boxes run" {
	inside killed_among_others
}

flushed() {
	start one --network bridge --ip 172.20.1.2 -p 8080:80 -- /bin/peer serve tcp 0.0.0.0 80
	one=$PID
	nft list ruleset >before
	nft flush ruleset
	start two --network bridge --ip 172.20.1.3 -p 8081:80 -- /bin/peer serve tcp 0.0.0.0 80
	line '^initbox: table inet initbox: somebody has removed rules of it; it is made again' two.log
	answers 198.51.100.2 outside peer ask tcp 198.51.100.1 8080
	answers 198.51.100.2 outside peer ask tcp 198.51.100.1 8081
	stop "$PID"
	nft list ruleset | diff before -
	# One rule is enough; what others have added does not matter.
	nft -a list chain inet initbox forward | sed -n 's/.*oifname "initbox0" drop # handle //p' | tail -n 1 >handle
	nft delete rule inet initbox forward handle "$(cat handle)"
	start two --network bridge
	stop "$PID"
	nft list ruleset | diff before -
	nft add rule inet initbox forward counter
	start two --network bridge
	same '' "$(grep -v ready two.log || :)" 'words about a rule more'
	nft list ruleset | grep -q counter
	stop "$PID" "$one"
}
@test "a table that somebody has flushed is made again by the next box" {
	inside flushed
}

left_on_host() {
	ip -o link show type bridge
	nft list ruleset
	cat /proc/sys/net/ipv4/ip_forward
	find /run/initbox /sys/fs/cgroup/initbox-* 2>/dev/null || :
}

nobody_runs() {
	not pgrep -x initbox >/dev/null
}

# The launcher dies at each of its calls that change something, from the first to the last one of its way down.
killed_anywhere() {
	rounds=0
	for call in clone3 flock mkdirat open openat rmdir sendto unlinkat write; do
		for n in $(seq 30); do
			run_killed "$call" "$n" || break
			rounds=$((rounds + 1))
		done
	done >found
	[ $rounds -gt 30 ]
	same '' "$(cat found)" 'what the next run could not clean'
}

# run_killed CALL N: 1 when there is no Nth call.
run_killed() {
	local got=0
	{
		strace -qq -o trace -e "inject=$1:signal=KILL:when=$2" "$INITBOX" run --rootfs "$ROOT" --name one \
			--network bridge -p 8080:80 --stdin null -- /bin/true >out 2>&1 || got=$?
	} 2>/dev/null
	[ $got != 0 ] || return 1
	soon nobody_runs
	got=0
	box --name one --network bridge -p 8080:80 -- /bin/true >out 2>&1 || got=$?
	left_on_host >left
	[ $got = 0 ] && [ "$(cat left)" = 0 ] && return
	echo "killed at call $2 of $1, $(tail -n 1 trace | cut -c 1-90)"
	sed "s/^/  the next run, exit $got: /" out
	sed 's/^/  left after it: /' left | head -n 3
	nft flush ruleset
	! ip link show initbox0 >/dev/null 2>&1 || ip link del initbox0
	echo 0 >/proc/sys/net/ipv4/ip_forward
	rm -rf /run/initbox
}
@test "a launcher killed at any call leaves nothing that the next one can't clean" {
	inside killed_anywhere
}

addresses() {
	pids=()
	for i in $(seq 50); do
		"$INITBOX" run --rootfs "$ROOT" --network bridge --name "n$i" --stdin null -- \
			/bin/sh -c 'ip -o -4 address show eth0 | tr -s " " | cut -d " " -f 4; exec sleep 60' >"n$i.log" 2>&1 &
		pids+=($!)
	done
	BACKGROUND+=("${pids[@]}")
	until_s=$((SECONDS + 60))
	until all_have_said; do
		[ $SECONDS -lt $until_s ]
		sleep 0.05
	done
	cat n*.log | sort -u >all
	same 50 "$(wc -l <all)" "different addresses: $(cat all)"
	same 50 "$(grep -c '^172\.20\.[0-9.]*/16$' all)" 'addresses of the subnet'
	same 50 "$(ip -j link show master initbox0 | jq length)" ports
	kill -TERM "${pids[@]}"
}
all_have_said() {
	[ "$(cat n*.log | wc -l)" = 50 ]
}
@test "50 boxes started at once have 50 addresses" {
	inside addresses
}

coming_and_going() {
	for worker in 1 2 3 4 5 6; do
		(
			for round in $(seq 12); do
				box --name "w$worker" --network bridge -p "$((8000 + worker)):80" --stdin null -- /bin/true ||
					echo "worker $worker, round $round: $?"
			done
		) >"worker$worker" 2>&1 &
		BACKGROUND+=($!)
	done
	wait "${BACKGROUND[@]}"
	same '' "$(cat worker*)" 'words of 72 runs'
}
@test "boxes that come and go at the same time, first and last in turn" {
	inside coming_and_going
}

subnet() {
	for i in 2 3 4 5 6; do
		start "n$i" --network bridge --subnet 10.9.9.0/29
	done
	refused '10.9.9.0/29: .*taken' box --network bridge --subnet 10.9.9.0/29 -- /bin/true
	refused '10.9.9.3: another box has this address: n[0-9]' box --network bridge --subnet 10.9.9.0/29 --ip 10.9.9.3 -- /bin/true
	stop "$PID"
	expect 0 box --network bridge --subnet 10.9.9.0/29 -- /bin/true
}
@test "a subnet that is full; an address that is taken" {
	inside subnet
}

same_address_again() {
	prints 0 "$(box --name one --network bridge -- /bin/ip -o -4 address show eth0)" \
		box --name one --network bridge -- /bin/ip -o -4 address show eth0
}
@test "a box has the same address from run to run" {
	inside same_address_again
}

two_bridges() {
	NS=outside serve tcp 198.51.100.2 80
	start one --network bridge
	one=$PID
	start two --network bridge --bridge other0 --subnet 10.9.0.0/24
	two=(nsenter -t "$(pid_in "$PID")" -n)
	answers 198.51.100.1 "${two[@]}" peer ask tcp 198.51.100.2 80
	same 2 "$(nft list tables | wc -l)" tables
	silent "${two[@]}" peer ask tcp "$(nsenter -t "$(pid_in "$one")" -n ip -j -4 address show eth0 | jq -r '.[].addr_info[0].local')" 80
	# The end of the last box of one bridge is not the end of the other bridge.
	stop "$one"
	answers 198.51.100.1 "${two[@]}" peer ask tcp 198.51.100.2 80
	stop "$PID"
	same 0 "$(cat /proc/sys/net/ipv4/ip_forward)" 'ip_forward, afterwards'
}
@test "two bridges do not disturb each other" {
	inside two_bridges
}

another_subnet() {
	NS=outside serve tcp 198.51.100.2 80
	start one --network bridge
	# The bridge has its subnet: a box with another one either works or is refused, but does not start without a network.
	got=0
	box --network bridge --subnet 10.9.0.0/24 -- /bin/peer ask tcp 198.51.100.2 80 >out 2>err || got=$?
	cat out err
	[ $got = 0 ] || [ $got = 125 ]
}
@test "a box with another subnet on the same bridge does not start without a network" {
	inside another_subnet
}
