# SPDX-License-Identifier: MIT
#
# The options of qemu/boot: read and checked. Read in by it, not run.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # the variables are those of qemu/boot

usage() {
	cat <<-END
	Usage: qemu/boot [OPTIONS]
	Runs a kernel and an initramfs in qemu and ends with the workload's exit status.

	  --kernel FILE         the kernel (build/kernel/vmlinuz)
	  --initramfs FILE      the image (build/initramfs.cpio)
	  --command 'COMMAND'   run this in /bin/sh instead of what the image says
	  --append 'WORDS'      more words for the kernel's command line; they come last
	  --publish HOST:GUEST[/tcp|udp]
	                        127.0.0.1:HOST leads to the machine's port (repeatable)
	  --net user|none       a network card behind qemu's user network, or none (user)
	  --restrict            the machine reaches nothing but its published ports
	  --disk FILE[,ro]      a virtio disk, raw or qcow2 (repeatable)
	  --share DIR[:TAG]     a folder by virtiofs, needs root (repeatable; share0, …)
	  --share-cache MODE    auto; always: nothing changes them meanwhile, ten times faster
	  --memory SIZE         the machine's memory (256M)
	  --cpus N              its processors (1)
	  --accel auto|kvm|tcg  auto: KVM where the processor has it, else emulation
	  --status serial|virtio|isa|console
	                        how the machine tells its status: a serial line, the virtio port
	                        org.initbox.status (module virtio_console), isa-debug-exit, or the
	                        console's last line (serial)
	  --monitor SOCKET      qemu's monitor there (system_powerdown, sendkey ctrl-alt-delete, …)
	  --timeout SECONDS     stop the machine after that time (120; on a terminal: none)
	  --interactive         join the terminal also with --command
	  --quiet               no notice how to leave
	  --verbose             print the qemu command line
	  --dry-run             print it and start nothing
	  --help                this text

	On a terminal the console is joined to it: ^C goes to the machine, Ctrl-A X leaves.
	Without one, or with --command, the machine's stdin is empty.
	The kernel is kept silent; --append loglevel=7 lets it speak.

	Status: the workload's own, 0 to 255. Told apart by a line on stderr:
	  123  the machine crashed, or ended without a status
	  124  no end within the time
	  125  initbox failed in the machine, or the machine could not be started
	Environment: QEMU (qemu-system-x86_64), MKINITRAMFS (build/mkinitramfs), TMPDIR (/tmp).
	END
}

say() {
	printf 'qemu/boot: %s\n' "$1" >&2
}

# die REASON [HINT]: nothing was run.
die() {
	say "$1"
	[ $# -lt 2 ] || printf 'hint: %s\n' "$2" >&2
	exit 125
}

# is_number WORD MIN MAX: a decimal number without leading zeros, in bounds.
is_number() {
	case $1 in
	'' | *[!0-9]* | 0?* | ??????????*) return 1 ;;
	esac
	[ "$1" -ge "$2" ] && [ "$1" -le "$3" ]
}

