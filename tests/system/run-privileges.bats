#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run`: capabilities, groups, no_new_privs, --privileged, limits and priorities, sysctls, landlock, keys.
# shellcheck disable=SC2016,SC2317,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
	make_helper try-gain peer
	export USER_ROOT=$BATS_FILE_TMPDIR/user-root
	cp -a "$ROOT" "$USER_ROOT"
	chown -hR 4321:4321 "$USER_ROOT"
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/file" "$BATS_FILE_TMPDIR"
	cp "$ROOT/bin/try-gain" "$ROOT/bin/gain-setuid"
	chmod 4755 "$ROOT/bin/gain-setuid"
}

# caps WORD OPTION…: the program's inheritable, permitted, effective, bounding and ambient sets.
caps() {
	local want=$1
	shift
	expect 0 box "$@" -- /bin/grep ^Cap /proc/self/status
	same "$want" "$(cut -f2 out | sed 's/^0*\(.\)/\1/' | paste -sd' ')" "$*"
}

capabilities() {
	local base=a00425fb own
	own=$(sed -n 's/^CapPrm:\t0*//p' /proc/self/status)
	caps "0 $base $base $base 0"
	caps "0 a00435fb a00435fb a00435fb 0" --cap-add NET_ADMIN
	caps "0 a00405fb a00405fb a00405fb 0" --cap-drop NET_RAW
	caps "0 2000 2000 2000 0" --cap-drop ALL --cap-add NET_RAW
	caps '0 0 0 0 0' --cap-drop ALL
	caps "0 $own $own $own 0" --cap-add ALL
	caps "0 $(printf %x $((0x$own & ~0x8000000))) $(printf %x $((0x$own & ~0x8000000))) $(printf %x $((0x$own & ~0x8000000))) 0" \
		--cap-add ALL --cap-drop MKNOD
	# Another user has what was added by name, whatever else root would have.
	caps "0 0 0 $base 0" -u alice
	caps "1000 1000 1000 a00435fb 1000" -u alice --cap-add NET_ADMIN
	caps "2000 2000 2000 2000 2000" -u 1000:1000 --cap-drop ALL --cap-add NET_RAW
	caps "0 0 0 a00405fb 0" -u alice --cap-add NET_RAW --cap-drop NET_RAW
	caps "$own $own $own $own $own" -u alice --cap-add ALL
}
@test "capabilities: bounding, permitted, effective, inheritable, ambient" {
	inside capabilities
}

what_was_added_works() {
	expect 1 box -u alice -- /bin/sh -c 'echo x >/srv/file'
	expect 0 box -u alice --cap-add DAC_OVERRIDE -- /bin/sh -c 'echo x >/srv/file; cat /srv/file'
	same x "$(cat out)" 'written as alice'
	expect 1 box -u alice -- /bin/chown 0 /home/alice
	expect 0 box -u alice --cap-add CHOWN -- /bin/sh -c 'sh -c "chown 0 /home/alice"; stat -c %u /home/alice'
	same 0 "$(cat out)" owner
	# Dropping one stops what it is for.
	expect 0 box -- /bin/ping -c 1 -w 2 127.0.0.1
	expect 1 box --cap-drop NET_RAW --sysctl net.ipv4.ping_group_range='1 0' -- /bin/ping -c 1 -w 2 127.0.0.1
	line 'not permitted|denied' err
}
@test "a user other than root really has what --cap-add gave; without NET_RAW there is no ping" {
	inside what_was_added_works
}

cant_give() {
	local own name=SYS_RESOURCE
	own=$(sed -n 's/^CapPrm:\t0*//p' /proc/self/status)
	[ $((0x$own & 0x1000000)) = 0 ] || run_without=(setpriv --bounding-set -sys_resource --inh-caps -sys_resource)
	refused "privileges: cap-add: $name: initbox does not have it itself" "${run_without[@]}" \
		"$INITBOX" run --rootfs "$ROOT" --cap-add $name -- /bin/true
	refused 'cap-add: "NET_RAWR": not a capability' box --cap-add NET_RAWR -- /bin/true
}
@test "a capability that initbox lacks is an error" {
	run_without=()
	inside cant_give
}

