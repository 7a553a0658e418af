#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What killed launchers leave, `initbox gc`, and a host that has a network of its own: tables, bridges, routes, firewalls.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
	make_helper peer
}

prepare() {
	make_outside
}

# crash PID: its launcher is killed, and the box has ended.
crash() {
	local program
	program=$(pid_in "$1")
	kill -9 "$1"
	wait "$1" 2>/dev/null || :
	soon gone "$program"
}

crashed() {
	leaks_snapshot /run/mine
	start one --network bridge --ip 172.20.1.2 -p 8080:80 -p 53:53/udp
	crash "$PID"
	ip link show initbox0 >/dev/null
	expect 0 "$INITBOX" gc
	sort out | diff - <(sort <<-END
		removed: table of bridge initbox0
		removed: bridge initbox0
		removed: address 172.20.1.2 of box one, published ports: 2
		removed: net.ipv4.ip_forward=1
		removed: cgroup initbox-one
	END
	)
	same '' "$(cat err)" stderr
	leaks_check /run/mine
	same 0 "$(cat /proc/sys/net/ipv4/ip_forward)" ip_forward
	[ ! -e /run/initbox ]
	# Nothing is left to remove.
	expect 0 "$INITBOX" gc
	same '' "$(cat out err)" 'second time'
	expect 0 "$INITBOX" gc --help
	line '^usage: initbox gc$' out
	expect 125 "$INITBOX" gc now
	line 'gc: now: takes no options' err
	# As the init of a container it is a program like another one, and so under the name of another init.
	expect 127 "$INITBOX" -- gc
	ln -s "$INITBOX" tini
	expect 127 ./tini gc
}
@test "what a killed launcher left is removed, and said" {
	inside crashed
}

among_the_living() {
	start living --network bridge --ip 172.20.1.3 -p 9090:80 -- /bin/peer serve tcp 0.0.0.0 80
	start other --network bridge --bridge other0 --subnet 10.9.0.0/24
	other=$PID
	start quiet
	start one --network bridge --ip 172.20.1.2 -p 8080:80
	crash "$PID"
	crash "$other"
	leaks_snapshot /run/mine
	expect 0 "$INITBOX" gc
	sort out | diff - <(sort <<-END
		removed: table of bridge other0
		removed: bridge other0
		removed: address 172.20.1.2 of box one, published ports: 1
		removed: address $(sed -n 's/^removed: address \(10\.9\.[0-9.]*\) .*/\1/p' out) of box other, published ports: 0
		removed: cgroup initbox-one
		removed: cgroup initbox-other
	END
	)
	same 1 "$(cat /proc/sys/net/ipv4/ip_forward)" 'ip_forward, while one lives'
	answers 198.51.100.2 outside peer ask tcp 198.51.100.1 9090
	not grep 8080 <(nft list table inet initbox)
	expect 0 "$INITBOX" gc
	same '' "$(cat out err)" 'second time'
	answers 198.51.100.2 outside peer ask tcp 198.51.100.1 9090
}
@test "nothing of a living box is touched" {
	inside among_the_living
}

# A host with what docker, firewalld, libvirt and administrators usually have.
foreign_host() {
	nft -f - <<-'END'
		table ip initbox { chain forward { type filter hook forward priority 5; accept; }; }
		table inet initbox-more { set s { type ipv4_addr; }; }
		table inet foreign { map ports { type inet_proto . inet_service : ipv4_addr . inet_service; }; }
	END
	ip link add br-foreign up type bridge
	ip link add initbox1 up type bridge
	ip link add virbr0 up type bridge
	ip address add 192.168.122.1/24 dev virbr0
	ip rule add from 192.0.2.0/24 table 100
	ip route add 192.0.2.0/24 dev br-foreign table 100
	ip route add blackhole 172.16.0.0/12
	mkdir -p /sys/fs/cgroup/mine-web
}

