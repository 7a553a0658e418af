#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Each netlink message that a box's network takes, attribute by attribute beside those that ip(8) and nft(8) send for the
# commands that --explain prints. What differs stands in a table with its reason; so does what nobody needs to know better.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
	make_helper nl-decode
}

prepare() {
	TRACE=(strace -f -qq -s 0 -e 'trace=sendto,sendmsg' -e write=all)
	OPTIONS=(--network bridge --name one --ip 172.20.1.2 -p 8080:80 -p 127.0.0.1:5354:54/udp)
}

# SIDE MESSAGE ATTRIBUTE reason; SIDE is < for ip and nft, > for initbox; MESSAGE and ATTRIBUTE are extended regular
# expressions. A row that explains nothing fails the test, as a difference without a row does.
always() {
	cat <<-'END'
		< RTM_GETLINK#[0-9]+ .* ip asks for the index of a link by its name; initbox names the link itself, or knows it
		[<>] RTM_NEW(LINK|ADDR|ROUTE)#[0-9]+ \(flags\) ip sends one message a call; of several in one call the last one is acknowledged (an error always comes)
		[<>] NFT_MSG_NEW(SETELEM|RULE)#[0-9]+ \(flags\) nft takes silence for success; initbox has the last message acknowledged, and wants no port that is taken (EXCL)
		[<>] RTM_NEWLINK#[0-9]+ IFNAME the name of a veth is the address and the pid of the box
		[<>] RTM_NEWLINK#[0-9]+ LINKINFO\.(SLAVE_)?KIND iproute2 leaves the NUL of a kind out
		[<>] RTM_NEWLINK#[0-9]+ \(index\) the port is named in the message; ip has asked for its index
		> RTM_NEWLINK#[0-9]+ LINKINFO\.DATA\.PEER\.ADDRESS the box's MAC address follows from its address: no neighbour has to learn a new one
		> RTM_NEWLINK#[0-9]+ (LINKINFO\.DATA\.PEER\.)?NUM_[TR]X_QUEUES one queue instead of one for each processor, which costs memory in each box
		> RTM_NEWLINK#[0-9]+ LINKINFO\.SLAVE_DATA\.(MODE|ISOLATED) hairpin and isolated are set both, whatever they were
		[<>] RTM_NEWROUTE#1 \(header\) ip marks its routes "boot"; "static" is what a service's are
		[<>] type 0x(a[0-9a-f]+|1a) dumps: nft's of all that is there; initbox's of its rules, of routes that have the subnet, and of others' chains that drop
		> NFNL_MSG_BATCH_(BEGIN|END)#[23] .* nft was given all commands at once; of the box the start and the end are transactions of their own
		< NFT_MSG_NEWSETELEM#[0-9]+ SET_ID nft names the map by its number, too
	END
}

first_only() {
	cat <<-'END'
		> RTM_NEWLINK#1 ADDRESS without one the bridge has the lowest address of its ports, another one as boxes come and go
		[<>] NFT_MSG_DELTABLE#1 \(flags\) the last message is acknowledged
		> NFT_MSG_NEWRULE#[0-9]+ USERDATA a mark by which the next box finds out whether all rules are there
		> NFT_MSG_NEWCHAIN#[0-9]+ POLICY accept, which is the kernel's default, too
		< NFT_MSG_NEWSET#[0-9]+ USERDATA nft's own notes on byte order, for types that are not those of the header fields
		[<>] NFT_MSG_NEWRULE#4 EXPRESSIONS\.[1-4]\..* nft asks for IPv4 where it needs it; initbox before the route is looked up, which costs more
		[<>] NFT_MSG_NEWTABLE#1 \(flags\) nft leaves CREATE out, and takes a table that is there; initbox replaces one that a killed launcher left
		< NFT_MSG_NEWTABLE#1 FLAGS none, as where they are not said
		[<>] RTM_DELLINK#1 (\(index\)|IFNAME) the bridge is named; ip has asked for its index
	END
}

more_only() {
	cat <<-'END'
		> NFT_MSG_NEWSETELEM#[34] .* a port is added once more before it is deleted: it fails if it leads to another box
		[<>] NFT_MSG_DELSETELEM#[0-9]+ \(flags\) the last message is acknowledged
	END
}

