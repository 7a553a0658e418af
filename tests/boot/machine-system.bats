#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What a machine is beside its box: its name, kernel parameters, mounts and swap, and where its configuration comes from.
# Looked at from inside by a box that shares its namespaces; one boot for as many things as can be together.
# shellcheck disable=SC2016 # expanded in the box

load lib

# looker NAME: the machine of stdin's lines, with a box that runs $DIR/NAME.sh and may see all of the machine.
looker() {
	local name=$1

	shift
	{
		cat
		printf '%s\n' 'rootfs = /box' 'privileged = yes' 'pid = host' 'uts = host' 'network = host' \
			'volume = /:/machine' 'command = /bin/sh /check.sh'
	} >"$DIR/$name.conf"
	image "$name" --config "$DIR/$name.conf" --file "$DIR/$name.sh:/box/check.sh" --modules-dir "$MODULES_DIR" \
		--module overlay --module virtio_pci --module virtio_blk "$@"
}

# with NAME OPTIONS…: $DIR/NAME.qemu, which is qemu with them; for QEMU.
with() {
	local name=$1

	shift
	printf '#!/bin/sh\nexec %s "$@" %s\n' "${QEMU:-qemu-system-x86_64}" "$*" >"$DIR/$name.qemu"
	chmod +x "$DIR/$name.qemu"
}

setup_file() {
	setup_machines
	truncate -s 16M "$DIR/data.img" "$DIR/swap.img"
	head -c 100 /dev/urandom >"$DIR/seed"
	mkfs.ext4 -q -L data "$DIR/data.img"
	debugfs -w -R "write $DIR/seed seed" "$DIR/data.img" >/dev/null 2>&1
	mkswap "$DIR/swap.img" >/dev/null
}

@test "name, kernel parameters, mounts, swap, a seed for random numbers" {
	cat >"$DIR/system.sh" <<-'END'
		echo "name=$(hostname)"
		echo parameters=$(sysctl -n kernel.domainname vm.swappiness net.ipv4.conf.lo.log_martians)
		mount_of() { awk -v at="/machine$1" '$5 == at { sub(/ - /, " "); print $6, $8, $9 }' /proc/self/mountinfo; }
		echo "data=$(mount_of /data)"
		echo "tmpfs=$(mount_of /mem/deep) $(stat -c %a /machine/mem/deep)"
		echo "bind=$(mount_of /again)"
		awk 'NR > 1 { print "swap=" $1, $2, $3, $5 }' /proc/swaps
		echo written >/machine/data/file
		dmesg | grep -q 'random: crng init done' && echo random=ready
		echo "seed=$(stat -c '%a %s' /machine/data/seed) $(sha256sum </machine/data/seed)"
		echo "log=$(dmesg -r | sed -n 's/^<\([0-9]*\)>\[[ 0-9.]*\] initbox: phase machine-mounts$/\1/p')"
		touch /machine/again/x 2>/dev/null || echo again=read-only
	END
	looker system <<-'END'
		machine-hostname = lab.example
		machine-sysctl = kernel.domainname=example
		machine-sysctl = vm.swappiness=17
		machine-sysctl = net/ipv4/conf/lo/log_martians=1
		machine-mount = ext4,LABEL=data,/data,nosuid,nodev,noatime,data=ordered
		machine-mount = tmpfs,tmpfs,/mem/deep,size=1M,mode=711,noexec
		machine-mount = bind,/data,/again,bind,ro
		swap = /dev/vdb,pri=7
		seed = /data/seed
		seed-credit = yes
	END
	# A processor without RDRAND, so that nothing but the seed can make random numbers ready so soon.
	with system -cpu qemu64
	QEMU=$DIR/system.qemu machine system --net none --disk "$DIR/data.img" --disk "$DIR/swap.img" --append 'initbox.explain initbox.log-level=detail'
	ended system 0
	said system random=ready name=lab.example 'parameters=example 17 1' 'data=rw,nosuid,nodev,noatime /dev/vda rw,data=ordered' \
		'bind=ro,nosuid,nodev,noatime /dev/vda rw,data=ordered' 'swap=/dev/vdb partition 16380 7' again=read-only 'initbox: phase machine-mounts' log=14
	grep -qxE 'tmpfs=rw,.*noexec.* tmpfs rw,size=1024k,mode=711.* 711' "$DIR/system.out"
	said system '+ mkdir -p /again; mount -t bind -o bind,ro /data /again  # mkdir mount' \
		'+ swapon -o pri=7 /dev/vdb  # swapon' '+ hostname lab.example  # sethostname' \
		"+ sysctl -w 'vm.swappiness=17'  # openat2 write"
	[ "$(debugfs -R 'cat /file' "$DIR/data.img" 2>/dev/null)" = written ]
	# The first seed, the one that replaced it before the box ran, and the one that was made at the end.
	debugfs -R "dump /seed $DIR/seed.end" "$DIR/data.img" 2>/dev/null
	[ "$(stat -c %s "$DIR/seed.end")" = 512 ]
	[[ "$(value system seed)" == '600 512 '* ]]
	[ "$({ sha256sum <"$DIR/seed" && value system seed | cut -d' ' -f3- && sha256sum <"$DIR/seed.end"; } | sort -u | wc -l)" = 3 ]
	run ! grep seed.new <(debugfs -R 'ls /' "$DIR/data.img" 2>/dev/null)
}