explained() {
	expect 0 box --dry-run --cap-drop ALL --cap-add NET_RAW --cap-add KILL -- /bin/true
	line 'setpriv .* --no-new-privs --inh-caps -all --ambient-caps -all --bounding-set -all,\+kill,\+net_raw  #' err
	expect 0 box --dry-run --cap-add SYS_TIME -u alice --group-add staff -- /bin/true
	line 'setpriv --reuid alice .*,staff" --no-new-privs --inh-caps -all,\+sys_time --ambient-caps -all,\+sys_time --bounding-set .*\+sys_time.*,\+setfcap' err
	expect 0 box --dry-run --privileged --cap-drop MKNOD -- /bin/true
	line 'setpriv .*--init-groups --inh-caps .*--bounding-set \+all,-mknod  #' err
	not grep -E 'no-new-privs|BPF|/dev/null /proc' err
	expect 0 box --dry-run --ulimit core=0:unlimited --nice 5 --oom-score-adj 100 --umask 077 --sysctl net.ipv4.ip_forward=1 \
		--landlock ro:/ --landlock rw:/tmp --landlock bind:80 -- /bin/true
	for step in "sysctl -w 'net.ipv4.ip_forward=1'" 'umask 077' 'prlimit .*--core=0:-1' 'renice -n 5' 'echo 100 >.*oom_score_adj' \
		'path-beneath:.*read-file.*:/  #' 'path-beneath:.*:/tmp  #' 'bind to port 80'; do
		line "^\\+ .*$step" err
	done
	sed 's/^+ //; /(no command/d' err >commands
	sh -n commands
}
@test "--explain tells the capabilities, limits and rules that were asked for" {
	inside explained
}

groups() {
	prints 0 '0' box -- /bin/id -G
	prints 0 '0 44 777' box --group-add video --group-add 777 -- /bin/id -G
	prints 0 '1000 44 50' box -u alice -- /bin/id -G
	prints 0 '1000 7 44 50' box -u alice --group-add 7 -- /bin/id -G
	prints 0 '50 44' box -u alice:staff --group-add video -- /bin/id -G
	refused 'user: group-add: nobody: no such group in /etc/group' box --group-add nobody -- /bin/true
	refused 'user: group-add: 4294967295: no such group' box --group-add 4294967295 -- /bin/true
	refused 'group-add: "": is empty' box --group-add= -- /bin/true
}
@test "--group-add" {
	inside groups
}

gaining() {
	# setuid of the image: nothing is gained, unless it was asked for (alice has nothing, and is 1000).
	prints 0 'uid 1000 euid 1000 nnp 1' box -u alice -- /bin/gain-setuid
	prints 0 'uid 1000 euid 0 nnp 0' box -u alice --no-new-privs=no -- /bin/gain-setuid
	prints 0 'uid 1000 euid 0 nnp 0' box -u alice --security-opt no-new-privileges=false -- /bin/gain-setuid
	prints 0 'uid 1000 euid 1000 nnp 1' box -u alice --privileged --security-opt no-new-privileges -- /bin/gain-setuid
	# The filter is there all the same, and gained are the box's capabilities, not the host's.
	expect 0 box -u alice --no-new-privs=no -- /bin/gain-setuid /bin/grep -E '^(Seccomp:|CapEff|CapBnd)' /proc/self/status
	same '00000000a00425fb 00000000a00425fb 2' "$(cut -f2 out | paste -sd' ')" 'capabilities, filter'
	expect 0 box -u alice --no-new-privs=no --cap-drop ALL -- /bin/gain-setuid /bin/grep CapEff /proc/self/status
	same 0000000000000000 "$(cut -f2 out)" 'capabilities'
}
@test "no_new_privs: always, unless --no-new-privs=no" {
	inside gaining
}

privileged() {
	local own
	own=$(sed -n 's/^CapPrm:\t0*//p' /proc/self/status)
	caps "0 $own $own $own 0" --privileged
	expect 0 box --privileged -- /bin/sh -c 'grep -E "^(NoNewPrivs|Seccomp):" /proc/self/status; echo 1 >/proc/sys/net/ipv4/ip_forward; cat /proc/sys/net/ipv4/ip_forward
		mkdir /sys/fs/cgroup/x && rmdir /sys/fs/cgroup/x && echo cgroup; mount -t tmpfs x /tmp && echo mounted'
	printf 'NoNewPrivs:\t0\nSeccomp:\t0\n1\ncgroup\nmounted\n' | diff - out
	# Each device of the host, with its numbers and owner; what the box does to its nodes is its own.
	mkdir /run/devices
	mount -t tmpfs tmpfs /dev # of this test's host
	mkdir -m 750 /dev/bus /dev/bus/deep /dev/pts
	mknod -m 640 /dev/disk b 254 77
	chown 7:8 /dev/disk
	mknod -m 600 /dev/bus/deep/one c 189 5
	mknod -m 666 /dev/null c 1 3
	mknod -m 666 /dev/tty c 5 0
	ln -s /etc/passwd /dev/link
	mkfifo /dev/fifo
	expect 0 box --privileged -- /bin/sh -c 'cd /dev; stat -c "%n %F %t:%T %a %u:%g" disk bus bus/deep/one null; ls -d link fifo console; rm disk'
	diff - out <<-END
		disk block special file fe:4d 640 7:8
		bus directory 0:0 750 0:0
		bus/deep/one character special file bd:5 600 0:0
		null character special file 1:3 666 0:0
	END
	[ -b /dev/disk ]
	umount /dev
	# Less of it, by name.
	expect 0 box --privileged --seccomp default --cap-drop SYS_ADMIN -- /bin/grep -E '^(Seccomp:|CapEff)' /proc/self/status
	same "$(printf %016x $((0x$own & ~0x200000))) 2" "$(cut -f2 out | paste -sd' ')" 'less'
	expect 0 box --security-opt systempaths=unconfined -- /bin/sh -c 'grep -cE " /(proc|sys)/" /proc/self/mountinfo; grep -E "^Seccomp:" /proc/self/status'
	printf '1\nSeccomp:\t2\n' | diff - out
}
@test "--privileged: all capabilities and devices, no filter, nothing hidden or read-only" {
	inside privileged
}