foreign() {
	foreign_host
	leaks_snapshot /run/mine
	nft -s list ruleset >/run/ruleset
	ip -4 rule >/run/rules
	ip -4 route show table all >/run/routes
	start one --network bridge -p 8080:80 --ip 172.20.1.2 -- /bin/peer serve tcp 0.0.0.0 80
	answers 198.51.100.2 outside peer ask tcp 198.51.100.1 8080
	stop "$PID"
	leaks_check /run/mine
	start one --network bridge -p 8080:80
	crash "$PID"
	expect 0 "$INITBOX" gc
	leaks_check /run/mine
	nft -s list ruleset | diff /run/ruleset -
	ip -4 rule | diff /run/rules -
	ip -4 route show table all | diff /run/routes -
	[ -d /sys/fs/cgroup/mine-web ]
	# One that has the name of initbox's, but was not made by it.
	ip link add initbox0 type bridge
	nft add table inet initbox
	leaks_snapshot /run/mine
	expect 0 "$INITBOX" gc
	same '' "$(cat out err)" 'with foreign ones of its names'
	leaks_check /run/mine
	nft flush ruleset
	ip link del initbox0
	ip link del br-foreign
	ip link del initbox1
	ip link del virbr0
	ip rule del from 192.0.2.0/24
	ip route del blackhole 172.16.0.0/12
	rmdir /sys/fs/cgroup/mine-web
}
@test "tables, bridges, rules, routes and cgroups of others stay" {
	inside foreign
}

overlap() {
	ip link add lab0 up type veth peer name lab1
	ip link set lab1 up
	ip address add 172.20.7.1/24 dev lab0
	refused 'link: subnet 172.20.0.0/16: 172.20.7.[01]/(24|32) dev lab0: the host has a route there already .*--subnet' \
		box --network bridge -- /bin/true
	expect 0 box --network bridge --subnet 172.21.0.0/16 -- /bin/true
	expect 0 box --network bridge --subnet 172.20.8.0/24 -- /bin/true
	ip address del 172.20.7.1/24 dev lab0
	ip route add 172.16.0.0/12 dev lab0
	refused 'subnet 172.20.0.0/16: 172.16.0.0/12 dev lab0: ' box --network bridge -- /bin/true
	ip route del 172.16.0.0/12
	ip address add 172.20.200.9/32 dev lo
	refused 'subnet 172.20.0.0/16: 172.20.200.9/32 dev lo: ' box --network bridge -- /bin/true
	ip address del 172.20.200.9/32 dev lo
	# The default route leads there as well, and a route to nowhere is none.
	ip route add default via 198.51.100.2
	ip route add unreachable 172.20.0.0/16
	expect 0 box --network bridge -- /bin/true
	ip route del unreachable 172.20.0.0/16
	ip route del default
	ip link del lab0
}
@test "a subnet in which the host has a route or an address is refused" {
	inside overlap
}

addresses() {
	refused 'ip: "10.9.9.9": is outside of the subnet' box --network bridge --subnet 10.9.9.0/29 --ip 10.9.9.9 -- /bin/true
	refused 'ip: "10.9.9.1": is the subnet.s own, its gateway' box --network bridge --subnet 10.9.9.0/29 --ip 10.9.9.1 -- /bin/true
	refused 'ip: "10.9.9.7": .*broadcast' box --network bridge --subnet 10.9.9.0/29 --ip 10.9.9.7 -- /bin/true
	refused 'subnet: "10.9.9.1/29": has bits set' box --network bridge --subnet 10.9.9.1/29 -- /bin/true
	refused 'subnet: "10.9.9.0/31": the prefix' box --network bridge --subnet 10.9.9.0/31 -- /bin/true
	for net in 0.0.0.0/8 127.9.0.0/16 224.0.0.0/8; do
		refused "subnet: \"$net\": hosts can't have addresses of it" box --network bridge --subnet $net -- /bin/true
	done
	# The smallest one has an address: for one box.
	start one --network bridge --subnet 10.9.9.0/30
	nsenter -t "$(pid_in "$PID")" -n ip -j -4 address show eth0 | jq -r '.[].addr_info[0] | "\(.local)/\(.prefixlen)"' >got
	same 10.9.9.2/30 "$(cat got)" address
	refused 'address: 10.9.9.0/30: every address of the subnet is taken' box --network bridge --subnet 10.9.9.0/30 -- /bin/true
	refused 'address: 10.9.9.2: another box has this address: one' box --network bridge --subnet 10.9.9.0/30 --ip 10.9.9.2 -- /bin/true
	# A killed launcher does not keep it.
	crash "$PID"
	prints 0 10.9.9.2 box --network bridge --subnet 10.9.9.0/30 -- \
		/bin/sh -c 'ip -o -4 address show eth0 | sed "s/.*inet \([0-9.]*\).*/\1/"'
	prints 0 'removed: cgroup initbox-one' "$INITBOX" gc
}
@test "addresses outside, full, taken, and free again after a crash" {
	inside addresses
}

