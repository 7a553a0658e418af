// SPDX-License-Identifier: MIT
// Text without stdio: a bounded buffer and the few conversions that messages need.
// musl's printf would bring its floating point code (8 kB) into PID 1.
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define must_check __attribute__((warn_unused_result))
// Large static memory: kept apart (the linker sorts sections by name), so that the small variables which every start writes
// share a page or two. Each page touched costs a fault of 3 us, and one more after the clone.
#define LARGE_BSS __attribute__((section(".bss.zz_large")))
// What every box writes and nobody else: behind the small variables.
#define BOX_BSS __attribute__((section(".bss.zv_box")))

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct buf {
	char *p;
	size_t cap, len; // len never counts the terminating NUL
	bool cut;	 // something did not fit
};

#define BUF(array) ((struct buf){.p = (array), .cap = sizeof(array)})

// Appends and always leaves the buffer NUL-terminated; sets cut when it is full.
void buf_mem(struct buf *b, const char *s, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);

// A subset of printf: %s %.*s %c %d %u %x %o %% with l, ll and z; a width with leading 0 (%02x).
void buf_vfmt(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

// Formats into dst (cap bytes, NUL-terminated). Returns 0, or -1 when it was cut (errno ENAMETOOLONG).
int fmt(char *dst, size_t cap, const char *f, ...) __attribute__((format(printf, 3, 4))) must_check;

// An IPv4 address in network byte order as text, in a buffer of 16 bytes that it also returns.
const char *fmt_ip4(char dst[16], uint32_t addr);

// Where word first stands in text, or NULL: strstr(3), whose way to find long words quickly takes 1.3 KiB in musl.
char *str_find(const char *text, const char *word);

// Whether word[0..len) is one of the words of s[0..n), which have a blank between them.
bool str_has_word(const char *s, size_t n, const char *word, size_t len);

// Parses an unsigned number with nothing around it, base 10 or 16. Returns 0, or -1 when s[0..n) is not one
// or is over max.
int num_parse(const char *s, size_t n, unsigned base, uint64_t max, uint64_t *out) must_check;
