#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run --network`: links, addresses and rules as ip(8) and nft(8) see them, and who reaches whom.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
	make_helper peer
}

prepare() {
	make_outside
}

# host_network: the part of the host's state that a network changes
host_network() {
	ip -o link | cut -d ' ' -f 2 | cut -d @ -f 1
	nft list ruleset
	cat /proc/sys/net/ipv4/ip_forward
}

none() {
	host_network >before
	start one --network none
	host_network | diff before -
	stop "$PID"
	expect 0 box -- /bin/sh -c 'ip -o link; ip -o -4 address; ip route; ls /sys/class/net'
	line '^1: lo: <LOOPBACK,UP,LOWER_UP>' out
	line '127.0.0.1/8' out
	same 3 "$(wc -l <out)" "lines: $(cat out)"
	answers 127.0.0.1 box -- /bin/sh -c \
		'peer serve tcp 127.0.0.1 80 >/dev/null & until peer ask tcp 127.0.0.1 80 2>/dev/null; do :; done'
	silent box -- /bin/peer ask tcp 198.51.100.1 80
}
@test "none: lo alone, and the host is not changed" {
	inside none
}

host() {
	ip -o link | cut -d ' ' -f 2 | cut -d @ -f 1 >links
	host_network >before
	prints 0 "$(cat links)" box --network host -- /bin/sh -c 'ip -o link | cut -d " " -f 2 | cut -d @ -f 1'
	NS=outside serve tcp 198.51.100.2 80
	answers 198.51.100.1 box --network host -- /bin/peer ask tcp 198.51.100.2 80
	host_network | diff before -
	expect 2 box --network host -- /bin/ip link set uplink down
	line 'not permitted' err
}
@test "host: the host's network, without the right to change it" {
	inside host
}

links() {
	start one --network bridge --ip 172.20.1.2
	ip -d -j link show initbox0 | jq -c '.[] | [.operstate, .address, .linkinfo.info_kind, .linkinfo.info_data.forward_delay]' >got
	same '["UP","02:1b:ac:14:00:01","bridge",0]' "$(cat got)" bridge
	ip -j -4 address show initbox0 | jq -c '.[].addr_info[] | [.local, .prefixlen, .broadcast, .scope]' >got
	same '["172.20.0.1",16,"172.20.255.255","global"]' "$(cat got)" 'address of the bridge'
	ip -d -j link show master initbox0 | jq -c '.[] | [.linkinfo.info_kind, .operstate, .linkinfo.info_slave_data.state]' >got
	same '["veth","UP","forwarding"]' "$(cat got)" 'ports of the bridge'
	n=(nsenter -t "$(pid_in "$PID")" -n)
	"${n[@]}" ip -j link | jq -c '.[] | [.ifindex, .ifname, .address, (.flags | index("UP") != null)]' >got
	diff - got <<-END
		[1,"lo","00:00:00:00:00:00",true]
		[2,"eth0","02:1b:ac:14:01:02",true]
	END
	"${n[@]}" ip -j -4 address show eth0 | jq -c '.[].addr_info[] | [.local, .prefixlen, .broadcast, .scope]' >got
	same '["172.20.1.2",16,"172.20.255.255","global"]' "$(cat got)" 'address in the box'
	"${n[@]}" ip -j route | jq -c '.[] | [.dst, .gateway, .dev]' >got
	diff - got <<-END
		["default","172.20.0.1","eth0"]
		["172.20.0.0/16",null,"eth0"]
	END
	same 1 "$(cat /proc/sys/net/ipv4/ip_forward)" ip_forward
	same 1 "$(cat /proc/sys/net/ipv4/conf/initbox0/route_localnet)" 'route_localnet of the bridge'
	same 0 "$(cat /proc/sys/net/ipv4/conf/{all,default,uplink,lo}/route_localnet | sort -u)" \
		'route_localnet elsewhere'
	stop "$PID"
	same 0 "$(cat /proc/sys/net/ipv4/ip_forward)" 'ip_forward, afterwards'
}
@test "bridge: links and addresses are what was meant" {
	inside links
}

