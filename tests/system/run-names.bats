#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a box knows about names: resolv.conf, hosts and hostname, from the host's or as asked; and the link's address and MTU.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
	make_helper peer
}

# The host's own files are of this test: on a copy of /etc that the mount namespace alone sees.
prepare() {
	make_outside
	mkdir /run/etc /run/work /run/systemd /run/systemd/resolve
	mount -t overlay -o lowerdir=/etc,upperdir=/run/etc,workdir=/run/work overlay /etc
	rm /etc/resolv.conf
	echo '127.0.0.1 localhost host' >/etc/hosts
	resolver 198.51.100.2
}

resolver() {
	printf 'nameserver %s\n' "$@" >/etc/resolv.conf
}

# shows FILE [OPTION…]: stdin is the box's /etc/FILE.
shows() {
	local file=$1
	shift
	cat >wanted
	expect 0 box --name web "$@" -- /bin/cat "/etc/$file"
	diff wanted out
	same '' "$(own_words)" "stderr of $*"
}

hosts_resolvers() {
	printf '# comment\nnameserver 198.51.100.2\nsearch example.org lab\noptions edns0 ndots:2\nnameserver 192.0.2.9\n' >/etc/resolv.conf
	shows resolv.conf --network bridge <<-'END'
		nameserver 198.51.100.2
		nameserver 192.0.2.9
		search example.org lab
		options edns0 ndots:2
	END
	# A resolver of IPv6 is no use to a box without it; to one in the host's network it is.
	resolver 2001:db8::1 ::1 127.0.0.1 192.0.2.9
	shows resolv.conf --network bridge <<<'nameserver 192.0.2.9'
	shows resolv.conf --network host </etc/resolv.conf
	# Without a network nobody can be asked: the image's stays.
	expect 1 box --network none -- /bin/cat /etc/resolv.conf
	expect 0 box --network bridge -- /bin/sh -c 'stat -c "%a %u %F" /etc/resolv.conf /etc/hosts /etc/hostname'
	same '644 0 regular file' "$(sort -u out)" 'the files'
}
@test "resolv.conf has the host's resolvers, search and options" {
	inside hosts_resolvers
}

stub() {
	printf 'nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch lab\n' >/etc/resolv.conf
	printf '# systemd-resolved\nnameserver 198.51.100.2\nnameserver 192.0.2.9\nsearch other\n' >/run/systemd/resolve/resolv.conf
	shows resolv.conf --network bridge <<-'END'
		nameserver 198.51.100.2
		nameserver 192.0.2.9
		search lab
		options edns0 trust-ad
	END
	expect 0 box --network host -- /bin/cat /etc/resolv.conf
	line '^nameserver 127.0.0.53$' out
	# As a link, as it is usually.
	mv /etc/resolv.conf /run/systemd/resolve/stub-resolv.conf
	ln -s ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
	expect 0 box --network bridge -- /bin/cat /etc/resolv.conf
	line '^nameserver 198.51.100.2$' out
	# None that a box could reach: it is said, not hidden.
	rm /run/systemd/resolve/resolv.conf
	expect 0 box --name web --network bridge -- /bin/true
	line '^initbox: web: the host.s resolver listens on its loopback alone.*--dns' err
	prints 0 'nameserver 192.0.2.1' box --network bridge --dns 192.0.2.1 --dns-search . --dns-option edns0 -- /bin/grep nameserver /etc/resolv.conf
	rm /etc/resolv.conf
	expect 1 box --network bridge -- /bin/cat /etc/resolv.conf
	head -c 5000 /dev/zero | tr '\0' '#' >/etc/resolv.conf
	refused 'names: /etc/resolv.conf: .*EFBIG' box --network bridge -- /bin/true
}
@test "a resolver on the host's loopback is replaced by its upstreams" {
	inside stub
}

