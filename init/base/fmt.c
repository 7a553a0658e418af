// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "base/fmt.h"

void buf_mem(struct buf *b, const char *s, size_t n)
{
	size_t room = b->cap - b->len - 1;

	if (n > room) {
		n = room;
		b->cut = true;
	}
	memcpy(b->p + b->len, s, n);
	b->len += n;
	b->p[b->len] = '\0';
}

void buf_str(struct buf *b, const char *s)
{
	buf_mem(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
	buf_mem(b, &c, 1);
}

static void buf_num(struct buf *b, unsigned long long v, unsigned base, unsigned width, bool negative)
{
	char digits[24];
	size_t i = sizeof(digits);

	do {
		digits[--i] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	while (sizeof(digits) - i + negative < width && i > 1)
		digits[--i] = '0';
	if (negative)
		digits[--i] = '-';
	buf_mem(b, digits + i, sizeof(digits) - i);
}

// Takes the next integer argument: size is 0 for int, 1 for long and size_t, 2 for long long.
static unsigned long long take(va_list *ap, int size, bool is_signed)
{
	if (size == 2)
		return va_arg(*ap, unsigned long long);
	if (size == 1)
		return is_signed ? (unsigned long long)va_arg(*ap, long) : va_arg(*ap, unsigned long);
	return is_signed ? (unsigned long long)va_arg(*ap, int) : va_arg(*ap, unsigned int);
}

void buf_vfmt(struct buf *b, const char *f, va_list list)
{
	va_list ap;

	va_copy(ap, list);
	for (; *f; f++) {
		const char *plain = f;
		unsigned width = 0;
		int size = 0, precision = -1;
		unsigned long long v;

		while (*f && *f != '%')
			f++;
		buf_mem(b, plain, (size_t)(f - plain));
		if (!*f || !*++f)
			break;
		for (; *f >= '0' && *f <= '9'; f++)
			width = width * 10 + (unsigned)(*f - '0');
		if (f[0] == '.' && f[1] == '*') {
			precision = va_arg(ap, int);
			f += 2;
		}
		for (; *f == 'l' || *f == 'z'; f++)
			size++;
		switch (*f) {
		case 's': {
			const char *s = va_arg(ap, const char *);

			s = s ? s : "(none)";
			buf_mem(b, s, precision < 0 ? strlen(s) : strnlen(s, (size_t)precision));
			break;
		}
		case 'c':
			buf_char(b, (char)va_arg(ap, int));
			break;
		case 'd':
			v = take(&ap, size, true);
			buf_num(b, (long long)v < 0 ? -v : v, 10, width, (long long)v < 0);
			break;
		case 'u':
		case 'x':
		case 'o':
			v = take(&ap, size, false);
			buf_num(b, v, *f == 'u' ? 10 : *f == 'x' ? 16 : 8, width, false);
			break;
		default:
			buf_char(b, *f);
		}
	}
	va_end(ap);
}

void buf_fmt(struct buf *b, const char *f, ...)
{
	va_list ap;

	va_start(ap, f);
	buf_vfmt(b, f, ap);
	va_end(ap);
}

int fmt(char *dst, size_t cap, const char *f, ...)
{
	struct buf b = {.p = dst, .cap = cap};
	va_list ap;

	dst[0] = '\0';
	va_start(ap, f);
	buf_vfmt(&b, f, ap);
	va_end(ap);
	if (!b.cut)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

const char *fmt_ip4(char dst[16], uint32_t addr)
{
	const unsigned char *a = (const unsigned char *)&addr;
	struct buf b = {.p = dst, .cap = 16};

	buf_fmt(&b, "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
	return dst;
}

char *str_find(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (; strncmp(text, word, n); text++)
		if (!*text)
			return NULL;
	return (char *)(uintptr_t)text; // as strstr: what comes in as char * is one that may be changed
}

int num_parse(const char *s, size_t n, unsigned base, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (n == 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		unsigned d = 99;

		if (c >= '0' && c <= '9')
			d = c - '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			d = (c | 0x20u) - 'a' + 10;
		if (d >= base || v > (max - d) / base || d > max)
			return -1;
		v = v * base + d;
	}
	*out = v;
	return 0;
}

bool str_has_word(const char *s, size_t n, const char *word, size_t len)
{
	for (size_t i = 0; i + len <= n; i++)
		if ((!i || s[i - 1] == ' ') && !memcmp(s + i, word, len) && (i + len == n || s[i + len] == ' '))
			return true;
	return false;
}
