#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run --publish`: who gets through to a published port, who does not, and who is seen as whom.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
	make_helper peer
}

prepare() {
	make_outside
}

# web OPTION…: a box at 172.20.1.2 that answers on port 80
web() {
	start web --network bridge --ip 172.20.1.2 "$@" -- /bin/peer serve tcp 0.0.0.0 80
}

everywhere() {
	web -p 8080:80
	answers 198.51.100.2 outside peer ask tcp 198.51.100.1 8080
	answers 198.51.100.1 peer ask tcp 198.51.100.1 8080
	answers 172.20.0.1 peer ask tcp 172.20.0.1 8080
	# From the host's loopback, whose addresses may not leave the host.
	answers 172.20.0.1 peer ask tcp 127.0.0.1 8080
	answers 172.20.0.1 peer ask tcp 127.0.0.9 8080
	# Nothing else is open.
	silent outside peer ask tcp 198.51.100.1 80
	silent outside peer ask tcp 198.51.100.1 8081
	silent outside peer ask udp 198.51.100.1 8080
	silent outside peer ask tcp 172.20.1.2 80
	silent outside peer ask tcp 172.20.1.2 8080
	stop "$PID"
	silent outside peer ask tcp 198.51.100.1 8080
}
@test "from outside and from the host, 127.0.0.1 included" {
	inside everywhere
}

# from_boxes BRIDGE-NF
from_boxes() {
	[ ! -e /proc/sys/net/bridge ] || echo "$1" >/proc/sys/net/bridge/bridge-nf-call-iptables
	web -p 8080:80
	web=$(pid_in "$PID")
	# Another box by any address of the host, and the box itself.
	answers 172.20.0.1 box --network bridge -- /bin/peer ask tcp 198.51.100.1 8080
	answers 172.20.0.1 box --network bridge -- /bin/peer ask tcp 172.20.0.1 8080
	answers 172.20.0.1 nsenter -t "$web" -n peer ask tcp 198.51.100.1 8080
	silent box --network bridge -- /bin/peer ask tcp 172.20.1.2 80
	silent box --network bridge -- /bin/peer ask tcp 127.0.0.1 8080
	# A port of that number elsewhere is not taken for the host's.
	NS=outside serve tcp 198.51.100.2 8080
	answers 198.51.100.1 box --network bridge -- /bin/peer ask tcp 198.51.100.2 8080
	answers 198.51.100.1 peer ask tcp 198.51.100.2 8080
	[ ! -e /proc/sys/net/bridge ] || echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables
}
@test "from other boxes and the box itself, through the host's address" {
	inside from_boxes 1
}
@test "the same where bridged packets do not pass the firewall" {
	[ -e /proc/sys/net/bridge ] || skip "no br_netfilter on this kernel"
	inside from_boxes 0
}

one_address() {
	web -p 198.51.100.1:8081:80 -p 127.0.0.1:8082:80
	answers 198.51.100.2 outside peer ask tcp 198.51.100.1 8081
	answers 198.51.100.1 peer ask tcp 198.51.100.1 8081
	silent peer ask tcp 127.0.0.1 8081
	silent peer ask tcp 172.20.0.1 8081
	answers 172.20.0.1 peer ask tcp 127.0.0.1 8082
	silent outside peer ask tcp 198.51.100.1 8082
	silent peer ask tcp 198.51.100.1 8082
	silent box --network bridge -- /bin/peer ask tcp 172.20.0.1 8082
}
@test "on one address only" {
	inside one_address
}

two_addresses() {
	web -p 198.51.100.1:8080:80 -p 127.0.0.1:8080:80
	answers 198.51.100.2 outside peer ask tcp 198.51.100.1 8080
	answers 172.20.0.1 peer ask tcp 127.0.0.1 8080
	silent peer ask tcp 172.20.0.1 8080
}
@test "the same port on two addresses" {
	inside two_addresses
}

udp() {
	start dns --network bridge --ip 172.20.1.2 -p 5353:53/udp -p 127.0.0.1:5354:53/udp -- /bin/peer serve udp 0.0.0.0 53
	answers 198.51.100.2 outside peer ask udp 198.51.100.1 5353
	answers 172.20.0.1 peer ask udp 127.0.0.1 5353
	answers 172.20.0.1 box --network bridge -- /bin/peer ask udp 198.51.100.1 5353
	answers 172.20.0.1 peer ask udp 127.0.0.1 5354
	silent outside peer ask udp 198.51.100.1 5354
	silent outside peer ask tcp 198.51.100.1 5353
}
@test "udp" {
	inside udp
}