port_options() {
	for nf in 0 1; do
		echo $nf >/proc/sys/net/bridge/bridge-nf-call-iptables
		start "one$nf" --network bridge
		ip -d -j link show master initbox0 | jq -c '.[].linkinfo.info_slave_data | [.hairpin, .isolated]' >got
		[ $nf = 0 ] && wanted='[false,true]' || wanted='[true,false]'
		same "$wanted" "$(cat got)" "hairpin and isolated with bridge-nf-call-iptables=$nf"
		stop "$PID"
	done
}
@test "bridge: what keeps boxes apart follows bridge-nf-call-iptables" {
	[ -e /proc/sys/net/bridge ] || skip "no br_netfilter on this kernel"
	inside port_options
}

same_rules() {
	options=(--network bridge --name one --ip 172.20.1.2 -p 8080:80 -p 198.51.100.1:8081:81 -p 5353:53/udp
		-p 127.0.0.1:5354:54/udp)
	expect 0 box "${options[@]}" --dry-run -- /bin/true
	sed -n 's/  # .*//; s/^+ nft /nft /p' err | sed 's/ADDRESS/172.20.1.2/' >commands
	[ "$(wc -l <commands)" -gt 20 ]
	unshare --net sh -euc '. ./commands; nft list ruleset' >by-nft
	start one "${options[@]}"
	nft list ruleset >by-initbox
	diff by-nft by-initbox
	nft -j list ruleset | jq -e '.nftables | length > 20' >got
}
@test "bridge: the rules are those that the printed nft commands make" {
	inside same_rules
}

same_links() {
	options=(--network bridge --name one --ip 172.20.1.2)
	expect 0 box "${options[@]}" --dry-run -- /bin/true
	sed -n 's/  # .*//; s/^+ ip /ip /p' err | grep 'initbox0\|bridge_slave' | sed 's/VETH/ve-x/; s/ netns PID//; s/peer name eth0/peer name ve-y/' >commands
	same 4 "$(wc -l <commands)" "commands: $(cat commands)"
	cat >look <<-'END'
		ip -d -j link | jq -S '.[] | select(.ifname == "initbox0" or .master == "initbox0") | .linkinfo |
			del(.info_data.gc_timer, .info_data.bridge_id, .info_data.root_id, .info_data.hello_timer,
				.info_data.topology_change_timer, .info_data.tcn_timer) |
			if .info_slave_data then .info_slave_data |= {hairpin, isolated, state} else . end'
		ip -j -4 address show initbox0 | jq -c '.[].addr_info[] | [.local, .prefixlen, .broadcast]'
	END
	unshare --net sh -euc '. ./commands; ip link set ve-y up; ip link set ve-x up; . ./look' >by-ip
	start one "${options[@]}"
	sh -eu ./look >by-initbox
	diff by-ip by-initbox
}
@test "bridge: the links are those that the printed ip commands make" {
	inside same_links
}

reaches() {
	NS=outside serve tcp 198.51.100.2 80
	NS=outside serve udp 198.51.100.2 53
	answers 198.51.100.1 box --network bridge -- /bin/peer ask tcp 198.51.100.2 80
	answers 198.51.100.1 box --network bridge -- /bin/peer ask udp 198.51.100.2 53
}
@test "bridge: the outside is reached, under the host's address" {
	inside reaches
}

reaches_host() {
	serve tcp 198.51.100.1 81
	serve tcp 0.0.0.0 82
	answers 172.20.1.2 box --network bridge --ip 172.20.1.2 -- /bin/peer ask tcp 198.51.100.1 81
	answers 172.20.1.2 box --network bridge --ip 172.20.1.2 -- /bin/peer ask tcp 172.20.0.1 82
	prints 0 1 box --network bridge -- /bin/sh -c 'ping -c 1 -W 10 172.20.0.1 | grep -c "1 packets received"'
}
@test "bridge: the host is reached by its addresses" {
	inside reaches_host
}

loopback_closed() {
	serve tcp 127.0.0.1 7777
	start one --network bridge --ip 172.20.1.2
	box=(nsenter -t "$(pid_in "$PID")" -n)
	silent "${box[@]}" peer ask tcp 172.20.0.1 7777
	silent "${box[@]}" peer ask tcp 198.51.100.1 7777
	# With raw sockets a box may send to 127.0.0.1 by the bridge; here its kernel is told to.
	"${box[@]}" sh -c 'echo 1 >/proc/sys/net/ipv4/conf/eth0/route_localnet
		ip -4 address flush dev lo
		ip route add 127.0.0.0/8 via 172.20.0.1 dev eth0 src 172.20.1.2'
	silent "${box[@]}" peer ask tcp 127.0.0.1 7777
	# It is the guard chain that stops it, not the test that is wrong.
	nft flush chain inet initbox guard
	answers 172.20.1.2 "${box[@]}" peer ask tcp 127.0.0.1 7777
}
@test "bridge: what listens on the host's 127.0.0.1 is closed to a box (CVE-2020-8558)" {
	inside loopback_closed
}

