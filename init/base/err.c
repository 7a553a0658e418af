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
#undef E
};
// clang-format on

// What to do about errors whose text alone misleads. phase NULL: any phase.
static const struct {
	const char *phase, *call;
	int no;
	const char *hint;
} hints[] = {
	{NULL, "clone3", EPERM, "namespaces need root (CAP_SYS_ADMIN)"},
	{NULL, "clone3", ENOSPC, "the limit in /proc/sys/user/max_*_namespaces is reached"},
	{NULL, "clone3", ENOSYS,
	 "a kernel of 5.14 or newer is needed; inside another container its seccomp filter may refuse clone3"},
	{NULL, "fsconfig", ENODEV, "the kernel does not have this file system; load its module (modprobe overlay)"},
	{NULL, "fsopen", ENODEV, "the kernel does not have this file system; load its module (modprobe overlay)"},
	{NULL, "mount", ENODEV, "the kernel does not have this file system; load its module"},
	{"root", "fsconfig", ELOOP, "two layers are the same directory, or one lies in the other"},
	{"cgroup", "mkdir", EROFS, "the cgroup tree is mounted read-only; inside a container it has to be delegated"},
	{"cgroup", "mkdir", EACCES, "the cgroup tree is not delegated to this user"},
	{"link", "RTM_NEWLINK", EOPNOTSUPP,
	 "the kernel lacks this kind of link; load its module (modprobe veth bridge)"},
	{"link", "RTM_NEWLINK", EPERM, "links need CAP_NET_ADMIN in this network namespace"},
	{"nft", "NFT_MSG_NEWTABLE", EOPNOTSUPP,
	 "the kernel lacks nf_tables (CONFIG_NF_TABLES_INET; modprobe nf_tables)"},
	{"nft", "NFT_MSG_NEWRULE", ENOENT, "the kernel lacks one of nft_ct nft_fib_inet nft_masq nft_nat"},
	{"modules", "finit_module", ENOEXEC, "the module was built for another kernel than the one that runs"},
	{"modules", "finit_module", EKEYREJECTED, "the kernel wants signed modules and does not know this signature"},
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
		    !strcmp(hints[i].call, e->call))
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
	else
		buf_str(b, e->text);
	if (e->kernel[0])
		buf_fmt(b, ": kernel says: %s", e->kernel);
	blank_controls(b->p + start, b->p + b->len);
	buf_char(b, '\n');
	if (hint)
		buf_fmt(b, "initbox: hint: %s\n", hint);
}