both_protocols() {
	start both --network bridge -p 53:53 -p 53:53/udp -p 54:53/tcp -- \
		/bin/sh -c 'peer serve udp 0.0.0.0 53 & exec peer serve tcp 0.0.0.0 53'
	soon both_ready
	answers 172.20.0.1 peer ask tcp 127.0.0.1 53
	answers 172.20.0.1 peer ask tcp 127.0.0.1 54
	answers 172.20.0.1 peer ask udp 127.0.0.1 53
}
both_ready() {
	[ "$(grep -c '^ready' both.log)" = 2 ]
}
@test "one number for tcp and for udp" {
	inside both_protocols
}

taken() {
	web -p 8080:80 -p 198.51.100.1:8081:81 -p 8085:85
	leaks_snapshot /run/one
	refused 'ports: port 8080/tcp: bind: .*EADDRINUSE.*: box web has published it' box --network bridge -p 8080:81 -- /bin/true
	refused ' 8080/tcp: .*: box web has published it' box --network bridge -p 7070:70 -p 8080:81 -p 7071:70 -- /bin/true
	refused ' 198.51.100.1:8081/tcp: .*: box web has published it' box --network bridge -p 198.51.100.1:8081:81 -- /bin/true
	refused ' 127.0.0.1:8080/tcp: .*: box web has published it' box --network bridge -p 127.0.0.1:8080:81 -- /bin/true
	refused ' 8085/tcp: .*: box web has published it' box --network bridge -p 8084-8086:1-3 -- /bin/true
	# The refused ones have left nothing, and taken nothing from the first one.
	leaks_check /run/one
	answers 198.51.100.2 outside peer ask tcp 198.51.100.1 8080
	expect 0 box --network bridge -p 8080:81/udp -p 7070:70 -- /bin/true
	stop "$PID"
	expect 0 box --network bridge -p 8080:81 -- /bin/true
}
@test "a port that another box has published" {
	inside taken
}

# has PORT PROGRAM PID
has() {
	refused "ports: port $1: bind: .*EADDRINUSE.*: $2 has it \\(pid $3\\)" box --network bridge -p "${1%%/*}:80/${1##*/}" -- /bin/true
}

taken_by_program() {
	leaks_snapshot /run/one
	serve tcp 0.0.0.0 7000
	has 7000/tcp peer "$PID"
	has 127.0.0.1:7000/tcp peer "$PID"
	expect 0 box --network bridge -p 7000:80/udp -- /bin/true
	serve udp 127.0.0.1 7001
	has 7001/udp peer "$PID"
	has 127.0.0.1:7001/udp peer "$PID"
	# On another address it is in nobody's way.
	expect 0 box --network bridge -p 198.51.100.1:7001:80/udp -p 7001:80 -- /bin/true
	# One of IPv6 that takes IPv4 as well.
	background busybox nc -ll -p 7002 -e /bin/true
	soon grep -q 1B5A /proc/net/tcp6
	has 7002/tcp busybox "$PID"
	refused 'ports: port 192.0.2.77:80/tcp: bind: .*EADDRNOTAVAIL' box --network bridge -p 192.0.2.77:80:80 -- /bin/true
	line 'hint: the host has no such address' err
	stop_all
	# What its connections have left behind keeps nobody out.
	serve tcp 0.0.0.0 7000
	answers 127.0.0.1 peer ask tcp 127.0.0.1 7000
	stop "$PID"
	grep -q ':1B58 .* 06 ' /proc/net/tcp
	expect 0 box --network bridge -p 7000:80 -- /bin/true
	leaks_check /run/one
}
@test "a port that a program of the host has: which one, on which address" {
	inside taken_by_program
}

held() {
	web -p 8080:80 -p 198.51.100.1:8081:80/udp
	# As long as the box runs nobody takes them away.
	expect 1 peer serve tcp 0.0.0.0 8080
	expect 1 peer serve tcp 127.0.0.1 8080
	expect 1 peer serve udp 198.51.100.1 8081
	serve udp 127.0.0.1 8081
	# Not even what listens there sees a packet, with the rules gone.
	nft delete table inet initbox
	silent peer ask tcp 127.0.0.1 8080
	silent outside peer ask tcp 198.51.100.1 8080
	silent outside peer ask udp 198.51.100.1 8081
	stop_all
	serve tcp 0.0.0.0 8080
}
@test "a published port is held while its box runs" {
	inside held
}

