#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Who reaches whom: boxes, host and outside; tcp by nc, udp by peer, icmp by ping; published and not; and as whom they are seen,
# by what the other side answers and by tcpdump.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
	make_helper peer
}

prepare() {
	make_outside
}

# FROM, TO, with what, and the address that TO sees it under; - where nothing may come back.
rows() {
	cat <<-'END'
		two      172.20.1.2    tcp  80    -
		two      172.20.1.2    tcp  8080  -
		two      172.20.1.2    udp  53    -
		two      172.20.1.2    icmp -     -
		two      198.51.100.1  tcp  8080  172.20.0.1
		two      172.20.0.1    tcp  8080  172.20.0.1
		two      198.51.100.1  udp  5353  172.20.0.1
		two      172.20.0.1    udp  5353  172.20.0.1
		two      198.51.100.1  tcp  82    172.20.1.3
		two      172.20.0.1    udp  83    172.20.1.3
		two      198.51.100.1  tcp  80    -
		two      127.0.0.1     tcp  8080  -
		two      172.20.0.1    tcp  7777  -
		two      198.51.100.1  icmp -     yes
		two      172.20.0.1    icmp -     yes
		two      198.51.100.2  tcp  80    198.51.100.1
		two      198.51.100.2  udp  53    198.51.100.1
		two      198.51.100.2  icmp -     yes
		two      198.51.100.2  tcp  8080  198.51.100.1
		one      198.51.100.1  tcp  8080  172.20.0.1
		one      172.20.0.1    udp  5353  172.20.0.1
		one      172.20.1.3    tcp  80    -
		one      172.20.1.3    icmp -     -
		host     172.20.1.2    tcp  80    172.20.0.1
		host     172.20.1.2    udp  53    172.20.0.1
		host     172.20.1.2    icmp -     yes
		host     127.0.0.1     tcp  8080  172.20.0.1
		host     198.51.100.1  tcp  8080  198.51.100.1
		host     172.20.0.1    tcp  8080  172.20.0.1
		host     127.0.0.1     udp  5353  172.20.0.1
		host     127.0.0.1     tcp  80    -
		host     198.51.100.2  tcp  80    198.51.100.1
		host     198.51.100.2  tcp  8080  198.51.100.1
		outside  198.51.100.1  tcp  8080  198.51.100.2
		outside  198.51.100.1  udp  5353  198.51.100.2
		outside  198.51.100.1  tcp  82    198.51.100.2
		outside  198.51.100.1  tcp  80    -
		outside  198.51.100.1  udp  53    -
		outside  198.51.100.1  icmp -     yes
		outside  172.20.1.2    tcp  80    -
		outside  172.20.1.2    tcp  8080  -
		outside  172.20.1.2    udp  53    -
		outside  172.20.1.2    icmp -     -
		outside  127.0.0.1     tcp  7777  -
	END
}

# from WHERE COMMAND…
from() {
	local where=$1
	shift
	case $where in
	host) "$@" ;;
	outside) outside "$@" ;;
	*) nsenter -t "${program[$where]}" -n "$@" ;;
	esac
}

# asked FROM TO KIND PORT [SECONDS]: what comes back in that time.
asked() {
	local wait=${5:-10}
	case $3 in
	tcp) from "$1" timeout "$wait" busybox nc "$2" "$4" </dev/null 2>/dev/null || : ;;
	udp) PEER_WAIT_MS=${wait}000 from "$1" peer ask udp "$2" "$4" 2>/dev/null || : ;;
	icmp) ! from "$1" busybox ping -c 1 -W "$wait" "$2" >/dev/null 2>&1 || echo yes ;;
	esac
}

