#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The example handover: a machine hands over to Debian's systemd, which comes up to multi-user.target and shuts down.
# shellcheck disable=SC2016 # expanded in the machine

load lib
load disk-lib

export PATH=$PATH:/sbin:/usr/sbin

setup_file() {
	setup_machines
	head -c 1M /dev/urandom >"$DIR/ballast"
}

@test "handed over to Debian's systemd, up to multi-user.target" {
	[ "$(id -u)" = 0 ] || skip "debootstrap needs root"
	"$TOP/tools/debian-root" "$OUT/debian.ext4" 3>&-
	cp --sparse=always "$OUT/debian.ext4" "$DIR/debian.ext4"
	cat >"$DIR/say.service" <<-'END'
		[Service]
		ExecStart=/bin/sh /usr/local/bin/say
		StandardOutput=file:/dev/console
		[Install]
		WantedBy=multi-user.target
	END
	cat >"$DIR/say" <<-'END'
		until systemctl is-active -q multi-user.target; do sleep 0.1; done
		echo "pid1=$(readlink /proc/1/exe) $(tr '\0' ' ' </proc/1/cmdline)"
		awk '$5 == "/" { print "root=" $6 " " $9 " " $10 }' /proc/self/mountinfo
		echo "state=$(systemctl is-system-running --wait)"
		systemctl --failed --no-legend --plain | sed 's/^/failed: /'
		journalctl -b -p err -q -o cat | sed 's/^/error: /'
		echo initbox-status exit=7 >/dev/ttyS1
		systemctl poweroff
	END
	debugfs -w -f - "$DIR/debian.ext4" >/dev/null 2>&1 <<-END
		write $DIR/say.service /etc/systemd/system/say.service
		write $DIR/say /usr/local/bin/say
		mkdir /etc/systemd/system/multi-user.target.wants
		symlink /etc/systemd/system/multi-user.target.wants/say.service ../say.service
	END
	from_list debian "$TOP/initramfs/examples/handover.conf"
	# Without udev nobody says that the line is there, and systemd would wait for that. Its own words could come in between.
	machine debian --net none --memory 512M --disk "$DIR/debian.ext4" --timeout 180 \
		--append 'systemd.mask=serial-getty@ttyS0.service systemd.show_status=no'
	sed -i 's/\r$//' "$DIR/debian.out"
	ended debian 7
	said debian 'pid1=/usr/lib/systemd/systemd /sbin/init ' 'root=rw,relatime ext4 /dev/vda' state=running
	run ! grep '^failed: ' "$DIR/debian.out"
	e2fsck -fn "$DIR/debian.ext4"
}