in_another_network() {
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

# theirs FILE: runs its commands in this network, with that of a process for the box; decoded in the file theirs.
theirs() {
	background unshare --net sleep 1000
	soon in_another_network "$PID"
	sed -n 's/^ip //p' "$1" | sed "s/netns PID/netns $PID/" >ip-commands
	sed -n 's/^nft //p' "$1" | tr -d "'" >nft-commands
	while read -r line; do
		case $line in
		*" set lo "* | *" set eth0 "* | *' dev eth0') line="nsenter -t $PID -n ip $line" ;;
		*) line="ip $line" ;;
		esac
		read -ra words <<<"$line"
		"${TRACE[@]}" -o call "${words[@]}"
		cat call >>trace
	done <ip-commands
	"${TRACE[@]}" -o call nft -f nft-commands
	cat call >>trace
}

# compare TABLE…: what differs between the files theirs and ours has its row in the tables.
compare() {
	local table n
	for table; do
		"$table"
	done >rows
	diff theirs ours | grep '^[<>]' >differences || :
	: >used
	explain_differences >unexplained
	same '' "$(cat unexplained)" 'differences'
	same '' "$(grep -vxFf used rows)" 'rows that explain nothing'
	n=$(LC_ALL=C comm -12 theirs ours | wc -l)
	[ "$n" -gt "$SAME" ] || { echo "only $n attributes are the same"; return 1; }
}

explain_differences() {
	local side message rest row words explained
	while read -r side message rest; do
		explained=
		while read -r row; do
			read -ra words <<<"$row"
			[[ $side =~ ^${words[0]}$ && $message =~ ^${words[1]}$ && ${rest%% =*} =~ ^${words[2]}$ ]] || continue
			printf '%s\n' "$row" >>used
			explained=1
		done <rows
		[ "$explained" ] || echo "not explained: $side $message $rest"
	done <differences
}

printed() {
	expect 0 box "${OPTIONS[@]}" --dry-run -- /bin/true
	sed -n 's/  # .*//; /^+ \(ip\|nft\) /s/^+ //p' err | sed 's/ADDRESS/172.20.1.2/; s/VETH/ve-x/'
}

first() {
	printed >commands
	echo 'nft delete table inet initbox' >>commands
	"${TRACE[@]}" -o trace "$INITBOX" run --rootfs "$ROOT" "${OPTIONS[@]}" -- /bin/true
	nl-decode <trace | LC_ALL=C sort >ours
	rm trace
	theirs commands
	"${TRACE[@]}" -o call ip link del initbox0
	cat call >>trace
	nl-decode <trace | LC_ALL=C sort >theirs
	SAME=400 compare always first_only
}
@test "the first box: bridge, table and all, and their end" {
	inside first
}

more() {
	start first --network bridge --ip 172.20.1.9
	printed | grep -vE '^nft add (table|map|chain|rule)|^ip .* initbox0$|^ip link add initbox0' >commands
	printf '%s\n' "nft delete element inet initbox ports '{ tcp . 8080 }'" \
		"nft delete element inet initbox address_ports '{ 127.0.0.1 . udp . 5354 }'" >>commands
	"${TRACE[@]}" -o trace "$INITBOX" run --rootfs "$ROOT" "${OPTIONS[@]}" -- /bin/true
	nl-decode <trace | LC_ALL=C sort >ours
	rm trace
	theirs commands
	nl-decode <trace | LC_ALL=C sort >theirs
	SAME=40 compare always more_only
}
@test "one more box: a veth, its ports, and their end" {
	inside more
}

# requests COMMAND…: how many netlink requests (of several messages) and system calls all its processes make.
requests() {
	strace -f -qq -o trace "$@"
	awk '/ sendto\(.*nlmsg_len=/ { sent++ } / [a-z0-9_]+\(/ { calls++ } END { print sent, calls }' trace
}

