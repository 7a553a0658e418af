#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run --network slirp`: through slirp4netns and pasta, as root and as an ordinary user.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
	make_helper peer
	export USER_ROOT=$BATS_FILE_TMPDIR/user-root
	cp -a "$ROOT" "$USER_ROOT"
	chown -hR 4321:4321 "$USER_ROOT"
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/file" "$BATS_FILE_TMPDIR"
}

prepare() {
	make_outside
	ip route add default via 198.51.100.2
	# As it is on most hosts.
	mount -t tmpfs tmpfs /dev/net
	mknod -m 666 /dev/net/tun c 10 200
	mkdir -m 755 /run/bin /run/slirp4netns /run/pasta
	cp "$INITBOX" /run/bin/initbox
	INITBOX=/run/bin/initbox
	ln -s "$(command -v slirp4netns)" /run/slirp4netns
	ln -s "$(command -v pasta)" /run/pasta
	chmod 755 /run /run/tmp
}

# by PROGRAM COMMAND…: with that one alone in the PATH of a launcher. as_user: an ordinary user's.
by() {
	local program=$1
	shift
	env PATH="/run/$program" "$@"
}

as_user() {
	setpriv --reuid 4321 --regid 4321 --clear-groups "$@"
}

# Of who started it: $1 is empty, or as_user.
user_box() {
	as_user env PATH="/run/$program" "$INITBOX" run --rootfs "$USER_ROOT" --network slirp ${PEER_WAIT_MS:+-e PEER_WAIT_MS} "$@"
}

root_box() {
	by slirp4netns "$INITBOX" run --rootfs "$ROOT" --network slirp ${PEER_WAIT_MS:+-e PEER_WAIT_MS} "$@"
}

nobody_is_left() {
	! pgrep 'pas[st]|slirp' >/dev/null
}

# works BOX: a box that this command starts has a network, and no more.
works() {
	local box=$1
	NS=outside serve tcp 198.51.100.2 80
	NS=outside serve udp 198.51.100.2 53
	serve tcp 127.0.0.1 7777
	expect 0 "$box" -- /bin/sh -c 'cat /sys/class/net/tap0/mtu; ip -o -4 address show tap0; ip route; cat /etc/resolv.conf; ls /sys/class/net'
	line '^65520$' out
	line 'inet 10.0.2.100/24' out
	line '^default via 10.0.2.2 dev tap0' out
	line '^nameserver 10.0.2.3$' out
	same '65520' "$(head -n 1 out)" mtu
	same '' "$(own_words)" stderr
	expect 0 "$box" --mtu 1500 -- /bin/cat /sys/class/net/tap0/mtu
	same 1500 "$(cat out)" 'mtu as asked'
	# As the host's own program.
	answers 198.51.100.1 "$box" -- /bin/peer ask tcp 198.51.100.2 80
	answers 198.51.100.1 "$box" -- /bin/peer ask udp 198.51.100.2 53
	# What listens on the host's loopback is closed.
	silent "$box" -- /bin/peer ask tcp 10.0.2.2 7777
	silent "$box" -- /bin/peer ask tcp 127.0.0.1 7777
	soon nobody_is_left
}
root_and_slirp4netns() { works root_box; }
user_and_slirp4netns() { program=slirp4netns works user_box; }
user_and_pasta() { program=pasta works user_box; }
@test "root, slirp4netns" {
	inside root_and_slirp4netns
}
@test "an ordinary user, slirp4netns" {
	inside user_and_slirp4netns
}
@test "an ordinary user, pasta" {
	inside user_and_pasta
}

published() {
	program=pasta
	background setpriv --reuid 4321 --regid 4321 --clear-groups env PATH="/run/$program" "$INITBOX" run \
		--rootfs "$USER_ROOT" --network slirp --name web --stdin null -p 8080:80 -p 127.0.0.1:8081:80 -p 5353:53/udp -p 80 -- \
		/bin/sh -c 'echo page >/tmp/page; peer serve udp 0.0.0.0 53 & exec httpd -f -h /tmp' >log 2>&1
	soon outside curl -sf --max-time 20 -o page http://198.51.100.1:8080/page || { cat log; return 1; }
	same page "$(cat page)" 'from outside'
	same page "$(curl -sf --max-time 20 http://127.0.0.1:8080/page)" 'from the host'
	same page "$(curl -sf --max-time 20 http://127.0.0.1:8081/page)" 'on one address'
	expect 7 outside curl -s --max-time 20 http://198.51.100.1:8081/page
	port=$(sed -n 's,^initbox: web: port \([0-9]*\) of the host leads to 80/tcp$,\1,p' log)
	same page "$(outside curl -sf --max-time 20 "http://198.51.100.1:$port/page")" 'by a free port'
	expect 7 outside curl -s --max-time 20 http://198.51.100.1:80/page
	soon expect 0 outside peer ask udp 198.51.100.1 5353
	# A port that is taken is taken here as well.
	serve tcp 0.0.0.0 7000
	expect 125 user_box -p 7000:80 -- /bin/true
	line 'ports: port 7000/tcp: bind: .*EADDRINUSE.*: peer has it \(pid [0-9]+\)|a program of the host has it' err
	stop_all
	soon nobody_is_left
	serve tcp 0.0.0.0 8080
}
@test "ports published by pasta" {
	inside published
}