# firewall COMMAND…: with those rules boxes either work, or it is said why not and what helps; what it says is done, and helps.
firewall() {
	echo 1 >/proc/sys/net/ipv4/ip_forward
	NS=outside serve tcp 198.51.100.2 80
	"$@"
	nft -s list ruleset >/run/ruleset
	start one --network bridge -p 8080:80 --ip 172.20.1.2 -- /bin/peer serve tcp 0.0.0.0 80
	cat one.log
	silent nsenter -t "$(pid_in "$PID")" -n peer ask tcp 198.51.100.2 80
	line "^initbox: nft: chain .* drops what is forwarded and has no rule about initbox0: " one.log
	line '^initbox: hint: ' one.log
	stop "$PID"
	nft -s list ruleset | diff /run/ruleset -
	sed -n 's/^initbox: hint: \(nft.*\|iptables.*\)/\1/p' one.log >todo
	[ ! -s todo ] || sh -eux ./todo
	"${helps:-true}"
	start two --network bridge -p 8080:80 --ip 172.20.1.3 -- /bin/peer serve tcp 0.0.0.0 80
	same '' "$(grep -v ready two.log || :)" 'once there are rules about it'
	answers 198.51.100.1 nsenter -t "$(pid_in "$PID")" -n peer ask tcp 198.51.100.2 80
	answers 198.51.100.2 outside peer ask tcp 198.51.100.1 8080
	answers 172.20.0.1 nsenter -t "$(pid_in "$PID")" -n peer ask tcp 198.51.100.1 8080
	silent outside peer ask tcp 172.20.1.3 80
	stop_all
	nft flush ruleset
	echo 0 >/proc/sys/net/ipv4/ip_forward
}

# As docker makes them (iptables-nft).
docker_rules() {
	nft -f - <<-'END'
		table ip filter {
			chain DOCKER { }
			chain DOCKER-FORWARD {
				oifname "docker0" ct state related,established counter accept
				iifname "docker0" counter accept
			}
			chain DOCKER-USER { counter return; }
			chain FORWARD {
				type filter hook forward priority filter; policy drop;
				counter jump DOCKER-USER
				counter jump DOCKER-FORWARD
			}
		}
		table ip nat {
			chain DOCKER { iifname "docker0" counter return; }
			chain PREROUTING { type nat hook prerouting priority dstnat; policy accept; fib daddr type local counter jump DOCKER; }
			chain POSTROUTING {
				type nat hook postrouting priority srcnat; policy accept
				oifname != "docker0" ip saddr 172.17.0.0/16 counter masquerade
			}
		}
	END
}
@test "docker's rules, with FORWARD that drops: said, and what helps" {
	inside firewall docker_rules
}

iptables_rules() {
	iptables-nft -P FORWARD DROP
	iptables-nft -A FORWARD -i docker0 -j ACCEPT
}
@test "iptables -P FORWARD DROP" {
	inside firewall iptables_rules
}

legacy_rules() {
	iptables-legacy -P FORWARD DROP
	iptables-legacy -A FORWARD -i docker0 -j ACCEPT
}
@test "iptables-legacy -P FORWARD DROP" {
	unshare --net iptables-legacy -S >/dev/null 2>&1 || skip "no ip_tables in this kernel"
	inside firewall legacy_rules
}

# As firewalld makes them: accept by policy, and a last rule that rejects.
firewalld_rules() {
	nft -f - <<-'END'
		table inet firewalld {
			chain filter_FWD_public { reject with icmpx admin-prohibited; }
			chain filter_FWD_trusted { accept; }
			chain filter_FORWARD_ZONES {
				iifname "uplink" goto filter_FWD_public
				goto filter_FWD_public
			}
			chain filter_FORWARD {
				type filter hook forward priority filter + 10; policy accept;
				ct state { established, related } accept
				ct status dnat accept
				iifname "lo" accept
				jump filter_FORWARD_ZONES
				ct state { invalid } drop
				reject with icmpx admin-prohibited
			}
		}
	END
	helps=trust
}
# What `firewall-cmd --zone=trusted --add-interface=initbox0` does to its rules.
trust() {
	line 'hint: firewall-cmd --zone=trusted --add-interface=initbox0' one.log
	nft insert rule inet firewalld filter_FORWARD_ZONES iifname initbox0 goto filter_FWD_trusted
}
@test "firewalld's rules, with a last one that rejects" {
	inside firewall firewalld_rules
}

harmless() {
	nft -f - <<-'END'
		table inet filter { chain forward { type filter hook forward priority filter; policy accept; ct state invalid drop; }; }
		table ip other { chain input { type filter hook input priority filter; policy drop; }; }
	END
	prints 0 '' box --network bridge -p 8080:80 -- /bin/true
	nft flush ruleset
}
@test "of firewalls that do not drop what is forwarded nothing is said" {
	inside harmless
}
