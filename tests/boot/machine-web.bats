#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# initramfs/examples/web.conf from the host's side: a web server in a box, in a
# machine under qemu. One machine serves all tests; its box also tells about
# itself, through programs that the server starts (cgi-bin).

load lib

setup_file() {
	setup_machines
	export PORT BACK_PORT
	PORT=$(free_port)
	BACK_PORT=$(free_port)
	head -c 3000000 /dev/urandom >"$DIR/big"
	mkdir "$DIR/back"
	echo 'served by the host' >"$DIR/back/index.html"
	make_programs
	sed "s,build/initbox,$OUT/initbox," "$TOP/initramfs/machine.list" >"$DIR/machine.list"
	(
		cd "$TOP" || exit
		"$MKINITRAMFS" --from "$DIR/machine.list" --from initramfs/box-busybox.list --modules-dir "$MODULES_DIR" \
			--config initramfs/examples/web.conf --root "$DIR/cgi-bin:/box/www/cgi-bin" \
			--file "$DIR/big:/box/www/big" -o "$DIR/web.cpio"
	)
	busybox httpd -f -p "127.0.0.1:$BACK_PORT" -h "$DIR/back" 3>&- &
	echo $! >"$DIR/back.pid"
	machine web --publish "$PORT:8080" --timeout 100 &
	wait_for_page
}

# What the server runs for a request, in the box.
make_programs() {
	mkdir "$DIR/cgi-bin"
	cat >"$DIR/cgi-bin/facts" <<-'END'
		#!/bin/sh
		echo 'Content-Type: text/plain'
		echo
		echo "hostname=$(hostname)"
		echo "client=$REMOTE_ADDR"
		echo "links=$(ls /sys/class/net | tr '\n' ' ')"
		echo "addresses=$(ip -4 -o addr | awk '{ printf "%s %s ", $2, $4 }')"
		echo "route=$(ip route | tr '\n' ' ')"
		echo "resolv=$(cat /etc/resolv.conf)"
		echo "first=$(cat /proc/1/comm)"
		for p in /proc/[0-9]*; do
			name=$(cat $p/comm 2>/dev/null) && echo "process=${p#/proc/} $(tr '\0' ' ' <$p/cmdline)"
		done
	END
	cat >"$DIR/cgi-bin/out" <<-END
		#!/bin/sh
		echo 'Content-Type: text/plain'
		echo
		wget -q -O - http://10.0.2.2:$BACK_PORT/ 2>&1
	END
	# The server is the box's program: its end is the machine's.
	cat >"$DIR/cgi-bin/stop" <<-'END'
		#!/bin/sh
		echo 'Content-Type: text/plain'
		echo
		kill -USR1 2
	END
	chmod 755 "$DIR"/cgi-bin/*
}

wait_for_page() {
	local i

	for ((i = 0; i < 300; i++)); do
		! curl -sf --max-time 5 -o "$DIR/page" "http://127.0.0.1:$PORT/" || return 0
		[ ! -e "$DIR/web.status" ] || break
		sleep 0.1
	done
	echo "no page from the machine:"
	cat -v "$DIR/web.out" "$DIR/web.err"
	return 1
}

teardown_file() {
	end_of back
	end_of web
}

# The machine of these tests is there until the last one.
teardown() {
	:
}

fetch() {
	curl -sS --fail --max-time 20 "http://127.0.0.1:$PORT/$1"
}

facts() {
	[ -s "$DIR/facts.out" ] || fetch cgi-bin/facts >"$DIR/facts.out"
	cat "$DIR/facts.out"
}

@test "the host gets the page, exactly" {
	cmp "$DIR/page" "$TOP/initramfs/box/index.html"
	fetch | cmp - "$TOP/initramfs/box/index.html"
	run -22 fetch no-such-page
}

@test "megabytes and many requests at once come through" {
	local i pids=

	for i in 1 2 3 4 5 6 7 8; do
		fetch index.html >"$DIR/page.$i" &
		pids="$pids $!"
	done
	fetch big >"$DIR/big.back"
	cmp "$DIR/big" "$DIR/big.back"
	for i in $pids; do
		wait "$i"
	done
	for i in 1 2 3 4 5 6 7 8; do
		cmp "$DIR/page.$i" "$TOP/initramfs/box/index.html"
	done
}

@test "the server sees the client's address, its own hostname, lo and eth0" {
	facts
	[ "$(value facts hostname)" = web ]
	[ "$(value facts client)" = '[::ffff:10.0.2.2]' ] || [ "$(value facts client)" = 10.0.2.2 ]
	[ "$(value facts links)" = 'eth0 lo ' ]
	[[ $(value facts addresses) == 'lo 127.0.0.1/8 eth0 172.20.'*'/16 ' ]]
	[[ $(value facts route) == 'default via 172.20.0.1 dev eth0 '* ]]
	[ "$(value facts resolv)" = 'nameserver 10.0.2.3' ]
}

@test "the server sees only its own processes" {
	facts
	[ "$(value facts first)" = initbox ]
	value facts process | grep -qxE '1 initbox *'
	value facts process | grep -qx '2 /bin/busybox httpd -f -p 80 -h /www '
	# Beside these two there is the server's child for this request, and what that runs.
	run ! grep -vE '^([12]|[0-9]+ (.*facts|/bin/busybox httpd|cat|tr)) ' <(value facts process)
	[ "$(value facts process | wc -l)" -lt 8 ]
}

@test "the box reaches a server on the host" {
	run -0 fetch cgi-bin/out
	echo "$output"
	[ "$output" = 'served by the host' ]
}

@test "the end of the server is the end of the machine, and nothing is left" {
	fetch cgi-bin/stop || :
	wait_for . "$DIR/web.status"
	ended web 138
	[ ! -s "$DIR/web.out" ]
	end_of back
	nothing_left
}
