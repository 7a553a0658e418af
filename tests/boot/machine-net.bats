#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Boxes on a bridge of a machine, whose kernel has no br_netfilter: who reaches whom, out to a server on the host's loopback
# (10.0.2.2 of qemu's user network) and in through a published port behind one of qemu's. One machine; its box is privileged
# in the machine's own network, and starts the boxes that are looked at.

load lib

setup_file() {
	setup_machines
	export PORT BACK_PORT
	PORT=$(free_port)
	BACK_PORT=$(free_port)
	mkdir "$DIR/back" "$DIR/www" "$DIR/www/cgi-bin"
	echo 'served by the host' >"$DIR/back/index.html"
	echo 'served by box one' >"$DIR/www/index.html"
	gcc -std=c11 -D_GNU_SOURCE -O1 -static -s -o "$DIR/peer" "$TOP/tests/system/peer.c"
	make_scripts
	config net <<-'END'
		rootfs = /box
		name = host
		privileged = yes
		network = host
		command = /bin/sh /host.sh
	END
	image net --config "$DIR/net.conf" --file "$DIR/host.sh:/box/host.sh" --file "$DIR/two.sh:/box/two.sh" \
		--file "$DIR/peer:/box/bin/peer" --file "$DIR/get:/box/bin/get" --file "$OUT/initbox:/box/bin/initbox" --root "$DIR/www:/box/site"
	busybox httpd -f -p "127.0.0.1:$BACK_PORT" -h "$DIR/back" 3>&- &
	echo $! >"$DIR/back.pid"
	machine net --publish "$PORT:8080" --memory 384M --timeout 150 &
	wait_for '^ready=' "$DIR/net.out"
	curl -sS --max-time 20 "http://127.0.0.1:$PORT/" >"$DIR/page" 2>&1 || :
	curl -sS --max-time 20 "http://127.0.0.1:$PORT/cgi-bin/facts" >"$DIR/facts.out" 2>&1 || :
	curl -sS --max-time 20 "http://127.0.0.1:$PORT/cgi-bin/stop" >/dev/null 2>&1 || :
	wait_for . "$DIR/net.status"
}

