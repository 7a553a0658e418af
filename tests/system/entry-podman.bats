#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The entry role under a client: podman's --init, a pod's pause process, an image's ENTRYPOINT.
#
# INITBOX=/usr/bin/catatonit, or another init, shows what of this that one does not do.
# shellcheck disable=SC2016,SC2329 # expanded in the container; called by inside

load lib

setup_file() {
	make_root
	make_helper drive-tty
}

# A podman that is this test's alone, with all that it keeps below /run; its cache, which can't be moved, goes with the
# test's view of /var. It makes no networks, as the test has one, and no cgroups: a machine whose controllers are on v1
# hierarchies has none for it, and crun's filter for devices asks for CAP_SYS_RESOURCE.
prepare() {
	export CONTAINERS_CONF=/run/containers.conf CONTAINERS_STORAGE_CONF=/run/storage.conf
	cat >$CONTAINERS_CONF <<-END
		[containers]
		cgroups = "disabled"
		pids_limit = 0
		netns = "host"
		init_path = "$INITBOX"
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "none"
		helper_binaries_dir = ["/run/helpers"]
		image_copy_tmp_dir = "/run/tmp"
		runtime = "crun"
		tmp_dir = "/run/libpod"
		[network]
		network_config_dir = "/run/networks"
	END
	cat >$CONTAINERS_STORAGE_CONF <<-END
		[storage]
		driver = "vfs"
		graphroot = "/run/store"
		runroot = "/run/store-run"
	END
	# One that leaves a mark when it is up, and another when it has had 0.3 s after SIGTERM.
	WORK='trap "sleep 0.3; echo finished >/marks/$0; exit 0" TERM; echo up >/marks/$0; while :; do sleep 0.02; done'
	# Three like that: a child, a child in a session of its own, an orphan in another.
	START='sh -c "$1" child & setsid sh -c "$1" session & (setsid sh -c "$1" orphan &)'
	mkdir -p /run/helpers /run/var/upper /run/var/work marks
	chmod 777 marks
	mount -t overlay -o lowerdir=/var,upperdir=/run/var/upper,workdir=/run/var/work overlay /var
	image box
}

# image NAME [CHANGE…]: the root of the tests as an image, with INITBOX at /initbox and /pause.
image() {
	local name=$1 change options=()
	shift
	for change; do
		options+=(--change "$change")
	done
	mkdir -p add
	cp "$INITBOX" add/initbox
	ln -sf initbox add/pause
	tar -c --owner 0 --group 0 -C "$ROOT" . -C "$PWD/add" ./initbox ./pause |
		podman import --quiet "${options[@]}" - "$name" >/dev/null
}

# in_init [OPTION…] IMAGE COMMAND…: a container with INITBOX around its program.
in_init() {
	podman run --rm --init --init-path="$INITBOX" "$@"
}

# up NAME [OPTION…] IMAGE COMMAND…: a container in the background, until down NAME.
up() {
	podman run --detach --name "$@" >/dev/null
}

down() {
	podman rm --force --time 0 "$1" >/dev/null
}

# logged NAME LINE
logged() {
	podman logs "$1" | grep -qx "$2"
}

# ended NAME CODE
ended() {
	same "exited $2" "$(podman inspect --format '{{.State.Status}} {{.State.ExitCode}}' "$1")" "container $1"
}

# stop_soon NAME, stop_soon pod NAME: podman had nothing to kill, and nothing to wait for that takes long.
stop_soon() {
	local start_ms took_ms
	start_ms=$(leaks_now_ms)
	case $1 in
	pod) expect 0 podman pod stop "$2" ;;
	*) expect 0 podman stop "$1" ;;
	esac
	took_ms=$(($(leaks_now_ms) - start_ms))
	same '' "$(cat err)" "stderr of podman stop"
	[ $took_ms -lt 5000 ] || { echo "podman stop $*: $took_ms ms"; return 1; }
}

