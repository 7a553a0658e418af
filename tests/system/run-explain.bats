#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run`: what it executes (nothing but the command), --explain, --dry-run, --trace, --verbose.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
}

# The words of strace stay apart from the program's: -o.
no_exec() {
	for network in none host bridge; do
		options=(--network "$network" --name "x-$network")
		[ $network != bridge ] || options+=(-p 8080:80 -p 127.0.0.1:5353:53/udp)
		expect 3 strace -f -qq -o calls -e trace=execve,execveat "$INITBOX" run --rootfs "$ROOT" "${options[@]}" -- \
			/bin/ash -c 'exit 3'
		grep -E 'execve(at)?\(' calls | sed 's/^[0-9]* *//; s/, .*//' >names
		printf 'execve("%s"\nexecve("/bin/ash"\n' "$INITBOX" | diff - names
	done
	# A refused one executes nothing.
	expect 125 strace -f -qq -o calls -e trace=execve,execveat "$INITBOX" run --rootfs /none --network bridge -- /bin/true
	same 1 "$(grep -cE 'execve(at)?\(' calls)" "executed: $(cat calls)"
}
@test "nothing is executed but the command" {
	inside no_exec
}

dry_run() {
	find /run -mindepth 1 -maxdepth 1 | sort >before
	expect 0 strace -f -qq -o calls "$INITBOX" run --rootfs "$ROOT" --network bridge -p 8080:80 --name one --memory 64M \
		-v /tmp:/data --dns 192.0.2.1 --trace trace --dry-run -- /bin/touch "$PWD/ran"
	same '' "$(cat out)" stdout
	not grep -E '^[0-9]+ +(mount|umount2|clone3?|fork|vfork|unshare|setns|fsopen|fsmount|fsconfig|move_mount|open_tree|pivot_root|socket|mkdir|mkdirat|unlink|unlinkat|sethostname|mknod|chdir|seccomp|capset)\(' calls
	not grep -E 'O_WRONLY|O_RDWR|O_CREAT' calls
	find /run -mindepth 1 -maxdepth 1 | sort | diff before -
	[ ! -e ran ] && [ ! -e trace ]
	expect 125 box --dry-run
	line 'command: is missing' err
}
@test "--dry-run does nothing" {
	inside dry_run
}

steps() {
	options=(--network bridge -p 8080:80 --name one --hostname blue -v /tmp:/data:ro --dns 192.0.2.1 -w /srv -u alice)
	expect 0 box "${options[@]}" --dry-run -- /bin/true
	mv err dry
	not grep -v '^+ .*  # ' dry
	for step in 'mkdir /sys/fs/cgroup/initbox-one' 'unshare .*--net' 'hostname blue' 'mount -t overlay .*lowerdir=' \
		'mount --r?bind .*ro.* /tmp ' 'pivot_root' 'mount -t proc ' 'mount -t sysfs .*ro' 'mknod .*/dev/null c 1 3' \
		'192\.0\.2\.1.*/etc/resolv.conf' 'ip link add initbox0 ' 'ip link add .* type veth' 'ip route add default via 172.20.0.1' \
		'nft add table inet initbox' 'nft add element inet initbox ports .*tcp . 8080' 'setpriv .*--no-new-privs' \
		'BPF instructions' 'cd /srv; exec /bin/true'; do
		line "^\\+ .*$step" dry
	done
	expect 0 box "${options[@]}" --explain -- /bin/echo ran
	same ran "$(cat out)" stdout
	# The same steps, if not in the same order (two sides work at once), with the real names.
	clean='s/ve[0-9a-f]\{8\}-[0-9a-f]*/VETH/; s/netns [0-9][0-9]*/netns PID/; s/reuid.*//; s/172\.20\.[0-9]*\.[0-9]*\( \. 80\|\/16 broadcast + dev eth0\)/ADDRESS\1/; s/exec .*//; s/address-.*//; s/echo 172[.0-9]* blue/echo ADDRESS blue/'
	diff <(sed "$clean" dry | sort) <(sed "$clean" err | sort)
	line 'setpriv .*--reuid (1000|alice) --regid (1000|alice)' err
	expect 0 box --network none --dry-run -- /bin/true
	not grep -E 'nft|veth|initbox0' err
	expect 0 box --network host --dry-run -- /bin/true
	not grep -E 'nft|veth|initbox0|--net' err
}
@test "--explain prints each step with the command a person would type" {
	inside steps
}