asked() {
	shows resolv.conf --network bridge --dns 192.0.2.1 --dns 192.0.2.2 --dns-search a.example --dns-search b.example \
		--dns-option ndots:3 --dns-option rotate <<-'END'
		nameserver 192.0.2.1
		nameserver 192.0.2.2
		search a.example b.example
		options ndots:3 rotate
	END
	shows resolv.conf --network none --dns 192.0.2.1 <<<'nameserver 192.0.2.1'
	echo 'search lab' >>/etc/resolv.conf
	shows resolv.conf --network bridge --dns-search . <<<'nameserver 198.51.100.2'
	# A name is really asked for there: busybox nslookup speaks to the server of this file.
	timeout 20 ip netns exec outside tcpdump -l -n -i eth0 -c 1 udp port 53 >asked 2>listening &
	BACKGROUND+=($!)
	soon grep -q 'listening on' listening || { cat listening; return 1; }
	expect 1 box --network bridge --ip 172.20.1.2 -- /bin/sh -c 'timeout 4 nslookup web.example >/dev/null'
	soon grep -q '198.51.100.2.53: .*web\.example' asked
}
@test "--dns, --dns-search, --dns-option" {
	inside asked
}

hosts() {
	shows hosts --network bridge --ip 172.20.1.2 --hostname lab --add-host db.lab:192.0.2.7 --add-host gate:host-gateway <<-END
		127.0.0.1	localhost
		::1	localhost ip6-localhost ip6-loopback
		172.20.1.2	lab
		192.0.2.7	db.lab
		172.20.0.1	gate
	END
	shows hostname --network bridge --hostname lab <<<lab
	shows hostname --network host <<<web
	printf '127.0.0.1 localhost host\n198.51.100.1\tgate\n' | shows hosts --network host --add-host gate:198.51.100.1
	shows hosts --network none --add-host db:192.0.2.7 <<-END
		127.0.0.1	localhost
		::1	localhost ip6-localhost ip6-loopback
		192.0.2.7	db
	END
	# The names are found, and the gateway answers.
	serve tcp 0.0.0.0 82
	prints 0 'PING gate (172.20.0.1): 56 data bytes' box --network bridge --add-host gate:host-gateway -- \
		/bin/sh -c 'ping -c 1 -W 10 gate | head -n 1'
	answers 172.20.1.2 box --network bridge --ip 172.20.1.2 --add-host gate:host-gateway -- \
		/bin/sh -c 'peer ask tcp "$(ping -c 1 -W 10 gate | sed -n "s/^PING gate (\([0-9.]*\)).*/\1/p")" 82'
	# A list of thousands of hosts is no reason not to start.
	seq -f '192.0.2.1 blocked%g.example' 2000 >/etc/hosts
	expect 0 box --network host -- /bin/true
	line '^initbox: .*the host.s /etc/hosts is too long for the box' err
	refused 'names: /etc/hosts: .*EFBIG' box --network host --add-host a:192.0.2.1 -- /bin/true
	refused 'add-host: host-gateway is known' box --network none --add-host gate:host-gateway -- /bin/true
	refused 'add-host: "gate": not a host' box --network bridge --add-host gate -- /bin/true
}
@test "hosts and hostname; --add-host" {
	inside hosts
}

image_files() {
	mkdir -p layer/etc
	ln -s ../run/nowhere layer/etc/resolv.conf
	ln -s /etc/shadow layer/etc/hosts
	echo 'of the image' >layer/etc/shadow
	expect 0 box --rootfs layer --network bridge --ip 172.20.1.2 -- /bin/sh -c 'cat /etc/resolv.conf /etc/shadow; grep -c 172.20.1.2 /etc/hosts'
	# layers are top first: layer is below the root of the tests, whose /etc has none of these
	printf 'nameserver 198.51.100.2\nof the image\n1\n' | diff - out
	same ../run/nowhere "$(readlink layer/etc/resolv.conf)" "the image's"
	# A directory in the place of a file.
	rm layer/etc/resolv.conf
	mkdir layer/etc/resolv.conf
	refused 'mounts: /etc/resolv.conf: unlinkat: .*(EISDIR)' box --rootfs layer --network bridge -- /bin/true
	expect 0 box --rootfs layer --network none -- /bin/true
}
@test "the image's files are not written through, wherever they point" {
	inside image_files
}

