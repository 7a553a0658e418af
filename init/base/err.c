// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/err.h"

struct err err_last;

static const struct {
	int no;
	const char *name;
} names[] = {
// clang-format off
#define E(x) {x, #x}
	E(EPERM),	E(ENOENT),	 E(ESRCH),	  E(EINTR),	 E(EIO),	   E(ENXIO),
	E(E2BIG),	E(ENOEXEC),	 E(EBADF),	  E(ECHILD),	 E(EAGAIN),	   E(ENOMEM),
	E(EACCES),	E(EFAULT),	 E(ENOTBLK),	  E(EBUSY),	 E(EEXIST),	   E(EXDEV),
	E(ENODEV),	E(ENOTDIR),	 E(EISDIR),	  E(EINVAL),	 E(ENFILE),	   E(EMFILE),
	E(ENOTTY),	E(ETXTBSY),	 E(EFBIG),	  E(ENOSPC),	 E(EROFS),	   E(EMLINK),
	E(EPIPE),	E(ERANGE),	 E(ENAMETOOLONG), E(ENOSYS),	 E(ENOTEMPTY),	   E(ELOOP),
	E(EOVERFLOW),	E(EUSERS),	 E(EMSGSIZE),	  E(EOPNOTSUPP), E(EAFNOSUPPORT),  E(EADDRINUSE),
	E(ENETDOWN),	E(ENETUNREACH),	 E(ENOBUFS),	  E(ENOTCONN),	 E(ETIMEDOUT),	   E(EHOSTUNREACH),
	E(EALREADY),	E(EADDRNOTAVAIL), E(EPROTO),	  E(EKEYREJECTED), E(ELIBBAD),	   E(EPROTONOSUPPORT),
	E(EDQUOT),
#undef E
};
// clang-format on

#define OR_FILTER "; inside another container its filter may refuse it"
static const char no_id[] = "the user namespace of the box has no such id (--userns)";