is_publish() {
	_host=${1%%:*} _guest=${1#*:}
	case $_guest in
	*/tcp | */udp) _guest=${_guest%/*} ;;
	esac
	[ "$_host" != "$1" ] && is_number "$_host" 1 65535 && is_number "$_guest" 1 65535
}

need_file() {
	[ -f "$2" ] && [ -r "$2" ] && return
	[ -e "$2" ] || die "$1: $2: no such file" "$3"
	die "$1: $2: not a readable file" "$3"
}

# bad OPTION VALUE REASON
bad() {
	die "$1: \"$2\": $3"
}

parse() {
	while [ $# -gt 0 ]; do
		case $1 in
		--*=*)
			_key=${1%%=*} _value=${1#*=}
			shift
			set -- "$_key" "$_value" "$@"
			;;
		esac
		case $1 in
		--restrict) restrict=1 ;;
		--interactive) interactive=1 ;;
		--quiet) quiet=1 ;;
		--verbose) verbose=1 ;;
		--dry-run) dry_run=1 ;;
		--help | -h) usage && exit 0 ;;
		--kernel | --initramfs | --append | --command | --publish | --net | --disk | --share | --share-cache | --memory | \
			--cpus | --accel | --status | --monitor | --timeout)
			[ $# -ge 2 ] || die "$1: needs a value" "qemu/boot --help"
			set_option "$1" "$2"
			shift
			;;
		*) die "$1: unknown option" "qemu/boot --help" ;;
		esac
		shift
	done
}

# set_option OPTION VALUE: an option that has a value, checked.
set_option() {
	case $1$2 in
	--command*) ;;
	*"$nl"*) bad "$1" "$2" 'a line break in it' ;;
	esac
	case $1 in
	--kernel) kernel=$2 ;;
	--initramfs) initramfs=$2 ;;
	--append) append="$append $2" ;;
	--command) command=$2 has_command=1 ;;
	--publish)
		is_publish "$2" || bad "$1" "$2" 'not HOST:GUEST[/tcp|udp] (try 8080:80)'
		publish=$publish$2$nl
		;;
	--net)
		case $2 in user | none) net=$2 ;; *) bad "$1" "$2" 'not user or none' ;; esac
		;;
	--disk) disks=$disks$2$nl ;;
	--share) shares=$shares$2$nl ;;
	--share-cache)
		case $2 in auto | always) share_cache=$2 ;; *) bad "$1" "$2" 'not auto or always' ;; esac
		;;
	--memory)
		case $2 in *[!0-9][MmGg] | [!0-9]* | *[!0-9MmGg] | '') bad "$1" "$2" 'not a size (try 256M, 1G)' ;; esac
		is_number "${2%[MmGg]}" 1 99999999 || bad "$1" "$2" 'not a size (try 256M, 1G)'
		memory=${2%[Mm]}
		case $memory in *[0-9]) memory=${memory}M ;; esac
		;;
	--cpus)
		is_number "$2" 1 255 || bad "$1" "$2" 'not a number from 1 to 255'
		cpus=$2
		;;
	--accel)
		case $2 in auto | kvm | tcg) accel=$2 ;; *) bad "$1" "$2" 'not auto, kvm or tcg' ;; esac
		;;
	--status)
		case $2 in serial | virtio | isa | console) status_by=$2 ;; *) bad "$1" "$2" 'not serial, virtio, isa or console' ;; esac
		;;
	--monitor)
		[ "$2" ] || bad "$1" "$2" 'not a path'
		monitor=$2
		;;
	--timeout)
		is_number "$2" 1 999999999 || bad "$1" "$2" 'not a number of seconds, 1 or more'
		timeout=$2
		;;
	esac
}

# /dev/kvm can be there and hang where the processor has no such extension.
has_kvm() {
	grep -qwE 'vmx|svm' /proc/cpuinfo && [ -w /dev/kvm ]
}

# The settings that hang together, and what must be there.
settle() {
	if [ -t 0 ] && [ -t 1 ] && [ -z "$has_command" ]; then
		interactive=1
	fi
	if [ "$interactive" ]; then
		{ [ -t 0 ] && [ -t 1 ]; } || die "--interactive: stdin and stdout are not a terminal"
		term=$(tty)
	elif [ -z "$timeout" ]; then
		timeout=120
	fi
	if [ "$net" = none ] && [ "$publish" ]; then
		die "--publish: there is no network with --net none"
	fi
	if [ "$accel" = kvm ] && ! has_kvm; then
		die "--accel kvm: no vmx or svm in /proc/cpuinfo, or /dev/kvm is not writable" "--accel tcg emulates"
	elif [ "$accel" = auto ]; then
		accel=tcg
		! has_kvm || accel=kvm
	fi
	need_file --kernel "$kernel" "make boot fetches a kernel; --kernel FILE takes another one"
	need_file --initramfs "$initramfs" "make builds the image; --initramfs FILE takes another one"
	[ -z "$has_command" ] || [ -x "$mkinitramfs" ] ||
		die "$mkinitramfs: no such program, --command needs it" "make builds it; MKINITRAMFS=FILE takes another one"
	command -v "$qemu" >/dev/null || die "$qemu: not found" "tools/deps boot installs it; QEMU=FILE takes another one"
}