# matrix BRIDGE-NF
matrix() {
	declare -A program
	[ ! -e /proc/sys/net/bridge ] || echo "$1" | tee /proc/sys/net/bridge/bridge-nf-call-ip{,6}tables >/dev/null
	start one --network bridge --ip 172.20.1.2 -p 8080:80 -p 5353:53/udp -- \
		/bin/sh -c 'peer serve udp 0.0.0.0 53 >/dev/null & exec peer serve tcp 0.0.0.0 80'
	program[one]=$(pid_in "$PID")
	start two --network bridge --ip 172.20.1.3 -- /bin/peer serve tcp 0.0.0.0 80
	program[two]=$(pid_in "$PID")
	serve tcp 0.0.0.0 82
	serve udp 172.20.0.1 83
	serve tcp 127.0.0.1 7777
	NS=outside serve tcp 198.51.100.2 80
	NS=outside serve tcp 198.51.100.2 8080
	NS=outside serve udp 198.51.100.2 53
	# A neighbour that sends to 127.0.0.1 by the host, as whoever shares a cable can.
	outside sh -c 'ip address flush dev lo; ip route add 127.0.0.1 via 198.51.100.1 src 198.51.100.2
		echo 1 >/proc/sys/net/ipv4/conf/eth0/route_localnet'
	soon udp_answers
	rows | while read -r who to kind port wanted; do
		[ "$wanted" != - ] || wait=1
		got=$(asked "$who" "$to" "$kind" "$port" "${wait-}")
		unset wait
		[ "${got:--}" = "$wanted" ] || echo "$who to $to $kind $port: $got instead of $wanted"
	done >wrong
	same '' "$(cat wrong)" 'who reaches whom'
	[ ! -e /proc/sys/net/bridge ] || echo 1 | tee /proc/sys/net/bridge/bridge-nf-call-ip{,6}tables >/dev/null
}
udp_answers() {
	[ -n "$(asked host 172.20.1.2 udp 53)" ]
}
@test "where bridged packets pass the firewall" {
	inside matrix 1
}
@test "and where they don't" {
	[ -e /proc/sys/net/bridge ] || skip "no br_netfilter on this kernel"
	inside matrix 0
}

# listens WHERE EXPRESSION FILE: tcpdump there, for one packet.
listens() {
	local where=$1 expression=$2 file=$3
	background from "$where" timeout 20 tcpdump -l -n -i eth0 -c 1 "$expression" >"$file" 2>"$file.err"
	soon grep -q 'listening on' "$file.err"
}

on_the_wire() {
	declare -A program
	mkdir -p layer/www
	echo page >layer/www/index.html
	background "$INITBOX" run --rootfs layer --rootfs "$ROOT" --network bridge --ip 172.20.1.2 -p 8080:80 -- /bin/httpd -f -h /www
	soon outside curl -sf -o page http://198.51.100.1:8080/
	same page "$(cat page)" 'the page'
	program[one]=$(pid_in "$PID")
	# From outside: with its own address, at the port of the box.
	listens one 'tcp[tcpflags] & tcp-syn != 0 and dst port 80' in
	same page "$(outside curl -sf --max-time 20 http://198.51.100.1:8080/)" 'the page, outside'
	soon grep -q 'IP 198.51.100.2.[0-9]* > 172.20.1.2.80: Flags \[S\]' in
	# By the host's loopback: as the bridge, not as 127.0.0.1.
	listens one 'tcp[tcpflags] & tcp-syn != 0 and dst port 80' loopback
	same page "$(curl -sf --max-time 20 http://127.0.0.1:8080/)" 'the page, on the host'
	soon grep -q 'IP 172.20.0.1.[0-9]* > 172.20.1.2.80: Flags \[S\]' loopback
	# To the outside: as the host.
	listens outside icmp out
	from one busybox ping -c 1 -W 10 198.51.100.2 >/dev/null
	soon grep -q 'IP 198.51.100.1 > 198.51.100.2: ICMP echo request' out
	# A refused port is refused at once, to the client itself.
	expect 7 outside curl -s --max-time 20 http://198.51.100.1:81/
}
@test "addresses on the wire" {
	inside on_the_wire
}

many() {
	local i
	for i in $(seq 50); do
		"$INITBOX" run --rootfs "$ROOT" --network bridge --name "n$i" -p "$((9000 + i)):80" --stdin null -- \
			/bin/sh -c 'ip -o -4 address show eth0 | tr -s " " | cut -d " " -f 4; peer serve tcp 0.0.0.0 80' >"n$i.log" 2>&1 &
		BACKGROUND+=($!)
	done
	soon all_ready || soon all_ready
	same 50 "$(grep -h '^172' n*.log | sort -u | wc -l)" 'different addresses'
	for i in 1 25 50; do
		answers 198.51.100.2 outside peer ask tcp 198.51.100.1 "$((9000 + i))"
	done
	expect 0 "$INITBOX" gc
	same '' "$(cat out err)" 'what there was to remove'
}
all_ready() {
	[ "$(cat n*.log | grep -c '^ready')" = 50 ]
}
@test "50 boxes started at once have 50 addresses and their ports" {
	inside many
}
