#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What a program may do, on the older kernel: boxes in a privileged box, each a line NAME=what it printed, blanks for newlines,
# and its exit code.

load lib

setup_file() {
	setup_machines
	cat >"$DIR/privileges.sh" <<-'END'
		export PATH=/bin:/usr/bin:/sbin
		say() {
			name=$1
			shift
			got=$("$@" 2>&1)
			code=$?
			echo "$name=$(echo $got) $code"
		}
		mkdir -p /tmp/root/srv
		cp -a /bin /usr /etc /tmp/root
		box() {
			initbox run -q --rootfs /tmp/root "$@"
		}
		say caps box -u user --cap-add NET_ADMIN -- /bin/sh -c 'grep ^Cap /proc/self/status | cut -f2'
		say filter box -- /bin/sh -c 'grep -E "^(NoNewPrivs|Seccomp):" /proc/self/status | cut -f2; unshare -m true 2>/dev/null || echo no unshare'
		say gains box --no-new-privs=no -- /bin/grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status
		say sysctl box --sysctl net.ipv4.ip_forward=1 --sysctl kernel.shmmax=65536 --sysctl fs.mqueue.msg_max=20 --sysctl kernel.domainname=dom -- \
			/bin/sh -c 'cd /proc/sys; cat net/ipv4/ip_forward kernel/shmmax fs/mqueue/msg_max kernel/domainname'
		say landlock box --landlock ro:/ -- /bin/true
		say ports box --landlock bind:80 -- /bin/true
		say limits box --oom-score-adj -500 --nice -5 --ulimit nofile=99999:99999 -- /bin/sh -c 'cat /proc/self/oom_score_adj; awk "{ print \$19 }" /proc/self/stat; ulimit -n'
		say privileged box --privileged -- /bin/sh -c 'mount -t tmpfs x /srv && echo mounted; echo 1 >/proc/sys/net/ipv4/ip_forward && echo written; test -c /dev/kmsg && echo devices'
		echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}, {"names": ["rmdir"], "action": "SCMP_ACT_ERRNO", "excludes": {"minKernel": "6.2"}}]}' >/tmp/p.json
		say json box --seccomp /tmp/p.json -- /bin/sh -c 'mkdir /x 2>&1; rmdir /nothing 2>&1'
		mkdir -p "/lib/modules/$(uname -r)"
		echo kernel/fs/erofs/erofs.ko: >"/lib/modules/$(uname -r)/modules.dep"
		say check initbox check --json
		say kept ls -ld /var/cache/initbox
		say again box --seccomp /tmp/p.json -v /var/cache/initbox:/srv -- /bin/sh -c 'ls /srv | wc -l'
		say bad box --seccomp /etc/passwd -- /bin/true
		say own-file box --cap-add SYS_PTRACE -- /bin/sh -c 'chmod 777 /proc/1/exe'
		say own-file-link box -- /proc/self/exe -q -- /bin/sh -c 'chmod 777 /proc/$PPID/exe'
		say own-file-is stat -c %a /usr/bin/initbox
		say stop sh -c 'initbox run -q --rootfs /tmp/root --stop-signal USR1 -- /bin/sh -c "trap \"exit 5\" USR1; echo ready; while :; do usleep 20000; done" >/tmp/out & until grep -qs ready /tmp/out; do usleep 20000; done; kill -TERM $!; wait $!'
		say timeout sh -c 'initbox run -q --rootfs /tmp/root --stop-timeout 300ms -- /bin/sh -c "trap : TERM; echo ready; while :; do usleep 20000; done" >/tmp/timeout & until grep -qs ready /tmp/timeout; do usleep 20000; done; kill -TERM $!; wait $!'
		exit 7
	END
	printf 'rootfs = /box\nprivileged = yes\ntmpfs-size = 64M\nname = outer\ncommand = /bin/sh /privileges.sh\n' >"$DIR/privileges.conf"
	{
		echo "file /box/usr/bin/initbox $OUT/initbox 0755"
		echo "file /box/usr/bin/boxfilter $OUT/boxfilter 0755"
	} >"$DIR/privileges.list"
	image privileges --from "$DIR/privileges.list" --modules-dir "$MODULES_DIR" --module overlay --config "$DIR/privileges.conf" \
		--file "$DIR/privileges.sh:/box/privileges.sh"
	machine privileges --net none
	tr -d '\r' <"$DIR/privileges.out" >"$DIR/lines"
}

# is NAME REGEX: what was printed, and the code
is() {
	grep -Eq "^$1=$2\$" "$DIR/lines" && return
	echo "wanted: $1=$2"
	cat "$DIR/lines"
	return 1
}

@test "the boxes ran" {
	ended privileges 7
}

@test "capabilities, the filter, sysctls, limits, --privileged" {
	is caps '0000000000001000 0000000000001000 0000000000001000 00000000a00435fb 0000000000001000 0'
	is filter '1 2 no unshare 0'
	is gains 'NoNewPrivs: 0 Seccomp: 2 0'
	is sysctl '1 65536 20 dom 0'
	is limits '-500 -5 99999 0'
	is privileged 'mounted written devices 0'
}

# state NAME [FIELD]: of what initbox check told.
state() {
	sed -n 's/^check=\(.*\) [0-9]*$/\1/p' "$DIR/lines" | jq -r --arg name "$1" '.features[] | select(.name == $name) | .'"${2:-state}"
}

@test "initbox check in the privileged box" {
	is check '\{.*"works":true\} 0'
	[ "$(state 'user namespaces')" = yes ]
	[ "$(state 'time namespaces') $(state overlay) $(state ext4) $(state pidfds)" = 'yes yes yes yes' ]
	[ "$(state landlock) $(state landlock note)" = 'yes ABI 2' ]
	[ "$(state erofs) $(state erofs hint) $(state erofs why)" = 'module modprobe erofs fsopen: No such device (ENODEV)' ]
	[ "$(state squashfs) $(state squashfs hint)" = 'no a kernel with CONFIG_SQUASHFS' ]
	[ "$(state veth) $(state veth why)" = 'no RTM_NEWLINK: Not supported (EOPNOTSUPP): kernel says: Unknown device type' ]
	[ "$(state 'nft ct') $(state 'nft ct' why)" = 'no netlink 12: socket: Protocol not supported (EPROTONOSUPPORT)' ]
}

@test "landlock of Linux 6.1 is too old for what the rules promise" {
	is landlock 'initbox: landlock: ro: needs landlock ABI 3 \(Linux 6\.2\), this kernel has [12] 125'
	is ports 'initbox: landlock: bind: needs landlock ABI 4 \(Linux 6\.7\), this kernel has [12] 125'
}

@test "a profile in JSON, for this kernel; kept" {
	is json ".*No space left on device.*Operation not permitted 1"
	is kept 'drwx------ .* 0'
	is again '1 0'
	is bad 'initbox: profile: /etc/passwd:1:1: not JSON.* 125'
}

@test "initbox's own file, and the end in order" {
	is own-file '.*Read-only file system 1'
	is own-file-link '.*Read-only file system 1'
	is own-file-is '755 0'
	is stop ' 5'
	is timeout ' 137'
}