# busybox's wget, static, does not survive every root without /etc/nsswitch.conf.
make_scripts() {
	# shellcheck disable=SC2016 # expanded in the machine
	printf '#!/bin/sh\nprintf "GET / HTTP/1.0\\r\\n\\r\\n" | timeout 3 nc "$1" "$2" 2>/dev/null | tail -n 1\n' >"$DIR/get"
	chmod 755 "$DIR/get"
	cat >"$DIR/host.sh" <<-'END'
		run="initbox run --quiet --stdin null --rootfs /"
		echo "nf=$(ls -d /proc/sys/net/bridge 2>/dev/null)"
		peer serve tcp 127.0.0.1 7777 >/dev/null &
		$run --name one --network bridge --ip 172.20.1.2 -p 8080:80 -p 5353:53/udp -- \
			/bin/sh -c 'peer serve udp 0.0.0.0 53 >/dev/null & exec httpd -f -p 80 -h /site' &
		one=$!
		# Before there is a box qemu's network may answer for the address.
		until [ "$(get 172.20.1.2 80)" = 'served by box one' ]; do :; done
		initbox run --stdin null --rootfs / --network bridge -p 8080:1 -- /bin/true 2>&1 | sed -n 's/^initbox: /taken=/p'
		initbox run --stdin null --rootfs / --network bridge --bridge b1 --subnet 10.0.0.0/16 -- /bin/true 2>&1 |
			sed -n 's/^initbox: /overlap=/p'
		echo "host-direct=$(get 172.20.1.2 80)"
		echo "host-loopback=$(get 127.0.0.1 8080)"
		echo "host-address=$(get 10.0.2.15 8080)"
		echo "host-udp=$(peer ask udp 127.0.0.1 5353)"
		$run --name two --network bridge --ip 172.20.1.3 --mtu 1400 -- /bin/sh /two.sh
		# One whose launcher is killed.
		$run --name three --network bridge --ip 172.20.1.4 -p 9090:90 -- \
			/bin/sh -c 'echo up; exec sleep 100' >/tmp/three &
		three=$!
		until grep -q up /tmp/three; do :; done
		kill -9 $three
		wait $three
		initbox gc | sed 's/^/gc=/'
		echo ready=yes
		wait $one
		echo "end=$?"
		# The kernel takes a box's link away some time after its end.
		while ls /sys/class/net | grep -q ^ve; do :; done
		echo "left=$(ls /sys/class/net | tr '\n' ' ')"
		exit 7
	END
	cat >"$DIR/two.sh" <<-END
		export PEER_WAIT_MS=2000
		try() {
			name=\$1
			shift
			got=\$("\$@" 2>/dev/null)
			echo "\$name=\$got"
		}
		try two-resolv cat /etc/resolv.conf
		try two-mtu cat /sys/class/net/eth0/mtu
		try two-direct get 172.20.1.2 80
		try two-direct-udp peer ask udp 172.20.1.2 53
		ping -c 1 -W 1 172.20.1.2 >/dev/null; echo "two-ping-box=\$?"
		ping -c 1 -W 20 172.20.0.1 >/dev/null; echo "two-ping-host=\$?"
		try two-published get 10.0.2.15 8080
		try two-gateway get 172.20.0.1 8080
		try two-udp env PEER_WAIT_MS=20000 peer ask udp 10.0.2.15 5353
		try two-loopback peer ask tcp 172.20.0.1 7777
		try two-out get 10.0.2.2 $BACK_PORT
		exit 0
	END
	cat >"$DIR/www/cgi-bin/facts" <<-'END'
		#!/bin/sh
		echo 'Content-Type: text/plain'
		echo
		echo "client=$REMOTE_ADDR"
		echo "hairpin=$(get 10.0.2.15 8080)"
		echo "hosts=$(tail -n 1 /etc/hosts)"
	END
	# httpd forks for a request: its parent is the server.
	printf '#!/bin/sh\necho\nkill -TERM 2\n' >"$DIR/www/cgi-bin/stop"
	chmod 755 "$DIR"/www/cgi-bin/*
}

teardown_file() {
	end_of back
	end_of net
}

# The machine of these tests has ended before the first one.
teardown() {
	:
}

@test "the machine ends in order, and nothing of its boxes is left" {
	cat -v "$DIR/net.out" "$DIR/net.err"
	[ "$(cat "$DIR/net.status")" = 7 ]
	[ "$(value net nf)" = '' ]
	[ "$(value net left)" = 'eth0 lo ' ]
}

@test "boxes do not reach each other, nor the host's loopback" {
	[ "$(value net two-direct)" = '' ] && [ "$(value net two-direct-udp)" = '' ]
	[ "$(value net two-ping-box)" = 1 ] && [ "$(value net two-ping-host)" = 0 ]
	[ "$(value net two-loopback)" = '' ]
}

@test "published ports: from boxes, the box itself, and the host by each of its addresses" {
	for who in two-published two-gateway host-loopback host-address host-direct; do
		[ "$(value net $who)" = 'served by box one' ] || { echo "$who" && false; }
	done
	[ "$(value net two-udp)" = 172.20.0.1 ] && [ "$(value net host-udp)" = 172.20.0.1 ]
	[ "$(value facts hairpin)" = 'served by box one' ]
}

@test "from outside the machine, with the client's address" {
	[ "$(cat "$DIR/page")" = 'served by box one' ]
	[[ $(value facts client) == *10.0.2.2* ]]
	[ "$(value facts hosts)" = "$(printf '172.20.1.2\tone')" ]
}

@test "a box reaches a server outside the machine, and knows the resolver" {
	[ "$(value net two-out)" = 'served by the host' ]
	[ "$(value net two-resolv)" = 'nameserver 10.0.2.3' ]
	[ "$(value net two-mtu)" = 1400 ]
}

@test "a port and a subnet that are taken; a killed launcher" {
	[[ $(value net taken) == 'ports: port 8080/tcp: bind: '*': box one has published it' ]]
	[[ $(value net overlap) == 'link: subnet 10.0.0.0/16: 10.0.2.'*' dev eth0: the host has a route there already'* ]]
	[ "$(value net gc)" = "$(printf 'address 172.20.1.4 of box three, published ports: 1\ncgroup initbox-three' |
		sed 's/^/removed: /')" ]
	end_of back
	nothing_left
}