// What to do about errors whose text alone misleads. phase or call NULL: any.
static const struct {
	const char *phase, *call;
	int no;
	const char *hint;
} hints[] = {
	{NULL, "clone3", EPERM,
	 "namespaces need root, or a host where ordinary users may make user namespaces (sysctl "
	 "kernel.unprivileged_userns_clone, user.max_user_namespaces), and not in a chroot"},
	{NULL, "setns", EPERM, "to join a namespace takes CAP_SYS_ADMIN in it and in one's own"},
	{NULL, "setns", EINVAL, "this is no namespace of that kind, or a pid namespace that is not below the launcher's"},
	{"namespaces", "write", ERANGE, "a clock can't be set before its start, or beyond 146 years"},
	{"privileges", "setresgid", EINVAL, no_id},
	{"privileges", "setresuid", EINVAL, no_id},
	{"privileges", "setgroups", EINVAL, no_id},
	{"root", "fsmount", EPERM,
	 "something is mounted over parts of /proc here, as in a container: the kernel then refuses a new one"},
	{"mounts", "mount", EPERM, "as root of a user namespace (rootless container) try --userns self"},
	{"userns", "mount_setattr", EINVAL,
	 "this file system, or kernel, can't show files with other ids; give them to the range (chown -R)"},
	{"userns", "write", EPERM, "a limit on user namespaces (AppArmor), or ids that are not the caller's to give"},
	{NULL, "clone3", ENOSPC, "the limit in /proc/sys/user/max_*_namespaces is reached"},
	{NULL, "openat2", ENOSYS, "a kernel of 5.6 or newer is needed (openat2)" OR_FILTER},
	{NULL, "fsopen", ENOSYS, "a kernel of 5.2 or newer is needed (fsopen)" OR_FILTER},
	{NULL, "fsconfig", ENOSYS, "a kernel of 5.2 or newer is needed (fsconfig)" OR_FILTER},
	{NULL, "fsmount", ENOSYS, "a kernel of 5.2 or newer is needed (fsmount)" OR_FILTER},
	{NULL, "move_mount", ENOSYS, "a kernel of 5.2 or newer is needed (move_mount)" OR_FILTER},
	{NULL, "open_tree", ENOSYS, "a kernel of 5.2 or newer is needed (open_tree)" OR_FILTER},
	{NULL, "mount_setattr", ENOSYS, "a kernel of 5.12 or newer is needed (mount_setattr)" OR_FILTER},
	{NULL, "mount", ENODEV, "the kernel does not have this file system; load its module"},
	{"root", "mount", ELOOP, "two layers are the same directory, or one lies in the other"},
	{"root", "mount", EROFS, "an ext4 image that was in use when its machine stopped needs e2fsck -p first"},
	{"root", "mount", EINVAL,
	 "dmesg may tell more: a damaged image, overlays over overlays, an upper on a file system that can't hold one"},
	{"root", "open", ENXIO, "the kernel lacks loop devices (modprobe loop)"},
	{"mount-root", "mount", EACCES, "the disk can only be read: leave rw out (overlay=tmpfs takes what is written)"},
	{"machine-net", "SIOCGIFINDEX", ENODEV, "its driver is not in the image, or the machine has no such card (qemu/boot --net none asks for none)"},
	{"machine-mounts", "mount", EACCES, "the disk can only be read: mount it with the option ro"},
	{"mount-root", "mount", EROFS, "its journal has to be replayed, but the disk is read-only (rootflags=noload leaves that out)"},
	{"mount-root", "mount", EINVAL,
	 "dmesg may tell more. A share: no device has that tag, or its driver is missing; vfat wants its character sets, too (mkinitramfs --module nls_cp437 --module nls_ascii)"},
	{"mount-root", "open", ENOENT, "loop devices need their driver in the image (mkinitramfs --on-demand loop)"},
	{"mount-root", "open", ENODEV, "loop devices need their driver in the image (mkinitramfs --on-demand loop)"},
	{"mount-root", "open", ENXIO, "loop devices need their driver in the image (mkinitramfs --on-demand loop)"},
	{"cgroup", "mkdir", EROFS, "the cgroup tree is mounted read-only; inside a container it has to be delegated"},
	{"cgroup", "mkdir", EACCES, "the cgroup tree is not delegated to this user"},
	{"cgroup", "open", ENOENT, "this kernel does not have that limit"},
	{"cgroup", "open", EACCES, "the cgroup is not delegated to this user (systemd-run --user --scope -p Delegate=yes …)"},
	{"cgroup", "write", EBUSY,
	 "start it in a cgroup of its own (systemd-run --scope -p Delegate=yes initbox run …), or move them into one below"},
	{"cgroup", "write", ENODEV, "limits are of whole disks, not of a partition"},
	{"cgroup", "write", EOPNOTSUPP, "this disk knows no weights: they need its scheduler bfq, or io.cost.qos"},
	{"prepare", "KEYCTL_JOIN_SESSION_KEYRING", EDQUOT, "this user has too many keyrings (sysctl kernel.keys.maxkeys)"},
	{"landlock", "landlock_create_ruleset", ENOSYS, "the kernel lacks landlock (CONFIG_SECURITY_LANDLOCK, Linux 5.13)"},
	{"landlock", "landlock_create_ruleset", EOPNOTSUPP, "landlock is not among the modules that lsm= names at boot"},
	{"sysctl", "openat2", ENOENT, "this kernel has no such parameter, or the box's network no such link"},
	{"machine-kernel", "openat2", ENOENT, "this kernel has no such parameter, or what it belongs to is not there (a module, a link)"},
	{"machine-mounts", "mount", EINVAL, "dmesg may tell more: an option that this file system does not know, or a damaged one"},
	{"swap", "swapon", EINVAL, "this is no swap area (mkswap makes one), or a file with holes, or of a file system that can't hold one"},
	{"sysctl", "openat2", EACCES, "of a user namespace's IPC it can be set since Linux 6.9"},
	{"filter", "seccomp", EINVAL, "the kernel takes this for no filter; a FILE.bpf is what boxfilter -o has made"},
	{"filter", "seccomp", EACCES, "without no_new_privs a filter needs CAP_SYS_ADMIN"},
	{"limits", "prlimit64", EPERM, "a hard limit is only raised with CAP_SYS_RESOURCE"},
	{"limits", "setpriority", EACCES, "a priority is only raised with CAP_SYS_NICE"},
	{"limits", "write", EACCES, "oom_score_adj is only lowered with CAP_SYS_RESOURCE"},
	{"privileges", "setgroups", EPERM, "groups need CAP_SETGID, and a user namespace that allows setgroups"},
	{"ports", "bind", EADDRNOTAVAIL, "the host has no such address (ip address)"},
	{"ports", "bind", EACCES, "ports below net.ipv4.ip_unprivileged_port_start need CAP_NET_BIND_SERVICE"},
	{"link", "RTM_NEWLINK", EOPNOTSUPP,
	 "the kernel lacks this kind of link; load its module (modprobe veth bridge)"},
	{"link", "RTM_NEWLINK", EPERM, "links need CAP_NET_ADMIN in this network namespace"},
	{"nft", "NFT_MSG_NEWTABLE", EOPNOTSUPP,
	 "the kernel lacks nf_tables (CONFIG_NF_TABLES_INET; modprobe nf_tables)"},
	{"nft", "NFT_MSG_NEWRULE", ENOENT, "the kernel lacks one of nft_ct nft_fib_inet nft_masq nft_nat"},
	{"modules", "finit_module", ENOEXEC, "the module was built for another kernel than the one that runs"},
	{"modules", "finit_module", EOPNOTSUPP,
	 "this kernel can't decompress modules (CONFIG_MODULE_DECOMPRESS): make the image without --keep-compressed"},
	{"modules", "finit_module", EPERM, "under lockdown the kernel takes signed modules alone (mkinitramfs --strip-signatures?)"},
	{"modules", "finit_module", ENOENT, "a symbol is missing: another module has to be loaded first; the kernel's log names it"},
	{"modules", "finit_module", EKEYREJECTED, "the kernel wants signed modules; this has no signature (mkinitramfs --strip-signatures?), or one that it does not know"},
	{NULL, NULL, ENOSYS,
	 "a kernel of 5.14 or newer is needed; inside another container its seccomp filter may refuse the call"},
};

