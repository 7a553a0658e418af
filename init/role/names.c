// SPDX-License-Identifier: MIT
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/signals.h"
#include "role/names.h"

// Docker asks its init for this, and understands nothing else.
#define TINI_VERSION "tini version " INITBOX_VERSION "_initbox\n"

static const struct option tini_options[] = {
	{.letter = 'g', .key = "group", .value = "yes"},
	{.letter = 's', .key = "subreaper", .value = "yes"},
	{.letter = 'v', .key = "verbose", .value = "yes"},
	{.letter = 'w', .key = "warn-reaped", .value = "yes"},
	{.letter = 'p', .key = "parent-death"},
	{.letter = 'e', .key = "exit-map"},
	{.letter = 'h', .result = PARSE_HELP},
	{.letter = 'l', .result = PARSE_LICENCE},
	{.name = "version", .result = PARSE_VERSION},
	{0},
};

static const char tini_help[] =
	"initbox as tini: a program under the supervision of a valid init process\n"
	"usage: tini [OPTIONS] [--] PROGRAM [ARGUMENTS]\n"
	"  -g          signals go to the program's process group\n"
	"  -s          adopt orphans: done in any case\n"
	"  -p SIGNAL   forward SIGNAL when tini's parent ends\n"
	"  -e CODE     return 0 where the program returned CODE; may be repeated\n"
	"  -w          a line for each orphan that was reaped\n"
	"  -v          be more verbose; may be repeated\n"
	"  -h          this text\n"
	"  -l          the licence\n"
	"  --version\n"
	"The rest of initbox is reached by INITBOX_ variables: initbox --help.\n";

static const struct option dumb_init_options[] = {
	{'c', "single-child", "setsid", "no", PARSE_OK},
	{'r', "rewrite", "rewrite", NULL, PARSE_OK},
	{'v', "verbose", "verbose", "yes", PARSE_OK},
	{'h', "help", NULL, NULL, PARSE_HELP},
	{'V', "version", NULL, NULL, PARSE_VERSION},
	{0},
};

static const char dumb_init_help[] =
	"initbox as dumb-init v1.2.5\n"
	"usage: dumb-init [OPTIONS] [--] PROGRAM [ARGUMENTS]\n"
	"  -c, --single-child   signals go to the program alone, which stays in the session\n"
	"  -r, --rewrite S:R    send signal R for signal S, nothing for 0; may be repeated\n"
	"  -v, --verbose        say each step on stderr\n"
	"  -h, --help           this text\n"
	"  -V, --version\n"
	"The rest of initbox is reached by INITBOX_ variables: initbox --help.\n";

// A session of its own and signals to its group. What it leaves running outside of a container it only tells to end;
// as PID 1 the kernel would kill it, so there it is waited for.
static void dumb_init_before(struct spec *s)
{
	s->setsid = true;
	if (getpid() != 1)
		s->on_exit = ON_EXIT_TERM;
}

static int dumb_init_after(struct spec *s, struct reap *r)
{
	static const uint8_t job[] = {SIGTSTP, SIGTTIN, SIGTTOU};

	for (unsigned sig = 1; sig <= MAX_SIGNAL; sig++)
		if (s->signal[sig].to && (sig > 31 || (s->signal[sig].to > 31 && s->signal[sig].to != SIGNAL_DROPPED)))
			return fail_text("not from 1 to 31", "rewrite: %u", sig);

	s->group = s->setsid;
	if (!s->setsid && s->on_exit == ON_EXIT_TERM)
		s->on_exit = ON_EXIT_NONE;
	r->suspend = true;
	// A session without a shell is stopped by nothing less than STOP.
	for (size_t i = 0; i < COUNT(job) && s->setsid && getpid() != 1; i++)
		if (!s->signal[job[i]].to)
			s->signal[job[i]].to = SIGSTOP;
	return 0;
}

static void dumb_init_say(enum reap_event event, int a, int b)
{
	char text[128];
	struct buf line = BUF(text);
	ssize_t n;

	buf_str(&line, "[dumb-init] ");
	if (event == REAP_SPAWNED && b)
		buf_str(&line, "setsid complete.\n[dumb-init] ");
	if (event == REAP_SPAWNED)
		buf_fmt(&line, "Child spawned with PID %d.", a);
	else if (event == REAP_RECEIVED)
		buf_fmt(&line, "Received signal %d.", a);
	else if (event == REAP_HANDOFF)
		buf_fmt(&line, "Ignoring tty hand-off signal %d.", a);
	else if (event == REAP_FORWARDED || event == REAP_DRAIN)
		buf_fmt(&line, "Forwarded signal %d to children.", a);
	else if (event == REAP_DROPPED)
		buf_fmt(&line, "Not forwarding signal %d to children (ignored).", a);
	else if (event == REAP_ENDED && WIFEXITED(b))
		buf_fmt(&line, "A child with PID %d exited with exit status %d.", a, WEXITSTATUS(b));
	else if (event == REAP_ENDED)
		buf_fmt(&line, "A child with PID %d was terminated by signal %d.", a, WTERMSIG(b));
	else if (event == REAP_OVER)
		buf_fmt(&line, "Child exited with status %d. Goodbye.", a);
	else
		return;
	buf_char(&line, '\n');
	n = write(STDERR_FILENO, line.p, line.len);
	(void)n;
}