commands_are_shell() {
	expect 0 box --network bridge -p 8080:80 -p 127.0.0.1:53:53/udp --dns 192.0.2.1 --dry-run -- /bin/sh -c 'echo "a b"; it'
	sed 's/^+ //; /BPF instructions/d' err >commands
	sh -n commands
	line "exec /bin/sh -c 'echo \"a b\"; it'" commands
}
@test "--dry-run prints what a shell can read" {
	inside commands_are_shell
}

trace() {
	start=$(leaks_now_ms)
	expect 5 box --network bridge -p 8080:80 --trace trace -- /bin/sh -c 'sleep 0.3; exit 5'
	took=$(($(leaks_now_ms) - start))
	jq -e '.traceEvents | length > 10' trace >/dev/null
	same 'cgroup address link nft' "$(jq -r '.traceEvents[] | select(.cat == "host") | .name' trace | grep -xE 'cgroup|address|link|nft' | xargs)" \
		"the host's phases"
	same 'namespaces root mounts user net prepare privileges filter' \
		"$(jq -r '.traceEvents[] | select(.cat == "box") | .name' trace | grep -xE 'namespaces|root|mounts|net|user|prepare|privileges|filter' | xargs)" \
		"the box's phases"
	# Each begins when the one before it on its side has ended, takes its time, and all of it is less than the run.
	jq -e --argjson took "$took" '
		.traceEvents | all(.ph == "X" and .dur >= 0 and .ts > 0 and (.tid | type) == "number") and
		(map(.ts + .dur) | max) - (map(.ts) | min) < $took * 1000 and
		(map(select(.name == "root")) | first.dur) > 20' trace >/dev/null
	jq -e '[.traceEvents[] | select(.cat == "host" and (.name | test("^(cgroup|address|link|nft)$")))] |
		[range(1; length) as $i | .[$i].ts >= .[$i - 1].ts + .[$i - 1].dur] | all' trace >/dev/null
	jq -e '[.traceEvents[] | select(.cat == "box" and (.name | test("^(namespaces|root|mounts|net|user)$")))] |
		[range(1; length) as $i | .[$i].ts >= .[$i - 1].ts + .[$i - 1].dur] | all' trace >/dev/null
	# The box can't start before its address is known, nor go on before the host's side has done its part.
	jq -e '.traceEvents | (map(select(.name == "address")) | first | .ts + .dur) <= (map(select(.name == "namespaces")) | first | .ts)' trace >/dev/null
	jq -e '.traceEvents | (map(select(.name == "nft")) | first | .ts + .dur) <= (map(select(.name == "net")) | first | .ts)' trace >/dev/null
}
@test "--trace writes what each phase of both sides took" {
	inside trace
}

trace_console() {
	expect 0 box --trace console -- /bin/echo ran
	same ran "$(cat out)" stdout
	line '^initbox: trace: host: cgroup: [0-9]+ us$' err
	line '^initbox: trace: box: root: [0-9]+ us$' err
	# A run that fails has its times, too.
	expect 125 box --trace trace -w /none -- /bin/true
	jq -e '.traceEvents | length > 4' trace >/dev/null
	expect 127 box --trace trace -- /none
	jq . trace >/dev/null
}
@test "--trace console, and of a run that fails" {
	inside trace_console
}

quiet() {
	prints 0 '' box -- /bin/true
	prints 0 '' box --network bridge -p 8080:80 -- /bin/true
	expect 0 box --verbose -- /bin/true
	line '^initbox: ' err
	expect 0 "$INITBOX" run --help
	for word in --rootfs --network --publish --dry-run '128\+N' 125 126 127; do
		line "$word" out
	done
	expect 0 "$INITBOX" --version
	line '^tini version [0-9.]*_initbox$' out
}
@test "it says nothing unless it is asked to" {
	inside quiet
}