volumes() {
	mkdir etc bare
	echo 'of the volume' | tee etc/resolv.conf etc/hosts etc/hostname >/dev/null
	cp "$ROOT/etc/passwd" etc
	# A volume over /etc has the files: the box's are mounted on them, and the host's are as they were.
	for options in -v --read-only; do
		options=(--network bridge -v "$PWD/etc:/etc")
		expect 0 box "${options[@]}" --dns 192.0.2.1 --hostname lab -- /bin/sh -c 'cat /etc/resolv.conf /etc/hostname; grep -c lab /etc/hosts'
		printf 'nameserver 192.0.2.1\nlab\n1\n' | diff - out
	done
	same 'of the volume' "$(sort -u etc/resolv.conf etc/hosts etc/hostname)" "the host's files"
	expect 0 box --network bridge -v "$PWD/etc:/etc:ro" -- /bin/cat /etc/resolv.conf
	line 198.51.100.2 out
	# One without them: nothing is made in it; what was asked for can't be shown, and that is an error.
	expect 1 box --network bridge -v "$PWD/bare:/etc" -- /bin/cat /etc/resolv.conf
	refused 'mounts: /etc/resolv.conf: a volume is over /etc' box --network bridge -v "$PWD/bare:/etc" --dns 192.0.2.1 -- /bin/true
	refused 'mounts: /etc/hosts: a volume is over /etc' box --network none -v "$PWD/bare:/etc" --add-host a:192.0.2.1 -- /bin/true
	same '' "$(ls bare)" "the host's directory"
	# A volume in the place of a file is what was asked for.
	expect 0 box --network bridge -v "$PWD/etc/hosts:/etc/hosts:ro" -v "$PWD/etc/resolv.conf:/etc/resolv.conf" -- /bin/cat /etc/hosts /etc/resolv.conf
	same 'of the volume' "$(sort -u out)" 'the files in the box'
	refused 'dns: would not be seen' box --network bridge --dns 192.0.2.1 -v "$PWD/etc/hosts:/etc/resolv.conf" -- /bin/true
	refused 'add-host: would not be seen' box --network bridge --add-host a:192.0.2.1 -v "$PWD/etc/hosts:/etc/hosts" -- /bin/true
}
@test "volumes over /etc, and over its files" {
	inside volumes
}

kept() {
	mkdir upper
	expect 0 box --network bridge --upper "$PWD/upper" --ip 172.20.1.2 --hostname a -- /bin/true
	expect 0 box --network bridge --upper "$PWD/upper" --ip 172.20.1.3 --hostname b -- /bin/sh -c 'cat /etc/hostname; tail -n 1 /etc/hosts'
	printf 'b\n172.20.1.3\tb\n' | diff - out
	rm -rf upper upper.work
	expect 0 box --network bridge --read-only --hostname lab -- /bin/cat /etc/hostname
	same lab "$(cat out)" 'with --read-only'
}
@test "an upper that is kept, and a root that is read-only" {
	inside kept
}

link_options() {
	start one --network bridge --mtu 9000 --mac-address 02:42:ac:11:00:02
	one=$PID
	nsenter -t "$(pid_in "$one")" -n ip -j link show eth0 | jq -c '.[] | [.mtu, .address]' >got
	same '[9000,"02:42:ac:11:00:02"]' "$(cat got)" eth0
	ip -j link show master initbox0 | jq -r '.[].mtu' >got
	same 9000 "$(cat got)" "the host's end"
	same 9000 "$(ip -j link show initbox0 | jq -r '.[].mtu')" 'the bridge'
	# The bridge takes the least of its ports'.
	start two --network bridge --mtu 1400
	same 1400 "$(ip -j link show initbox0 | jq -r '.[].mtu')" 'the bridge with a smaller one'
	nsenter -t "$(pid_in "$PID")" -n ip -j link show eth0 | jq -r '.[].mtu' >got
	same 1400 "$(cat got)" 'eth0 of the second'
	# Packets of that size pass, larger ones do not without being cut.
	expect 0 nsenter -t "$(pid_in "$PID")" -n busybox ping -c 1 -W 10 -s 1372 172.20.0.1
	for mtu in 68 65535; do
		prints 0 $mtu box --network bridge --mtu $mtu -- /bin/cat /sys/class/net/eth0/mtu
	done
	refused 'mtu: "67": not a number of bytes from 68 to 65535' box --network bridge --mtu 67 -- /bin/true
	refused 'mtu: needs --network bridge' box --mtu 1400 -- /bin/true
	refused 'mac-address: needs --network bridge' box --mac-address 02:42:ac:11:00:02 -- /bin/true
	refused 'mac-address: "01:.*group' box --network bridge --mac-address 01:42:ac:11:00:02 -- /bin/true
}
@test "--mtu and --mac-address" {
	inside link_options
}