limits() {
	prints 0 500 box --oom-score-adj 500 -- /bin/cat /proc/self/oom_score_adj
	# The box's PID 1 is not the one to be killed first.
	prints 0 0 box --oom-score-adj 500 -- /bin/cat /proc/1/oom_score_adj
	prints 0 500 box --oom-score-adj 500 -u alice -- /bin/cat /proc/self/oom_score_adj
	prints 0 7 box --nice 7 -- /bin/awk '{ print $19 }' /proc/self/stat
	prints 0 -7 box --nice -7 -u alice -- /bin/awk '{ print $19 }' /proc/self/stat
	prints 0 '100 200' box --ulimit nofile=100:200 -- /bin/sh -c 'echo $(ulimit -Sn) $(ulimit -Hn)'
	ulimit -Sn 300
	ulimit -Hn 300
	refused 'limits: ulimit nofile=301:301: prlimit64: Operation not permitted \(EPERM\): the caller.s own hard limit is 300' \
		setpriv --bounding-set -sys_resource "$INITBOX" run --rootfs "$ROOT" --ulimit nofile=301 -- /bin/true
	line 'hint: .*CAP_SYS_RESOURCE' err
	echo 300 >/proc/self/oom_score_adj
	refused 'limits: .*oom_score_adj: write: Permission denied \(EACCES\)' \
		setpriv --bounding-set -sys_resource "$INITBOX" run --rootfs "$ROOT" --oom-score-adj -999 -- /bin/true
	refused 'limits: nice -5: setpriority: Permission denied \(EACCES\)' \
		setpriv --bounding-set -sys_nice "$INITBOX" run --rootfs "$ROOT" --nice -5 -- /bin/true
	for row in 'nice 20' 'nice x' 'oom-score-adj -1001' 'oom-score-adj x' 'ulimit nofile' 'ulimit nofile=5:3' 'ulimit files=3'; do
		refused "${row% *}: \"${row#* }\": " box "--${row% *}" "${row#* }" -- /bin/true
	done
}
@test "--oom-score-adj, --nice, --ulimit; what can't be raised is an error" {
	inside limits
}