# holds NAME NUMBER: so many processes, zombies too, are in the pid namespace of this container.
holds() {
	local ns
	ns=$(readlink "/proc/$(podman inspect --format '{{.State.Pid}}' "$1")/ns/pid")
	[ "$(ps -e -o pidns= | awk -v ns="${ns//[^0-9]/}" '$1 == ns { n++ } END { print n + 0 }')" = "$2" ]
}

# family NAME [OPTION…] IMAGE: a container with those three and a program that does the same.
family() {
	up "$@" sh -c "$START; eval \"\$1\"" program "$WORK"
	soon marked up program child session orphan
}

# marked WORD NAME…: that is the mark of each.
marked() {
	local word=$1 name
	shift
	for name; do
		grep -qsx "$word" "marks/$name" || return
	done
}

# left WORD NAME…: the same, for the end.
left() {
	marked "$@" && return
	echo "wanted: $*"
	grep . marks/*
	return 1
}

codes() {
	for code in 0 1 7 126 255; do
		expect $code in_init box sh -c "exit $code"
	done
	for sig in HUP KILL TERM ABRT SEGV; do
		expect $((128 + $(kill -l $sig))) in_init box sh -c "kill -$sig \$\$"
	done
	expect 127 in_init box no-such-command
	same '' "$(cat out)" 'stdout of a missing command'
	line no-such-command err
	expect 126 in_init box /etc
}
@test "podman run --init: the program's exit code, 128 and its signal, 127, 126" {
	inside codes
}

as_pid_1() {
	expect 0 in_init box sh -c 'cat /proc/1/comm; tr "\0" "\n" </proc/1/cmdline | head -n 3; md5sum </proc/1/exe; [ $$ != 1 ]'
	same '' "$(cat err)" stderr
	same "$(printf '%s\n' podman-init /run/podman-init -- sh; md5sum <"$INITBOX")" "$(cat out)" 'PID 1'
}
@test "podman run --init: PID 1 is this init" {
	inside as_pid_1
}

adopts() {
	prints 0 'orphans: 20, then 0' in_init box sh -c '
		children_of_1() { grep -l "^PPid:.1$" /proc/[0-9]*/status 2>/dev/null | grep -vc "/$$/"; }
		sh -c "for i in \$(seq 20); do sleep 1 & done"
		first=$(children_of_1)
		for i in $(seq 100); do [ "$(children_of_1)" != 0 ] || break; sleep 0.02; done
		echo "orphans: $first, then $(children_of_1)"'
}
@test "podman run --init: orphans are reaped" {
	inside adopts
}

end_drains() {
	# The program itself has nothing more to do.
	expect 7 in_init --volume "$PWD/marks:/marks" box sh -c "$START"'
		for i in $(seq 200); do [ "$(cat /marks/* | wc -l)" != 3 ] || exit 7; sleep 0.02; done' program "$WORK"
	left finished child session orphan
}
@test "podman run --init: a program that ends leaves its time to what it has started" {
	inside end_drains
}

stop_drains() {
	# Without an init, the kernel kills what is left when the program has ended.
	family bare --volume "$PWD/marks:/marks" box
	stop_soon bare
	left finished program
	left up child session orphan
	down bare
	rm marks/*

	family inited --init --volume "$PWD/marks:/marks" box
	stop_soon inited
	ended inited 0
	left finished program child session orphan
	down inited
}
@test "podman stop: what can finish finishes, and podman waits no longer than for that" {
	inside stop_drains
}

stop_drains_hardened() {
	family inited --init --read-only --cap-drop all --security-opt no-new-privileges --user 1000:1000 \
		--volume "$PWD/marks:/marks" box
	stop_soon inited
	ended inited 0
	left finished program child session orphan
	down inited
}
@test "podman stop: the same for a user without rights, on a read-only root" {
	inside stop_drains_hardened
}

stop_kills() {
	up stubborn --init box sh -c 'trap "" TERM; echo ready; while :; do sleep 0.02; done'
	soon logged stubborn ready
	expect 0 podman stop --time 1 stubborn
	line 'resorting to SIGKILL' err
	ended stubborn 137
	down stubborn
}
@test "podman stop --time: a program that ignores SIGTERM is podman's to kill" {
	inside stop_kills
}

signals() {
	# HUP INT QUIT ABRT USR1 WINCH SYS, and real-time ones from the first to the last.
	local numbers='1 2 3 6 10 28 31 34 37 64' n
	up listener --init box sh -c '
		for n in $1; do trap "echo got $n" $n; done
		echo ready; while :; do sleep 0.02; done' program "$numbers"
	soon logged listener ready
	for n in $numbers; do
		expect 0 podman kill --signal "$n" listener
		soon logged listener "got $n"
	done
	down listener
}
@test "podman kill: the signals reach the program" {
	inside signals
}

by_environment() {
	up mapped --init --env INITBOX_EXIT_MAP=143 box sh -c 'env; echo ready; exec sleep 60'
	soon logged mapped ready
	same '' "$(podman logs mapped | grep INITBOX || :)" 'what the program sees of it'
	stop_soon mapped
	ended mapped 0
	down mapped
}
@test "podman run --init --env INITBOX_EXIT_MAP=143: options where the client has no place for them" {
	inside by_environment
}

listen() {
	# As systemd does for a socket: the descriptor comes after stderr, for the one whose pid is LISTEN_PID.
	echo content >file
	prints 0 content sh -c 'LISTEN_FDS=1 LISTEN_PID=$$ exec podman run --rm --init box \
		sh -c "[ \$LISTEN_PID = \$\$ ] && cat <&3"' 3<file
}
@test "podman run --init with a descriptor of socket activation: it is the program's" {
	inside listen
}

execs() {
	up server --init box sleep 60
	prints 0 hello podman exec server echo hello
	prints 0 piped podman exec --interactive server cat <<<piped
	expect 5 podman exec server sh -c 'exit 5'
	expect 137 podman exec server sh -c 'kill -KILL $$'
	expect 127 podman exec server no-such-command
	expect 0 podman exec --detach server true
	# What it leaves behind is an orphan of the container.
	expect 3 podman exec server sh -c 'for i in 1 2 3; do sleep 0.1 >/dev/null 2>&1 & done; exit 3'
	soon holds server 2
	stop_soon server
	ended server 143
	down server
}
@test "podman exec: its exit code, and nothing of it stays" {
	inside execs
}

exec_stays() {
	# A shell that somebody has left open ignores SIGTERM: it is none of the program's, and keeps nobody waiting.
	up server --init --volume "$PWD/marks:/marks" box sh -c "$WORK" program
	expect 0 podman exec --detach server sh -c 'trap "" TERM; echo up >/marks/guest; while :; do sleep 0.02; done'
	soon marked up program guest
	stop_soon server
	ended server 0
	left finished program
	down server
}
@test "podman stop: a shell of podman exec does not keep it" {
	inside exec_stays
}

# types CODE STEP… -- COMMAND…: a container with a terminal, and what is done on that (drive-tty).
types() {
	local code=$1 steps=()
	shift
	while [ "$1" != -- ]; do
		steps+=("$1")
		shift
	done
	shift
	expect "$code" drive-tty raw "${steps[@]}" -- podman run --rm --interactive --tty --init \
		--env JOB='trap "echo going on" CONT; echo started; while :; do sleep 0.05; done' box "$@"
}

terminal() {
	types 130 expect ready type 'typed^M' expect typed expect '<typed>' type '^C' -- \
		sh -c 'test -t 0 && test -t 1 && echo ready; read -r line; echo "<$line>"; exec sleep 60'
	types 131 expect ready type "^\\" -- sh -c 'echo ready; exec sleep 60'
}
@test "podman run -it: echo, a line, ^C, ^\\" {
	inside terminal
}

terminal_stop() {
	types 130 expect ready type '^Z' type 'after^M' expect '<after>' type '^Z' type '^C' -- \
		sh -c 'echo ready; while read -r line; do echo "<$line>"; done'
}
@test "podman run -it: ^Z does not freeze the container" {
	inside terminal_stop
}

terminal_jobs() {
	types 4 expect '# ' type 'sh -c "$JOB"^M' expect started type '^Z' expect Stopped expect '# ' type 'fg^M' \
		expect 'going on' type '^C' expect '# ' type 'echo "<$?>"^M' expect '<130>' expect '# ' type 'exit 4^M' -- sh
}
@test "podman run -it: a shell controls its jobs" {
	inside terminal_jobs
}

# pod_pauses COMMAND-LINE [OPTION…]: a pod with INITBOX, called so, as its first process, until pod_ends. Its id is in
# $INFRA.
pod_pauses() {
	local command=$1 pid
	shift
	expect 0 podman pod create --name pod "$@"
	expect 0 podman pod start pod
	INFRA=$(podman pod inspect --format '{{.InfraContainerID}}' pod)
	pid=$(podman inspect --format '{{.State.Pid}}' "$INFRA")
	cmp "/proc/$pid/exe" "$INITBOX"
	same "$command" "$(tr '\0' ' ' <"/proc/$pid/cmdline" | sed 's/ $//')" 'the pause process'
	expect 6 podman run --rm --pod pod box sh -c 'exit 6'
}

pod_ends() {
	stop_soon pod pod
	ended "$INFRA" 0
	expect 0 podman pod rm pod
}

pod_default() {
	# podman looks for a catatonit among its helpers, and makes an image of it.
	cp "$INITBOX" /run/helpers/catatonit
	pod_pauses '/catatonit -P'
	pod_ends
}
@test "podman pod: the pause process, as catatonit" {
	inside pod_default
}

pod_images() {
	image paused 'ENTRYPOINT ["/pause"]'
	pod_pauses /pause --infra-image localhost/paused
	pod_ends
	pod_pauses '/initbox -P' --infra-image localhost/box --infra-command '/initbox -P'
	pod_ends
}
@test "podman pod: the pause process, as pause in an image, and by its own name" {
	inside pod_images
}

pod_reaps() {
	# Only with cgroups does podman let containers share processes; runc does not ask for CAP_SYS_RESOURCE to make them.
	sed -i -e '/^cgroups/s/disabled/no-conmon/' -e '/^runtime/s/crun/runc/' "$CONTAINERS_CONF"
	mkdir /sys/fs/cgroup/test
	echo 0 >/sys/fs/cgroup/test/cgroup.procs
	pod_pauses '/initbox -P' --share pid --share-parent=false --infra-image localhost/box --infra-command '/initbox -P'
	up member --pod pod box sleep 60
	# The pause process adopts what a member leaves behind.
	prints 0 3 podman exec member sh -c '
		sh -c "for i in 1 2 3; do sleep 1 >/dev/null 2>&1 & done"
		grep -l "^PPid:.1$" /proc/[0-9]*/status | wc -l'
	soon holds member 2
	# podman ends all containers of a pod at the same time, and reports those that the end of PID 1 took first.
	stop_soon member
	pod_ends
	echo 0 >/sys/fs/cgroup/cgroup.procs
	rmdir /sys/fs/cgroup/test /sys/fs/cgroup/libpod_parent
}
@test "podman pod --share pid: the pause process reaps" {
	inside pod_reaps
}

entrypoint() {
	image entry 'ENTRYPOINT ["/initbox", "--"]' 'CMD ["sh", "-c", "exit 3"]'
	expect 3 podman run --rm entry
	prints 0 initbox podman run --rm entry cat /proc/1/comm
	expect 127 podman run --rm entry no-such-command
	family entered --volume "$PWD/marks:/marks" entry
	stop_soon entered
	ended entered 0
	left finished program child session orphan
	down entered
}
@test "an image whose ENTRYPOINT is /initbox --" {
	inside entrypoint
}

rootless() {
	# A user's podman keeps its user namespace with a catatonit that it looks for in one place.
	mkdir -p /run/libexec/podman /run/user
	cp "$INITBOX" /run/libexec/podman/catatonit
	mount -t overlay -o lowerdir=/run/libexec:/usr/libexec overlay /usr/libexec
	cp "$INITBOX" /run/helpers/init
	sed -i -e 's|"/run/|"/run/user/|' -e 's|^init_path.*|init_path = "/run/helpers/init"|' \
		"$CONTAINERS_CONF" "$CONTAINERS_STORAGE_CONF"
	chown -R nobody: /run/user
	chmod 1777 /run/tmp
	podman() {
		HOME=/run/user XDG_RUNTIME_DIR=/run/user setpriv --reuid nobody --regid nogroup --clear-groups podman "$@"
	}
	image box
	pid=$(pgrep -x catatonit)
	cmp "/proc/$pid/exe" "$INITBOX"
	same 'catatonit -P ' "$(tr '\0' ' ' <"/proc/$pid/cmdline")" 'the pause process'
	expect 7 podman run --rm --init box sh -c 'exit 7'
	family inited --init --volume "$PWD/marks:/marks" box
	stop_soon inited
	ended inited 0
	left finished program child session orphan
	down inited
	prints 0 "$(readlink "/proc/$pid/ns/user")" podman unshare readlink /proc/self/ns/user
	kill -TERM "$pid"
	soon gone "$pid"
	umount /usr/libexec
}
@test "a user's podman: its pause process, as catatonit, and run --init" {
	inside rootless
}
