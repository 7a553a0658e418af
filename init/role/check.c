// SPDX-License-Identifier: MIT
// What of initbox would work here, a line a feature; or whether a configuration file is right. Changes nothing.
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "role/check.h"
#include "role/check_try.h"
#include "spec/config.h"
#include "spec/options.h"

enum { SOMETHING_IS_WRONG = 1 };

static const struct probe *const tables[] = {probe_process, probe_mount, probe_net, probe_cgroup, probe_machine};
static const char *const state_names[] = {[CHECK_YES] = "yes", [CHECK_NO] = "no", [CHECK_MODULE] = "module"};

static struct {
	char text[1024];
	char missing[512]; // names of what `initbox run` can't do without
} out;

static int help(void)
{
	char text[2048];
	struct buf b = BUF(text);

	b.p[0] = '\0';
	buf_str(&b, "usage: initbox check [OPTIONS]\n"
		    "Tries what initbox needs of this kernel and of what is around it, and tells, a line a feature: "
		    "whether it is "
		    "there\n"
		    "(yes, no, or module: on the disk, not loaded), the kernel's option, and what of initbox needs "
		    "it.\n\n");
	key_help(&b, SCOPE_CHECK);
	buf_str(&b,
		"\nExit code: 0; 1 when `initbox run` with its defaults would not work here, or FILE has a mistake.\n");
	return log_print(b.p);
}

static void column(struct buf *b, const char *word, size_t width)
{
	size_t n = strlen(word);

	buf_str(b, word);
	do
		buf_char(b, ' ');
	while (++n < width);
}

// The error in one line, without the name that stands above.
static void put_why(struct buf *b, const struct probe *p, struct err *e)
{
	char text[512];
	struct buf why = BUF(text);

	if (!strcmp(e->object, p->name))
		e->object[0] = '\0';
	text[0] = '\0';
	err_write(&why, e);
	buf_mem(b, text, strcspn(text, "\n"));
}

static int print_row(const struct probe *p, struct check_result *r)
{
	struct buf b = BUF(out.text);

	column(&b, state_names[r->state], 8);
	column(&b, p->name, 30);
	column(&b, p->config ? p->config : "", 26);
	buf_fmt(&b, "%s%s%s%s\n", p->keys, r->note[0] ? " (" : "", r->note, r->note[0] ? ")" : "");
	if (r->state != CHECK_YES) {
		buf_str(&b, "        ");
		put_why(&b, p, &r->err);
		buf_char(&b, '\n');
	}
	if (r->hint[0])
		buf_fmt(&b, "        hint: %s\n", r->hint);
	return log_print(b.p);
}

static void json_string(struct buf *b, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	buf_fmt(b, ",\"%s\":\"", key);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			buf_char(b, '\\');
		buf_char(b, (unsigned char)*value < ' ' ? ' ' : *value);
	}
	buf_char(b, '"');
}

static int print_json_row(const struct probe *p, struct check_result *r, bool needed, bool first)
{
	struct buf b = BUF(out.text);
	char text[512];
	struct buf why = BUF(text);

	text[0] = '\0';
	if (r->state != CHECK_YES)
		put_why(&why, p, &r->err);
	buf_fmt(&b, "%s\n{\"state\":\"%s\",\"needed\":%s", first ? "" : ",", state_names[r->state],
		needed ? "true" : "false");
	json_string(&b, "name", p->name);
	json_string(&b, "config", p->config);
	json_string(&b, "module", p->module);
	json_string(&b, "since", p->since);
	json_string(&b, "for", p->keys);
	json_string(&b, "note", r->note);
	json_string(&b, "why", text);
	json_string(&b, "hint", r->hint);
	buf_char(&b, '}');
	return log_print(b.p);
}

static int print_begin(const struct spec *s)
{
	struct buf b = BUF(out.text);
	struct utsname u;

	if (!s->json)
		return 0;
	if (uname(&u))
		return fail("uname", "kernel");
	buf_fmt(&b, "{\"root\":%s", geteuid() ? "false" : "true");
	json_string(&b, "kernel", u.release);
	buf_str(&b, ",\"features\":[");
	return log_print(b.p);
}

static int print_end(const struct spec *s)
{
	struct buf b = BUF(out.text);
	bool works = !out.missing[0];

	if (s->json)
		buf_fmt(&b, "\n],\"works\":%s}\n", works ? "true" : "false");
	else if (!works)
		buf_fmt(&b, "initbox run would not work here: %s\n", out.missing);
	else if (!s->only_missing)
		buf_str(&b, "initbox run works here with its defaults\n");
	else
		return 0;
	return log_print(b.p);
}

static int check_features(const struct spec *s)
{
	const uint8_t need = geteuid() ? PROBE_USER_RUNS : PROBE_ROOT_RUNS;
	struct buf missing = BUF(out.missing);
	bool first = true;
	int ret = print_begin(s);

	for (size_t i = 0; i < COUNT(tables); i++) {
		for (const struct probe *p = tables[i]; p->name && !ret; p++) {
			struct check_result r;
			bool needed = p->flags & need;

			if (check_try(p, &r))
				return -1;
			if (needed && r.state != CHECK_YES)
				buf_fmt(&missing, "%s%s", missing.len ? ", " : "", p->name);
			if (s->only_missing && r.state == CHECK_YES)
				continue;
			ret = s->json ? print_json_row(p, &r, needed, first) : print_row(p, &r);
			first = false;
		}
	}
	if (ret || print_end(s))
		return fail_text("can't be written to", "standard output");
	return missing.len ? SOMETHING_IS_WRONG : 0;
}

// As the machine reads it (role/boot).
static int check_config(struct spec *s, const char *path)
{
	struct buf b = BUF(out.text);

	s->files_elsewhere = true;
	if (config_read(s, path, path) <= 0 || spec_check(s)) {
		log_err(&err_last);
		return SOMETHING_IS_WRONG;
	}
	buf_fmt(&b, "%s: no mistakes\n", path);
	return log_print(b.p);
}

static int refuse(void)
{
	log_err(&err_last);
	return EXIT_OWN_FAILURE;
}

int check_main(int argc, char **argv)
{
	const struct kernel_sigaction by_default = {0};
	const uint64_t child = 1ull << (SIGCHLD - 1);
	struct spec *s = spec_new();
	int ret;

	switch (parse_options(s, SCOPE_CHECK, NULL, argc, argv)) {
	case PARSE_OK:
		break;
	case PARSE_HELP:
		return help();
	default:
		return refuse();
	}
	if (s->command_count) {
		fail_text("takes no words", "check: %s", s->command[0]);
		return refuse();
	}
	if (s->config)
		return check_config(s, s->config);
	if (sys_rt_sigprocmask(SIG_SETMASK, &child, NULL) || sys_rt_sigaction(SIGCHLD, &by_default, NULL)) {
		fail("rt_sigprocmask", "signals");
		return refuse();
	}
	ret = check_features(s);
	return ret < 0 ? refuse() : ret;
}
