// SPDX-License-Identifier: MIT
#include <string.h>
#include <unistd.h>

#include "base/kmsg.h"
#include "base/log.h"

struct log_setup log_setup = {.level = LOG_NOTE};

// Nothing can be done when stderr is gone, and a line that is lost must not end the program.
static void emit(const struct buf *b)
{
	ssize_t n = write(STDERR_FILENO, b->p, b->len);

	(void)n;
}

// What the kernel's console shows need not stand there twice. A result is looked for as it is, without the kernel's time.
static void emit_as(enum log_level level, const struct buf *b)
{
	static const uint8_t priorities[] = {[LOG_ERROR] = 3, [LOG_RESULT] = 6, [LOG_NOTE] = 4, [LOG_DETAIL] = 6};
	bool shown = log_setup.kmsg && kmsg_write(priorities[level], b->p, b->len);

	if (!shown || log_setup.elsewhere || level == LOG_RESULT)
		emit(b);
}

void log_line(enum log_level level, const char *f, ...)
{
	char text[1024];
	struct buf b = {.p = text, .cap = sizeof(text) - 1};
	va_list ap;

	if (level > log_setup.level)
		return;
	buf_str(&b, "initbox: ");
	va_start(ap, f);
	buf_vfmt(&b, f, ap);
	va_end(ap);
	b.cap = sizeof(text); // the newline always fits
	buf_char(&b, '\n');
	emit_as(level, &b);
}

void log_err(const struct err *e)
{
	char text[1024];
	struct buf b = BUF(text);

	buf_str(&b, "initbox: ");
	err_write(&b, e);
	emit_as(LOG_ERROR, &b);
}

void explain(const char *calls, const char *f, ...)
{
	char text[1024];
	struct buf b = {.p = text, .cap = sizeof(text) - 1};
	va_list ap;

	if (!log_setup.explain)
		return;
	buf_str(&b, "+ ");
	va_start(ap, f);
	buf_vfmt(&b, f, ap);
	va_end(ap);
	if (calls[0])
		buf_fmt(&b, "  # %s", calls);
	b.cap = sizeof(text);
	buf_char(&b, '\n');
	emit(&b);
}

void log_raw(const char *text)
{
	ssize_t n = write(STDERR_FILENO, text, strlen(text));

	(void)n;
}

int log_print(const char *text)
{
	size_t n = strlen(text);

	return write(STDOUT_FILENO, text, n) == (ssize_t)n ? 0 : EXIT_OWN_FAILURE;
}