@test "a mount and a swap area that can't be" {
	machine mount --net none --timeout 30 --append 'initbox.rootwait=1 initbox.machine-mount=ext4,LABEL=nowhere,/data'
	cat -v "$DIR/mount.out"
	[ "$(cat "$DIR/mount.status")" = 125 ]
	said mount 'initbox: machine-mounts: LABEL=nowhere: is not there, nor has it come within 1 s'
	machine swap --net none --timeout 30 --append 'initbox.swap=/etc/initbox.conf initbox.machine-mount=tmpfs,tmpfs,/data,size=1M'
	refused swap 'swap: /etc/initbox\.conf: swapon: Invalid argument \(EINVAL\)'
}

@test "an error that the kernel's console shows stands there once" {
	machine once --net none --timeout 30 --append 'loglevel=4 initbox.machine-sysctl=net.no.such=1'
	cat -v "$DIR/once.out"
	[ "$(cat "$DIR/once.status")" = 125 ]
	[ "$(tr -d '\r' <"$DIR/once.out" | sed 's/^\[[ 0-9.]*\] /TIME /' | grep initbox:)" = \
		'TIME initbox: machine-kernel: net.no.such=1: openat2: No such file or directory (ENOENT)
TIME initbox: hint: this kernel has no such parameter, or what it belongs to is not there (a module, a link)' ]
}

@test "configurations: the image's, an appended archive's, qemu's fw_cfg, the kernel's command line; later ones win" {
	cat >"$DIR/sources.conf" <<-'END'
		rootfs = /box
		env = IMAGE=1
		hostname = image
		workdir = /image
		user = image
		stop-timeout = 1s
		command = /bin/sh -c "echo $IMAGE $APPENDED $FIRMWARE $WORD; hostname; pwd; id -u"
	END
	image sources --config "$DIR/sources.conf" --modules-dir "$MODULES_DIR" --module overlay --module qemu_fw_cfg
	printf 'env = APPENDED=2\nhostname = appended\nworkdir = /\nuser = appended\n' >"$DIR/appended.conf"
	"$MKINITRAMFS" --base "$DIR/sources.cpio" --run-config "$DIR/appended.conf" -o "$DIR/more.cpio"
	mv "$DIR/more.cpio" "$DIR/sources.cpio"
	printf 'env = FIRMWARE=3\r\nhostname = firmware\r\nworkdir = /tmp' >"$DIR/firmware.conf"
	with sources -fw_cfg "name=opt/initbox/conf,file=$DIR/firmware.conf" -fw_cfg name=opt/initbox/seed,string=random
	QEMU=$DIR/sources.qemu machine sources --net none --append 'initbox.env=WORD=4 initbox.hostname=words initbox.user=7 initbox.explain'
	ended sources 0
	said sources '1 2 3 4' words /tmp 7 \
		'+ cat /sys/firmware/qemu_fw_cfg/by_name/opt/initbox/seed/raw >/dev/urandom  # read write'
	printf 'workdir = /\nhostname = under_score\n' >"$DIR/firmware.conf"
	with mistake -fw_cfg "name=opt/initbox/conf,file=$DIR/firmware.conf"
	image mistake --modules-dir "$MODULES_DIR" --module overlay --module qemu_fw_cfg
	QEMU=$DIR/mistake.qemu machine mistake --net none
	refused mistake 'opt/initbox/conf:2: hostname: "under_score": not a hostname .*'
}

@test "the power button ends the machine in order; a console of one's own; a watchdog that is fed, and closed" {
	cat >"$DIR/button.sh" <<-'END'
		cd /sys/class/watchdog/watchdog0 && echo "watchdog=$(cat identity state timeout | tr '\n' ' ')"
		echo "tty=$(tty) $(stat -c %t:%T /dev/console) $(ps -o pid,tty | awk '$1 == 1 || $1 == "'$$'" { printf $2 " " }')"
		echo 'by its name' >/dev/tty
		sleep 10
		trap 'echo ended; exit 9' TERM
		echo "waits"
		while :; do sleep 0.1; done
	END
	looker button --module button --module evdev --module softdog --module virtio_console <<-END
		console = /dev/hvc0
		watchdog = /dev/watchdog0:9
	END
	with button -device virtio-serial-pci -chardev "file,id=hvc,path=$DIR/button.hvc" -device virtconsole,chardev=hvc
	QEMU=$DIR/button.qemu machine button --net none --monitor "$DIR/button.monitor" --append 'initbox.stdin=inherit loglevel=4' &
	wait_for '^waits' "$DIR/button.hvc" || { cat -v "$DIR/button.out" "$DIR/button.err"; false; }
	echo system_powerdown | socat -t 5 - "UNIX-CONNECT:$DIR/button.monitor" >"$DIR/button.sent"
	wait $!
	cat -v "$DIR/button.hvc"
	ended button 9
	tr -d '\r' <"$DIR/button.hvc" >"$DIR/hvc.out"
	said hvc 'watchdog=Software Watchdog active 9 ' 'by its name' ended 'initbox: power button: pressed'
	grep -qE '^initbox: poweroff: ordered by ' "$DIR/hvc.out"
	# PID 1 has no terminal; the program has the console, a hvc.
	grep -qE '^tty=/dev/console e5:0 \? 229,0' "$DIR/hvc.out"
	run ! grep 'did not stop' "$DIR/button.out"
}

@test "a watchdog resets a machine whose PID 1 hangs" {
	cat >"$DIR/hang.sh" <<-'END'
		cd /machine/sys/fs/cgroup && mkdir ice && echo 1 >ice/cgroup.procs && echo hangs
		echo 1 >ice/cgroup.freeze
		sleep 1000
	END
	looker hang --module softdog <<<'watchdog = /dev/watchdog0:5'
	machine hang --net none
	cat -v "$DIR/hang.out" "$DIR/hang.err"
	[ "$(cat "$DIR/hang.status")" = 123 ]
	said hang hangs
	grep -q 'ended without a status and without a kernel panic' "$DIR/hang.err"
}