sysctls() {
	expect 1 box --sysctl net.ipv4.ip_forward=1 --sysctl kernel.shmmax=65536 --sysctl fs.mqueue.msg_max=20 \
		--sysctl 'kernel.sem=100 200 30 40' --sysctl kernel.domainname=dom --sysctl kernel.msgmax=4000 \
		--sysctl net/ipv4/conf/lo/rp_filter=2 -- /bin/sh -c 'cd /proc/sys; cat net/ipv4/ip_forward kernel/shmmax fs/mqueue/msg_max kernel/sem kernel/domainname kernel/msgmax net/ipv4/conf/lo/rp_filter; echo 0 >net/ipv4/ip_forward'
	line 'Read-only' err
	printf '1\n65536\n20\n100\t200\t30\t40\ndom\n4000\n2\n' | diff - out
	same 0 "$(cat /proc/sys/net/ipv4/ip_forward)" 'the host'
	prints 0 blue box --sysctl kernel/hostname=blue -- /bin/hostname
	# Of the box's own interface, which is there by then.
	prints 0 1 box --network bridge --sysctl net.ipv4.conf.eth0.arp_ignore=1 -- /bin/cat /proc/sys/net/ipv4/conf/eth0/arp_ignore
	for name in kernel.core_pattern=x kernel.modprobe=/x vm.overcommit_memory=1 fs.file-max=1 kernel.yama.ptrace_scope=0 user.max_user_namespaces=0; do
		refused "sysctl: \"$name\": is of the whole machine" box --sysctl "$name" -- /bin/true
	done
	refused 'sysctl: "net.ipv4.ip_forward=1.2": the value is more than one line' box --sysctl $'net.ipv4.ip_forward=1\n2' -- /bin/true
	refused 'sysctl: net.ipv4.nothing=1: openat2: No such file or directory \(ENOENT\)' box --sysctl net.ipv4.nothing=1 -- /bin/true
	refused 'sysctl: net.ipv4.ip_forward=x: write: Invalid argument \(EINVAL\)' box --sysctl net.ipv4.ip_forward=x -- /bin/true
	refused 'sysctl: "net/../kernel/core_pattern=x": not a kernel parameter' box --sysctl net/../kernel/core_pattern=x -- /bin/true
	for row in 'network net.ipv4.ip_forward' 'ipc kernel.shmmax' 'ipc fs.mqueue.msg_max' 'uts kernel.domainname' 'uts kernel/hostname'; do
		refused "sysctl: \"${row#* }=1\": is of a namespace that is not the box.s own" box "--${row% *}" host --sysctl "${row#* }=1" -- /bin/true
	done
	refused 'sysctl: "net.ipv4.ip_forward": not a kernel parameter' box --sysctl net.ipv4.ip_forward -- /bin/true
	# A fake /proc of the image is not written to.
	mkdir -p layer/proc/sys/net/ipv4
	echo untouched >layer/proc/sys/net/ipv4/ip_forward
	prints 0 1 box --rootfs layer --sysctl net.ipv4.ip_forward=1 -- /bin/cat /proc/sys/net/ipv4/ip_forward
	same untouched "$(cat layer/proc/sys/net/ipv4/ip_forward)" 'the image'
}
@test "--sysctl: those of the box's namespaces, and no others" {
	inside sysctls
}

landlocked() {
	expect 0 box --landlock ro:/ --landlock rw:/tmp --landlock rw:/dev/null -- /bin/sh -c '
		echo a >/tmp/a && cat /tmp/a; cat /srv/file; echo b >/dev/null && echo null
		for f in /srv/b /srv/file /home/x; do { echo b >$f; } 2>/dev/null && echo $f; done; mkdir /home/d 2>/dev/null && echo mkdir
		rm /srv/file 2>/dev/null && echo rm; mv /srv/file /srv/other 2>/dev/null && echo mv
		cat /proc/1/cmdline >/dev/null; (sh -c "echo x >/srv/c") 2>/dev/null && echo child; true'
	printf 'a\nof the image\nnull\n' | diff - out
	# What no rule names can't be read either.
	expect 1 box --landlock ro:/bin -- /bin/cat /srv/file
	line 'Permission denied' err
	expect 126 box --landlock ro:/srv -- /bin/true
	line 'exec: /bin/true: execve: Permission denied \(EACCES\): no rule of --landlock lets it be executed' err
	# A rule for one file; another user than root.
	prints 0 'of the image' box -u alice --landlock ro:/bin --landlock ro:/srv/file -- /bin/cat /srv/file
	# Without no_new_privs as well.
	expect 1 box --no-new-privs=no -u alice --landlock ro:/bin -- /bin/cat /srv/file
	refused 'landlock: ro:/none: openat2: No such file or directory \(ENOENT\)' box --landlock ro:/none -- /bin/true
	refused 'landlock: "ro:srv": not a rule' box --landlock ro:srv -- /bin/true
	refused 'landlock: "bind:65536": not a rule' box --landlock bind:65536 -- /bin/true
	refused 'landlock: "/srv": not a rule' box --landlock /srv -- /bin/true
}
@test "--landlock ro: and rw:" {
	needs_linux 6.2
	inside landlocked
}

landlocked_ports() {
	script=': >/tmp/log; peer serve tcp 127.0.0.1 80 >/tmp/log & until grep -q ready /tmp/log; do usleep 10000; done; peer ask tcp 127.0.0.1 80; kill $!'
	prints 0 127.0.0.1 box -- /bin/sh -c "$script"
	prints 0 127.0.0.1 box --landlock connect:80 --landlock bind:80 -- /bin/sh -c "$script"
	expect 1 box --landlock connect:81 -- /bin/peer ask tcp 127.0.0.1 80
	line '^peer: connect: Permission denied' err
	expect 1 box --landlock bind:81 -- /bin/peer serve tcp 127.0.0.1 80
	line '^peer: bind: Permission denied' err
	# Only what a rule names is restricted: files are not.
	prints 0 'of the image' box --landlock connect:81 -- /bin/cat /srv/file
}
@test "--landlock connect: and bind:" {
	needs_linux 6.7
	inside landlocked_ports
}