free_ports() {
	start web --network bridge --ip 172.20.1.2 -p 80 -p 127.0.0.1::80 -p :81-82 -p 53/udp -- /bin/peer serve tcp 0.0.0.0 80
	same 5 "$(grep -c '^initbox: web: port [0-9]* of the host leads to ' web.log)" 'lines about ports'
	port=$(sed -n 's,^initbox: web: port \([0-9]*\) of the host leads to 80/tcp$,\1,p' web.log | head -n 1)
	answers 198.51.100.2 outside peer ask tcp 198.51.100.1 "$port"
	same 5 "$(sed -n 's,^initbox: web: port \([0-9]*\) of.*,\1,p' web.log | sort -u | wc -l)" 'different ports'
	second=$(sed -n 's,^initbox: web: port \([0-9]*\) of the host leads to 80/tcp$,\1,p' web.log | tail -n 1)
	answers 172.20.0.1 peer ask tcp 127.0.0.1 "$second"
	silent outside peer ask tcp 198.51.100.1 "$second"
	refused 'publish: "0:80": not a port' box --network bridge -p 0:80 -- /bin/true
	refused 'publish: "80:0": not a port' box --network bridge -p 80:0 -- /bin/true
}
@test "without a port of the host a free one is taken, and said" {
	inside free_ports
}

ranges() {
	web -p 8000-8010:79-89 -p 198.51.100.1:9000-9001:80-81/udp
	answers 198.51.100.2 outside peer ask tcp 198.51.100.1 8001
	silent outside peer ask tcp 198.51.100.1 8000
	nft list table inet initbox >rules
	line '8010 : 172.20.1.2 . 89' rules
	line '9001 : 172.20.1.2 . 81' rules
	refused 'publish: "8000-8001:80": a range of ports needs one as long' box --network bridge -p 8000-8001:80 -- /bin/true
	refused 'publish: "8000:80-81": a range of ports needs one as long' box --network bridge -p 8000:80-81 -- /bin/true
	refused 'publish: "8001-8000:80-81": not a port' box --network bridge -p 8001-8000:80-81 -- /bin/true
	refused 'publish: names the same port' box --network bridge -p 8000-8010:80-90 -p 8005:1 -- /bin/true
}
@test "ranges of ports" {
	inside ranges
}

twice() {
	refused 'publish: ' box --network bridge -p 8080:80 -p 8080:81 -- /bin/true
	refused 'publish: ' box --network bridge -p 8080:80 -p 8080:80 -- /bin/true
	refused 'publish: ' box --network bridge -p 8080:80 -p 127.0.0.1:8080:81 -- /bin/true
	refused 'publish: needs --network bridge' box -p 8080:80 -- /bin/true
	refused 'publish: needs --network bridge' box --network host -p 8080:80 -- /bin/true
}
@test "a port that is named twice, or without a bridge" {
	inside twice
}

many() {
	ports=()
	for port in $(seq 8001 8064); do
		ports+=(-p "$port:80")
	done
	refused 'publish: "9000:80": too many' box --network bridge "${ports[@]}" -p 9000:80 -- /bin/true
	web "${ports[@]}"
	same 64 "$(nft -j list map inet initbox ports | jq '[.nftables[].map.elem? | select(.) | .[]] | length')" elements
	answers 198.51.100.2 outside peer ask tcp 198.51.100.1 8001
	answers 198.51.100.2 outside peer ask tcp 198.51.100.1 8064
}
@test "64 ports at once" {
	inside many
}

page() {
	mkdir -p layer/www
	echo '<p>from the box</p>' >layer/www/index.html
	background "$INITBOX" run --rootfs layer --rootfs "$ROOT" --network bridge -p 8080:80 -- \
		/bin/httpd -f -h /www
	soon outside curl -sf -o page http://198.51.100.1:8080/
	same '<p>from the box</p>' "$(cat page)" 'the page, outside'
	same '<p>from the box</p>' "$(curl -sf http://127.0.0.1:8080/)" 'the page, on the host'
}
@test "a web page" {
	inside page
}
