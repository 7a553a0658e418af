#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `initbox run --seccomp`: the default, profiles in JSON, .bpf files, what is kept of them; bad ones.
# shellcheck disable=SC2016,SC2329 # expanded in the box; called by inside

load lib

setup_file() {
	make_root
	make_helper try-filter
	export BOXFILTER=${INITBOX%/*}/boxfilter
	DOCKER=$(cd "$BATS_FILE_TMPDIR" && BUILD=${INITBOX%/*} bash -c '. "$1" && shift && packaged "$@"' - "$HERE/../lib/boxfilter.sh" \
		golang-github-docker-docker-dev /usr/share/gocode/src/github.com/docker/docker/profiles/seccomp/default.json)
	export DOCKER
}

# Files that are kept are this test's own.
prepare() {
	mkdir -p /var/cache
	mount -t tmpfs -o mode=755 tmpfs /var/cache
}

# profile DEFAULT ROW…: p.json
profile() {
	local action=$1 rows
	shift
	rows=$(printf '%s,' "$@")
	printf '{"defaultAction": "SCMP_ACT_%s", "syscalls": [%s]}\n' "$action" "${rows%,}" >p.json
}

# tried OPTION… -- NAME RESULT…: what calls come to in a box
tried() {
	local options=() names=() want=''
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	while [ $# -gt 0 ]; do
		names+=("$1")
		want+="$1 $2"$'\n'
		shift 2
	done
	expect 0 box "${options[@]}" -- /bin/try-filter none "${names[@]}"
	diff <(printf '%s' "$want") out || { echo "with ${options[*]}"; return 1; }
}

kept() {
	find /var/cache/initbox -type f | sort
}

by_default() {
	denied=(unshare EPERM mount EPERM clone-newuser EPERM clone-newns EPERM clone-newnet-high EPERM keyctl EPERM add_key EPERM
		request_key EPERM bpf EPERM perf_event_open EPERM userfaultfd EPERM io_uring_setup EPERM setns EPERM
		pivot_root EPERM fsopen EPERM open_tree EPERM move_mount EPERM mount_setattr EPERM kexec_load EPERM
		init_module EPERM reboot EPERM swapon EPERM open_by_handle_at EPERM
		clone3 ENOSYS syscall-999 ENOSYS unused-number ENOSYS
		ioctl-tiocsti EPERM ioctl-tiocsti-high EPERM ioctl-tioclinux-high EPERM ioctl-tcgets EBADF
		socket-alg EPERM socket-alg-high EPERM socket-vsock EPERM personality-read-implies-exec EPERM)
	[ "$(uname -m)" != x86_64 ] || denied+=(int80-getpid 'killed SIGSYS' x32-getpid ENOSYS)
	for options in '' '-u alice' '--no-new-privs=no' '--seccomp default --cap-add ALL'; do
		# shellcheck disable=SC2086
		tried $options -- read EBADF clone ok "${denied[@]}"
	done
	tried --privileged --seccomp default -- keyctl EPERM
	tried --seccomp none -- keyctl ok getppid ok
	tried --security-opt seccomp=unconfined -- userfaultfd EINVAL
	[ ! -e /var/cache/initbox ]
}
@test "the default filter, and none" {
	inside by_default
}

docker() {
	tried --seccomp "$DOCKER" -- read EBADF clone ok clone3 ENOSYS clone-newuser EPERM mount EPERM keyctl EPERM add_key EPERM \
		userfaultfd EPERM personality-no-random EPERM socket-unix ok mseal ENOSYS syscall-999 ENOSYS kexec_load EPERM ptrace ok
	# It opens more where a capability was added: the box has it, and the filter lets it.
	tried --seccomp "$DOCKER" --cap-add SYS_ADMIN -- mount EFAULT clone3 EINVAL clone-newns ok
	tried --seccomp "$DOCKER" --cap-drop SYS_CHROOT -- chroot EPERM
	tried --seccomp "$DOCKER" -- chroot EFAULT
	same 3 "$(kept | wc -l)" 'filters, one for each set of capabilities'
	prints 0 'of the image' box --seccomp "$DOCKER" -u alice -- /bin/sh -c 'cat /srv/file | cat'
	tried --security-opt "seccomp=$DOCKER" -- add_key EPERM
	same 3 "$(kept | wc -l)" 'filters'
}
@test "Docker's own profile" {
	inside docker
}

profiles() {
	profile ALLOW '{"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 2}' \
		'{"names": ["personality"], "action": "SCMP_ACT_KILL_PROCESS", "args": [{"index": 0, "value": 262144, "op": "SCMP_CMP_EQ"}]}'
	want=(getppid ENOENT personality-no-random 'killed SIGSYS' personality-linux ok)
	tried --seccomp p.json -- "${want[@]}"
	tried --seccomp ./p.json -- "${want[@]}"
	"$BOXFILTER" -o plain.bpf p.json
	tried --seccomp plain.bpf -- "${want[@]}"
	# By what it does a profile of one's own closes the other ways into the kernel as well.
	[ "$(uname -m)" != x86_64 ] || tried --seccomp p.json -- int80-getpid 'killed SIGSYS' x32-getpid 'killed SIGSYS'
	# Not only from files: a pipe is read once.
	expect 0 box --stdin null --seccomp /dev/fd/0 -- /bin/try-filter none getppid <p.json
	same 'getppid ENOENT' "$(cat out)" 'from standard input'
	expect 0 box --stdin null --seccomp /dev/fd/0 -- /bin/try-filter none getppid < <(cat p.json)
	same 'getppid ENOENT' "$(cat out)" 'from a pipe'
	# An OCI configuration.
	jq '{ociVersion: "1.0.2", linux: {seccomp: .}}' p.json >config.json
	tried --seccomp config.json -- "${want[@]}"
	# Only what the program does has to be allowed, nothing of initbox.
	profile KILL_PROCESS '{"names": ["execve", "write", "writev", "exit_group", "exit", "brk", "arch_prctl", "set_tid_address", "set_robust_list", "rseq", "prlimit64", "readlink", "readlinkat", "getrandom", "mprotect", "fstat", "newfstatat", "ioctl", "getuid", "getgid", "mmap", "munmap", "uname", "prctl", "futex"], "action": "SCMP_ACT_ALLOW"}'
	prints 0 hello box --seccomp p.json -- echo hello
	prints 0 hello box --seccomp p.json -- /bin/echo hello
	expect 159 box --seccomp p.json -- /bin/ls /
	profile ALLOW '{"names": ["execve"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13}'
	expect 126 box --seccomp p.json -- /bin/true
	line 'exec: /bin/true: execve: Permission denied' err
	# Flags for seccomp(2) go with the program, and notes are said.
	profile ALLOW '{"names": ["getppid", "no_such_call"], "action": "SCMP_ACT_LOG"}'
	jq '.flags = ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"]' p.json >flags.json
	expect 0 strace -f -qq -o calls -e trace=seccomp "$INITBOX" run --rootfs "$ROOT" --seccomp flags.json -- /bin/true
	line 'SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG.SECCOMP_FILTER_FLAG_SPEC_ALLOW, ' calls
	line '^initbox: boxfilter: flags.json.*no_such_call' err
	expect 0 strace -f -qq -o calls -e trace=seccomp "$INITBOX" run --rootfs "$ROOT" --seccomp flags.json -- /bin/true
	line 'SECCOMP_FILTER_FLAG_LOG.SECCOMP_FILTER_FLAG_SPEC_ALLOW, ' calls
}
@test "a profile in JSON, a .bpf file" {
	inside profiles
}

bad() {
	expect 0 box -- /bin/true
	echo 'not json' >bad.json
	refused 'profile: bad.json:1:1: not JSON: ' box --seccomp bad.json -- /bin/true
	printf '{"defaultAction": "SCMP_ACT_ALLOW",\n  "syscalls": [{"names": ["read"], "action": "SCMP_ACT_NOTHING"}]}' >bad.json
	refused 'profile: bad.json:2:[0-9]*: .*action: unknown action "SCMP_ACT_NOTHING"' box --seccomp bad.json -- /bin/true
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "sysclals": []}' >bad.json
	refused 'profile: bad.json:1:[0-9]*: .*sysclals: unknown key' box --seccomp bad.json -- /bin/true
	: >bad.json
	refused 'profile: bad.json:1:1: not JSON' box --seccomp bad.json -- /bin/true
	refused 'profile: none.json: open: No such file' box --seccomp none.json -- /bin/true
	refused 'profile: \.: read: Is a directory \(EISDIR\)' box --seccomp . -- /bin/true
	head -c 17M /dev/zero >large.json
	refused 'profile: large.json: larger than 16 MiB' box --seccomp large.json -- /bin/true
	refused 'seccomp: "strict": not one of default.none.FILE' box --seccomp strict -- /bin/true
	refused 'seccomp: "": is empty' box --seccomp= -- /bin/true
	: >bad.bpf
	refused 'profile: bad.bpf: is no BPF program' box --seccomp bad.bpf -- /bin/true
	echo 'no program' >bad.bpf
	refused 'profile: bad.bpf: is no BPF program' box --seccomp bad.bpf -- /bin/true
	head -c 32784 /dev/zero >bad.bpf
	refused 'profile: bad.bpf: (is no BPF program|read: File too large)' box --seccomp bad.bpf -- /bin/true
	head -c 80 /dev/zero >bad.bpf
	refused 'filter: bad.bpf: seccomp: Invalid argument \(EINVAL\)' box --seccomp bad.bpf -- /bin/true
	line 'hint: .*boxfilter' err
	# Flags alone; flags that need a listener.
	printf '\361\260\0\0\2\0\0\0' >bad.bpf
	refused 'profile: bad.bpf: is no BPF program' box --seccomp bad.bpf -- /bin/true
	printf '\361\260\0\0\10\0\0\0\6\0\0\0\0\0\377\177' >bad.bpf
	refused 'profile: bad.bpf: has flags for seccomp.2. that need somebody who answers' box --seccomp bad.bpf -- /bin/true
	printf '\361\260\0\0\2\0\0\0\6\0\0\0\0\0\377\177' >good.bpf
	expect 0 box --seccomp good.bpf -- /bin/true
	refused 'seccomp: a profile of one.s own is for initbox run' "$INITBOX" --seccomp p.json -- /bin/true
	[ ! -d /var/cache/initbox ] || same '' "$(kept)" 'of bad ones'
}
@test "bad profiles" {
	inside bad
}

missing() {
	mkdir alone
	cp "$INITBOX" alone/
	profile ALLOW '{"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 2}'
	refused 'profile: boxfilter: is neither beside initbox nor /.*/libexec/boxfilter; a profile in JSON needs it' \
		alone/initbox run --rootfs "$ROOT" --seccomp p.json -- /bin/true
	libexec=$(sed -n 's/.* nor \(\/.*\)\/boxfilter;.*/\1/p' err)
	"$BOXFILTER" -o p.bpf p.json
	prints 0 'getppid ENOENT' alone/initbox run --rootfs "$ROOT" --seccomp p.bpf -- /bin/try-filter none getppid
	expect 0 alone/initbox run --rootfs "$ROOT" -- /bin/true
	# Where the installation has it.
	mkdir -p "${libexec%/*}"
	mount -t tmpfs tmpfs "${libexec%/*}"
	mkdir "$libexec"
	cp "$BOXFILTER" "$libexec"
	prints 0 'getppid ENOENT' alone/initbox run --rootfs "$ROOT" --seccomp p.json -- /bin/try-filter none getppid
	umount "${libexec%/*}"
	# One that can't be run, fails, is killed, says nothing.
	echo text >alone/boxfilter
	refused 'profile: boxfilter: execveat: Permission denied' alone/initbox run --rootfs "$ROOT" --seccomp p.json -- /bin/true
	chmod +x alone/boxfilter
	refused 'profile: boxfilter: execveat: Exec format error' alone/initbox run --rootfs "$ROOT" --seccomp p.json -- /bin/true
	printf '#!/bin/sh\nkill -9 $$\n' >alone/boxfilter
	refused 'profile: boxfilter: (execveat: |was killed by signal 9)' alone/initbox run --rootfs "$ROOT" --seccomp p.json -- /bin/true
	cp /bin/false alone/boxfilter
	refused 'profile: boxfilter: failed without a word' alone/initbox run --rootfs "$ROOT" --seccomp p.json -- /bin/true
	cp /bin/true alone/boxfilter
	refused 'profile: p.json: is no BPF program' alone/initbox run --rootfs "$ROOT" --seccomp p.json -- /bin/true
}
@test "without boxfilter: beside initbox, in libexec, neither" {
	inside missing
}

# compiled COUNT COMMAND…: boxfilter ran so many times.
compiled() {
	local count=$1
	shift
	expect 0 strace -f -qq -o calls -e trace=execveat "$INITBOX" run --rootfs "$ROOT" "$@" -- /bin/true
	same "$count" "$(grep -c 'execveat(' calls)" "runs of boxfilter for $*"
}

cached() {
	profile ALLOW '{"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 2}'
	compiled 1 --seccomp p.json
	compiled 0 --seccomp p.json
	same '/var/cache/initbox 700 0' "$(stat -c '%n %a %u' /var/cache/initbox)" 'the directory'
	same '600 0' "$(stat -c '%a %u' "$(kept)")" 'the file'
	# By content, not by name.
	cp p.json q.json
	compiled 0 --seccomp q.json
	echo ' ' >>p.json
	compiled 1 --seccomp p.json
	compiled 1 --seccomp p.json --cap-add NET_ADMIN
	compiled 0 --seccomp p.json --cap-add NET_ADMIN
	# Another boxfilter, another kernel: each is part of the name.
	mkdir other
	cp "$INITBOX" "$BOXFILTER" other/
	before=$(kept | wc -l)
	expect 0 other/initbox run --rootfs "$ROOT" --seccomp p.json -- /bin/true
	touch -d @1 other/boxfilter
	expect 0 other/initbox run --rootfs "$ROOT" --seccomp p.json -- /bin/true
	same $((before + 2)) "$(kept | wc -l)" 'files'
	expect 0 setarch "$(uname -m)" --uname-2.6 "$INITBOX" run --rootfs "$ROOT" --seccomp p.json -- /bin/true
	same $((before + 3)) "$(kept | wc -l)" 'files'
	same '' "$(find /var/cache/initbox -name '.*')" 'half-written files'
	# Many at once, with nothing there.
	rm -r /var/cache/initbox
	pids=()
	for _ in 1 2 3 4 5 6 7 8; do
		box --seccomp p.json -- /bin/try-filter none getppid >>many &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	same '8 getppid ENOENT' "$(sort many | uniq -c | sed 's/^ *//')" 'eight boxes'
	same 1 "$(kept | wc -l)" 'files'
}
@test "what was compiled is kept, by content" {
	inside cached
}

distrusted() {
	profile ALLOW '{"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 2}'
	compiled 1 --seccomp p.json
	file=$(kept)
	# A filter that allows all, with the right name, by somebody else, or that somebody else could write to.
	printf '\6\0\0\0\0\0\377\177' >open.bpf
	for spoil in 'chown 1000' 'chmod 620' 'chmod 602'; do
		cat open.bpf >"$file"
		chown 0 "$file"
		chmod 600 "$file"
		$spoil "$file"
		prints 0 'getppid ENOENT' box --seccomp p.json -- /bin/try-filter none getppid
		same '600 0' "$(stat -c '%a %u' "$file")" "$spoil: replaced"
	done
	for place in link pipe directory hard; do
		rm -r "$file"
		case $place in
		link) ln -s "$PWD/open.bpf" "$file" ;;
		pipe) mkfifo "$file" ;;
		directory) mkdir "$file" ;;
		hard)
			cp open.bpf /var/cache/open.bpf
			ln /var/cache/open.bpf "$file"
			;;
		esac
		prints 0 'getppid ENOENT' box --seccomp p.json -- /bin/try-filter none getppid
		[ $place = directory ] || [ -f "$file" ]
	done
	# Half a file.
	head -c 8 open.bpf | head -c 5 >"$file"
	expect 125 box --seccomp p.json -- /bin/try-filter none getppid || prints 0 'getppid ENOENT' box --seccomp p.json -- /bin/try-filter none getppid
	rm "$file"
	# The directory itself.
	for spoil in 'chown 1000' 'chmod 770' 'chmod 707'; do
		chown 0 /var/cache/initbox
		chmod 700 /var/cache/initbox
		$spoil /var/cache/initbox
		expect 0 box --seccomp p.json -- /bin/try-filter none getppid
		same 'getppid ENOENT' "$(cat out)" "$spoil"
		line '^initbox: /var/cache/initbox is not used: it is not this user.s alone$' err
		same '' "$(kept)" 'in such a directory'
	done
	rm -r /var/cache/initbox
	ln -s /run/tmp /var/cache/initbox
	prints 0 'getppid ENOENT' box --seccomp p.json -- /bin/try-filter none getppid
	rm /var/cache/initbox
	mount -o remount,ro /var/cache
	prints 0 'getppid ENOENT' box --seccomp p.json -- /bin/try-filter none getppid
	mount -o remount,rw /var/cache
	# Another user than root has a directory of his own.
	mkdir -m 700 home
	chown 1000 home
	chmod 755 . /run
	setpriv --reuid 1000 --clear-groups env -u XDG_CACHE_HOME HOME="$PWD/home" "$INITBOX" run --rootfs "$ROOT" \
		--seccomp p.json -- /bin/true 2>/dev/null || :
	same '700 1000' "$(stat -c '%a %u' home/.cache/initbox)" 'of another user'
	same 1 "$(find home/.cache/initbox -type f -user 1000 | wc -l)" 'his files'
	setpriv --reuid 1000 --clear-groups env HOME=/none XDG_CACHE_HOME="$PWD/home/x" "$INITBOX" run --rootfs "$ROOT" \
		--seccomp p.json -- /bin/true 2>/dev/null || :
	same 1 "$(find home/x/initbox -type f -user 1000 | wc -l)" 'in XDG_CACHE_HOME'
}
@test "nothing is taken that somebody else could have written" {
	inside distrusted
}

explained() {
	profile ALLOW '{"names": ["getppid"], "action": "SCMP_ACT_ERRNO"}'
	expect 0 box --dry-run --seccomp p.json -- /bin/true
	line '^\+ boxfilter --format box --caps 0x[0-9a-f]+ --kernel "\$\(uname -r\)" -o filter.bpf p.json  # ' err
	line 'BPF instructions of p.json' err
	[ ! -e /var/cache/initbox ]
}
@test "--explain tells of the profile" {
	inside explained
}