refusals() {
	refused 'slirp: slirp4netns, pasta: neither is installed' by nothing "$INITBOX" run --rootfs "$ROOT" --network slirp -- /bin/true
	refused 'slirp: pasta: slirp4netns is there, but ports are published through pasta alone' root_box -p 8080:80 -- /bin/true
	refused 'slirp: pasta: ended with 1 \(of root it gives' by pasta "$INITBOX" run --rootfs "$ROOT" --network slirp -p 8080:80 -- /bin/true
	for option in '--ip 172.20.1.2' '--subnet 10.9.0.0/24' '--bridge x' '--mac-address 02:42:ac:11:00:02'; do
		# shellcheck disable=SC2086 # an option and its value
		refused 'needs --network bridge' root_box $option -- /bin/true
	done
	# What it says at its end is in the error.
	mkdir /run/fake
	printf '#!%s/bin/sh\necho first >&2\necho "no tap device today" >&2\nexit 3\n' "$ROOT" >/run/fake/slirp4netns
	chmod 755 /run/fake/slirp4netns
	refused 'slirp: slirp4netns: ended with 3: no tap device today$' by fake "$INITBOX" run --rootfs "$ROOT" --network slirp -- /bin/true
	echo garbage >/run/fake/slirp4netns
	refused 'slirp: slirp4netns: ended with 126: .*ENOEXEC' by fake "$INITBOX" run --rootfs "$ROOT" --network slirp -- /bin/true
	rm /dev/net/tun
	refused 'slirp: slirp4netns: ended with ' root_box -- /bin/true
	# A box that fails has its own words, not those of a missing network.
	refused 'root: ' by slirp4netns "$INITBOX" run --rootfs /etc/passwd --network slirp -- /bin/true
	soon nobody_is_left
}
@test "no program, no ports, a program that fails" {
	inside refusals
}

# child_of PID: the helper of a launcher.
child_of() {
	pgrep -P "$1" 'pas[st]|slirp'
}

# holds: a user's box that stays, with its launcher in $PID.
holds() {
	background setpriv --reuid 4321 --regid 4321 --clear-groups env PATH="/run/$program" "$INITBOX" run \
		--rootfs "$USER_ROOT" --network slirp --name "$program" --stdin null -- /bin/sh -c 'echo ready; exec sleep 60' >log 2>&1
	soon grep -q '^ready' log || { cat log; return 1; }
}

ends() {
	for program in slirp4netns pasta; do
		holds
		helper=$(child_of "$PID")
		# A killed launcher takes it along.
		kill -9 "$PID"
		soon gone "$helper"
		soon nobody_is_left
		# One that ends before the box: that is said.
		holds
		kill -9 "$(child_of "$PID")"
		soon nobody_is_left
		stop "$PID"
		line "^initbox: $program: $program had ended before its box" log
		# ^C of a terminal is for the box's program: it is in a session of its own.
		holds
		same "$(child_of "$PID")" "$(ps -o sid= -p "$(child_of "$PID")" | tr -d ' ')" session
		stop "$PID"
		soon nobody_is_left
	done
}
@test "it ends with its box, and with a killed launcher" {
	inside ends
}

explained() {
	expect 0 root_box --dry-run -- /bin/true
	line '^\+ slirp4netns --configure --mtu 65520 --disable-host-loopback PID tap0 &  # clone execve' err
	expect 0 by pasta "$INITBOX" run --rootfs "$ROOT" --network slirp -p 127.0.0.1:8080:80 -p 53:53/udp --dry-run -- /bin/true
	line '^\+ pasta .*--no-map-gw .*-t 127.0.0.1/8080:80 -u 53:53 PID &  # clone execve' err
	not grep -E 'initbox0|nft ' err
}
@test "--explain" {
	inside explained
}