static void dumb_init_refuse(const char *argv0, const struct err *e, bool exec)
{
	char text[512];
	struct buf line = BUF(text);
	const char *option = strchr(e->object, '-');
	ssize_t n;

	if (exec)
		buf_fmt(&line, "[dumb-init] %s: %s%s%s\n", e->object, e->no ? strerror(e->no) : "No such file or directory",
			e->no && e->text[0] ? ": " : "", e->no ? e->text : "");
	else if (!strcmp(e->object, "command"))
		buf_fmt(&line, "Usage: %s [option] program [args]\nTry %s --help for full usage.\n", argv0, argv0);
	else if (str_find(e->object, "rewrite") || !strcmp(e->object, "command line: -r"))
		buf_str(&line, "Usage: -r option takes <signum>:<signum>, where <signum> is between 1 and 31.\n"
			       "This option can be specified multiple times.\nUse --help for full usage.\n");
	else
		buf_fmt(&line, "%s: unrecognized option: %s\n", argv0,
			option ? option + strspn(option, "-") : e->object);
	n = write(STDERR_FILENO, line.p, line.len);
	(void)n;
}

static const struct option catatonit_options[] = {
	{.letter = 'g', .key = "group", .value = "yes"},
	{.letter = 'P', .key = "pause", .value = "yes"},
	{.letter = 'h', .result = PARSE_HELP},
	{.letter = 'L', .result = PARSE_LICENCE},
	{'V', "version", NULL, NULL, PARSE_VERSION},
	{0},
};

static const char catatonit_help[] = "initbox as catatonit\n"
				     "usage: catatonit [-ghLPV] [--] PROGRAM [ARGUMENTS]\n"
				     "  -g              signals go to the program's process group\n"
				     "  -P              pause: start nothing, end at SIGINT or SIGTERM\n"
				     "  -h              this text\n"
				     "  -L              the licence\n"
				     "  -V, --version\n"
				     "The rest of initbox is reached by INITBOX_ variables: initbox --help.\n";

static const struct option pause_options[] = {
	{.letter = 'v', .name = "version", .result = PARSE_VERSION},
	{.letter = 'h', .name = "help", .result = PARSE_HELP},
	{0},
};

static void pause_before(struct spec *s)
{
	s->pause = true;
}

#define TINI                                                                                                           \
	.options = tini_options, .usage = tini_help, .help = tini_help, .version = TINI_VERSION, .usage_code = 1,      \
	.own_code = 1

static const struct name names[] = {
	{"tini", TINI},
	{"tini-static", TINI},
	{"docker-init", TINI},
	{
		.name = "dumb-init",
		.options = dumb_init_options,
		.help = dumb_init_help,
		.version = "dumb-init v1.2.5\n",
		.help_on_stderr = true,
		.usage_code = 1,
		.exec_code = 2,
		.own_code = 1,
		.before = dumb_init_before,
		.after = dumb_init_after,
		.refuse = dumb_init_refuse,
		.say = dumb_init_say,
	},
	{
		.name = "catatonit",
		.options = catatonit_options,
		.usage = catatonit_help,
		.help = catatonit_help,
		.version = TINI_VERSION,
		.help_on_stderr = true,
		.usage_code = 1,
		.exec_code = 1,
		.own_code = 1,
	},
	{
		.name = "pause",
		.options = pause_options,
		.help = "initbox as pause: starts nothing, reaps, ends at SIGINT or SIGTERM\n",
		.version = "pause (initbox " INITBOX_VERSION ")\n",
		.usage_code = 1,
		.own_code = 1,
		.before = pause_before,
	},
};

static const struct name initbox = {.name = "initbox", .version = TINI_VERSION};

const struct name *name_find(const char *argv0)
{
	const char *slash = strrchr(argv0, '/'), *last = slash ? slash + 1 : argv0;

	for (size_t i = 0; i < COUNT(names); i++)
		if (!strcmp(names[i].name, last))
			return &names[i];
	return &initbox;
}