static __attribute__((format(printf, 1, 0))) void begin(const char *object, va_list ap)
{
	struct buf text = BUF(err_last.object);

	memset(&err_last, 0, sizeof(err_last));
	err_last.code = EXIT_OWN_FAILURE;
	buf_vfmt(&text, object, ap);
}

int fail(const char *call, const char *object, ...)
{
	int no = errno;
	va_list ap;

	va_start(ap, object);
	begin(object, ap);
	va_end(ap);
	err_last.no = no;
	strncpy(err_last.call, call, sizeof(err_last.call) - 1);
	return -1;
}

int fail_text(const char *why, const char *object, ...)
{
	va_list ap;

	va_start(ap, object);
	begin(object, ap);
	va_end(ap);
	strncpy(err_last.text, why, sizeof(err_last.text) - 1);
	return -1;
}

int fail_kernel_words(const char *words, size_t n)
{
	struct buf b = BUF(err_last.kernel);

	b.p[0] = '\0';
	n = strnlen(words, n);
	while (n > 0 && words[n - 1] == '\n')
		n--;
	for (size_t i = 0; i < n; i++) // a log of several lines becomes one
		buf_char(&b, words[i] == '\n' ? ' ' : words[i]);
	return -1;
}

int fail_because(const char *f, ...)
{
	struct buf text = BUF(err_last.text);
	va_list ap;

	va_start(ap, f);
	buf_vfmt(&text, f, ap);
	va_end(ap);
	return -1;
}

int fail_code(int code)
{
	err_last.code = code;
	return -1;
}

const char *err_name(int no)
{
	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].no == no)
			return names[i].name;
	return "";
}

static const char *hint_for(const struct err *e)
{
	for (size_t i = 0; i < COUNT(hints); i++)
		if (hints[i].no == e->no && (!hints[i].phase || !strcmp(hints[i].phase, e->phase)) &&
		    (!hints[i].call || !strcmp(hints[i].call, e->call)))
			return hints[i].hint;
	return NULL;
}

// A record is one line, whatever the names in it are.
static void blank_controls(char *from, const char *end)
{
	for (; from < end; from++)
		if ((unsigned char)*from < ' ')
			*from = '?';
}

void err_write(struct buf *b, const struct err *e)
{
	const char *hint = e->no ? hint_for(e) : NULL;
	size_t start = b->len;

	if (e->phase[0])
		buf_fmt(b, "%s: ", e->phase);
	if (e->object[0])
		buf_fmt(b, "%s: ", e->object);
	if (e->call[0])
		buf_fmt(b, "%s: ", e->call);
	if (e->no && err_name(e->no)[0])
		buf_fmt(b, "%s (%s)", strerror(e->no), err_name(e->no));
	else if (e->no)
		buf_fmt(b, "%s (errno %d)", strerror(e->no), e->no);
	if (e->text[0])
		buf_fmt(b, "%s%s", e->no ? ": " : "", e->text);
	if (e->kernel[0])
		buf_fmt(b, ": kernel says: %s", e->kernel);
	blank_controls(b->p + start, b->p + b->len);
	buf_char(b, '\n');
	if (hint)
		buf_fmt(b, "initbox: hint: %s\n", hint);
}