direct() {
	start one --network bridge --ip 172.20.1.2 -p 8080:80 -- /bin/peer serve tcp 0.0.0.0 80
	silent outside peer ask tcp 172.20.1.2 80
	silent outside peer ask udp 172.20.1.2 80
	answers 172.20.0.1 peer ask tcp 172.20.1.2 80
	nft flush chain inet initbox forward
	answers 198.51.100.2 outside peer ask tcp 172.20.1.2 80
}
@test "bridge: from outside a box is not reached by its own address" {
	inside direct
}

# six PID: the link-local address of the box, once it may be used
six() {
	nsenter -t "$1" -n ip -j -6 address show eth0 -tentative | jq -er '.[].addr_info[0].local'
}

router() {
	# The box first; what is sent after the advertisement is answered after it.
	cat >script <<-'END'
		set -e
		until ip -6 address show dev eth0 | grep inet6 | grep -vq tentative; do usleep 10000; done
		peer advertise eth0
		until ping -6 -c 1 -W 1 "$1%eth0"; do :; done >/dev/null
		echo ready
		exec sleep 100
	END
	start keep --network bridge
	soon bridge_address >address
	start one --network bridge -v "$PWD/script:/script" -- /bin/sh /script "$(tail -n 1 address)"
	same '' "$(ip -6 route show default)" "the host's default route of IPv6"
	# It is this setting that keeps it away.
	same 0 "$(cat /proc/sys/net/ipv6/conf/initbox0/accept_ra)" accept_ra
	echo 2 >/proc/sys/net/ipv6/conf/initbox0/accept_ra
	start two --network bridge -v "$PWD/script:/script" -- /bin/sh /script "$(tail -n 1 address)"
	line '^default via fe80:.* dev initbox0 proto ra' <(ip -6 route show default)
}
bridge_address() {
	ip -j -6 address show initbox0 -tentative | jq -er '.[0].addr_info[0].local'
}
@test "bridge: a box does not make itself the host's router of IPv6 (CVE-2020-13401)" {
	inside router
}

# apart IPTABLES IP6TABLES: with these bridge-nf-call settings
apart() {
	[ ! -e /proc/sys/net/bridge ] || {
		echo "$1" >/proc/sys/net/bridge/bridge-nf-call-iptables
		echo "$2" >/proc/sys/net/bridge/bridge-nf-call-ip6tables
	}
	start one --network bridge --ip 172.20.1.2 -- /bin/peer serve tcp 0.0.0.0 80
	one=$(pid_in "$PID")
	start two --network bridge --ip 172.20.1.3
	two=$(pid_in "$PID")
	# The host reaches it: it is there.
	soon six "$one" >address
	soon six "$two" >/dev/null
	answers 172.20.0.1 peer ask tcp 172.20.1.2 80
	expect 0 busybox ping -c 1 -W 10 172.20.1.2
	soon expect 0 busybox ping -6 -c 1 -W 1 "$(tail -n 1 address)%initbox0" >/dev/null
	two=(nsenter -t "$two" -n)
	silent "${two[@]}" peer ask tcp 172.20.1.2 80
	silent "${two[@]}" peer ask udp 172.20.1.2 80
	expect 1 "${two[@]}" busybox ping -c 1 -W 1 172.20.1.2
	expect 1 "${two[@]}" busybox ping -6 -c 1 -W 1 "$(tail -n 1 address)%eth0"
	[ ! -e /proc/sys/net/bridge ] || echo 1 | tee /proc/sys/net/bridge/bridge-nf-call-ip*tables >/dev/null
}
@test "bridge: boxes do not reach each other where bridged packets pass the firewall" {
	inside apart 1 1
}
@test "bridge: nor where they don't" {
	inside apart 0 0
}
@test "bridge: nor where those of IPv4 do and those of IPv6 don't" {
	inside apart 1 0
}