no_landlock() {
	# ABI 2 is what Linux 6.1 has: the call's result is changed to it.
	refused 'landlock: ro: needs landlock ABI 3 \(Linux 6.2\), this kernel has 2' strace -f -qq -o calls \
		-e inject=landlock_create_ruleset:retval=2 "$INITBOX" run --rootfs "$ROOT" --landlock ro:/ -- /bin/true
	refused 'landlock: connect: needs landlock ABI 4 \(Linux 6.7\), this kernel has 3' strace -f -qq -o calls \
		-e inject=landlock_create_ruleset:retval=3 "$INITBOX" run --rootfs "$ROOT" --landlock connect:80 -- /bin/true
	refused 'landlock: rules: landlock_create_ruleset: .*ENOSYS' strace -f -qq -o calls \
		-e inject=landlock_create_ruleset:error=ENOSYS "$INITBOX" run --rootfs "$ROOT" --landlock ro:/ -- /bin/true
	line 'hint: the kernel lacks landlock' err
	refused 'landlock: rules: landlock_create_ruleset: .*EOPNOTSUPP' strace -f -qq -o calls \
		-e inject=landlock_create_ruleset:error=EOPNOTSUPP "$INITBOX" run --rootfs "$ROOT" --landlock ro:/ -- /bin/true
	line 'hint: .*lsm=' err
}
@test "--landlock where the kernel's is too old, or not there" {
	inside no_landlock
}

keys() {
	# The box's session keyring is new; the caller's key is not in it, whoever would let it look.
	expect 0 try-gain session "$INITBOX" run --rootfs "$ROOT" --seccomp none -- /bin/try-gain key
	same 'no key' "$(cat out)" 'the key of the caller'
	expect 0 try-gain session /bin/sh -c 'exec try-gain key'
	same key "$(cat out)" 'without a box'
}
@test "a session keyring of its own" {
	inside keys
}

# Without root, with one's own id alone.
rootless() {
	chmod 755 /run . # and those above, by setup_file
	cp "$INITBOX" "${INITBOX%/*}/boxfilter" /run/
	me() { setpriv --reuid 4321 --regid 4321 --clear-groups env HOME=/run/tmp/home /run/initbox run --rootfs "$USER_ROOT" --userns self -q "$@"; }
	mkdir -m 700 home
	chown 4321:4321 home
	prints 0 1 me --sysctl net.ipv4.ip_forward=1 -- /bin/cat /proc/sys/net/ipv4/ip_forward
	prints 0 dom me --sysctl kernel.domainname=dom -- /bin/cat /proc/sys/kernel/domainname
	prints 0 3000 me --sysctl kernel.msgmax=3000 -- /bin/cat /proc/sys/kernel/msgmax
	expect 1 me --landlock ro:/ -- /bin/sh -c 'echo x >/srv/file'
	line 'Permission denied' err
	expect 0 me --cap-drop ALL --cap-add NET_RAW -- /bin/grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status
	same '0000000000000000 0000000000002000 0000000000002000 0000000000002000 0000000000000000 1 2' "$(cut -f2 out | paste -sd' ')" 'status'
	prints 0 500 me --oom-score-adj 500 -- /bin/cat /proc/self/oom_score_adj
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]}' >p.json
	chmod 644 p.json
	for _ in 1 2; do
		expect 1 me --seccomp p.json -- /bin/mkdir /x
		line 'No space left' err
	done
	same 1 "$(find home/.cache/initbox -type f -user 4321 -perm 600 | wc -l)" 'kept'
	expect 0 me --privileged -- /bin/grep -E '^(CapEff|NoNewPrivs|Seccomp:)' /proc/self/status
	printf 'NoNewPrivs:\t0\nSeccomp:\t0\n' | diff - <(sed 1d out)
	expect 0 me --no-new-privs=no -- /bin/grep -E '^(NoNewPrivs|Seccomp:)' /proc/self/status
	printf 'NoNewPrivs:\t0\nSeccomp:\t2\n' | diff - out
	# What a user may not give is an error with a hint: groups of the host, a higher priority.
	refused 'privileges: .*setgroups: .*\(E(PERM|INVAL)\)' me --group-add 44 -- /bin/true
	refused 'limits: nice -5: setpriority: Permission denied \(EACCES\)' me --nice -5 -- /bin/true
}
@test "the same as an ordinary user" {
	needs_linux 6.7
	inside rootless
}