cost() {
	read -r none_sent none_calls <<<"$(requests "$INITBOX" run --rootfs "$ROOT" --network none -- /bin/true)"
	start first --network bridge --ip 172.20.1.9
	read -r sent calls <<<"$(requests "$INITBOX" run --rootfs "$ROOT" "${OPTIONS[@]}" -- /bin/true)"
	for i in 2 3 4 5 6 7 8; do
		start "more$i" --network bridge
	done
	read -r many_sent many_calls <<<"$(requests "$INITBOX" run --rootfs "$ROOT" "${OPTIONS[@]}" -- /bin/true)"
	echo "no network: $none_sent sent, $none_calls calls; one more box: $sent, $calls; with 8 others: $many_sent, $many_calls"
	# lo; the veth, whether all rules are there, who else filters, the ports, lo and eth0 inside, and two ports that are taken back.
	same '1 7 7' "$none_sent $sent $many_sent" 'requests'
	[ $((calls - none_calls)) -lt 140 ]
	# A wait for a lock, or for an end, may be a call more or less.
	[ $((many_calls - calls)) -lt 5 ]
}
@test "what a box with a network sends and calls, however many there are" {
	inside cost
}

listed() {
	start one "${OPTIONS[@]}"
	nft list ruleset | sed 's/^\t*//' >got
	diff - got <<-'END'
		table inet initbox {
			map ports {
			type inet_proto . inet_service : ipv4_addr . inet_service
			elements = { tcp . 8080 : 172.20.1.2 . 80 }
			}

			map address_ports {
			type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service
			elements = { 127.0.0.1 . udp . 5354 : 172.20.1.2 . 54 }
			}

			chain guard {
			type filter hook prerouting priority raw; policy accept;
			iifname "initbox0" ip daddr 127.0.0.0/8 drop
			}

			chain prerouting {
			type nat hook prerouting priority dstnat; policy accept;
			ip daddr != 127.0.0.0/8 fib daddr type local dnat ip to ip daddr . meta l4proto . th dport map @address_ports
			ip daddr != 127.0.0.0/8 fib daddr type local dnat ip to meta l4proto . th dport map @ports
			}

			chain output {
			type nat hook output priority -100; policy accept;
			fib daddr type local dnat ip to ip daddr . meta l4proto . th dport map @address_ports
			meta nfproto ipv4 fib daddr type local dnat ip to meta l4proto . th dport map @ports
			}

			chain postrouting {
			type nat hook postrouting priority srcnat; policy accept;
			ip saddr 172.20.0.0/16 oifname != "initbox0" masquerade
			ip saddr 172.20.0.0/16 ip daddr 172.20.0.0/16 ct status dnat masquerade
			ip saddr 127.0.0.0/8 oifname "initbox0" masquerade
			}

			chain forward {
			type filter hook forward priority filter; policy accept;
			oifname "initbox0" ct state established,related accept
			oifname "initbox0" ct status dnat accept
			iifname "initbox0" oifname "initbox0" drop
			iifname "initbox0" accept
			oifname "initbox0" drop
			}
		}
	END
	# What is printed is what nft takes.
	nft list ruleset >listing
	unshare --net sh -euc 'nft -f listing; nft list ruleset' | diff listing -
	ip -d link show type bridge >got
	ip -d link show type veth >>got
	nsenter -t "$(pid_in "$PID")" -n ip -d link show eth0 >>got
	grep -oE '^[0-9]+: [^ ]+ <.*> mtu [0-9]+|master [^ ]+|link/ether 02:[^ ]+|stp_state .|bridge forward_delay [0-9]+|(hairpin|isolated) [a-z]+|numtxqueues [0-9]+' got |
		sed -E 's/^[0-9]+: //; s/@if[0-9]+//; s/^ve[0-9a-f]{8}-[0-9a-f]{4}/VETH/' >text
	nf=$(cat /proc/sys/net/bridge/bridge-nf-call-iptables 2>/dev/null || echo 0)
	diff - text <<-END
		initbox0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
		link/ether 02:1b:ac:14:00:01
		bridge forward_delay 0
		stp_state 0
		numtxqueues 1
		VETH: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
		master initbox0
		hairpin $([ "$nf" = 1 ] && echo on || echo off)
		isolated $([ "$nf" = 1 ] && echo off || echo on)
		numtxqueues 1
		eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
		link/ether 02:1b:ac:14:01:02
		numtxqueues 1
	END
}
@test "what ip and nft print of it, word by word" {
	inside listed
}
