// SPDX-License-Identifier: MIT
// The program's environment: a box's is made from nothing, an entry's is what init got, less its own variables.
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "phase/phase.h"
#include "spec/parse.h"

#define USUAL_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// A box's own; short environments leave the rest of the list untouched.
static BOX_BSS struct {
	char home[512], hostname[96], term[64];
	const char *list[MAX_ENV + 8];
} made;

static const char **environment; // the array being filled
static size_t used;

static const char *lookup(const char *const *env, const char *name)
{
	size_t n = strlen(name);

	for (; *env; env++)
		if (!strncmp(*env, name, n) && (*env)[n] == '=')
			return *env + n + 1;
	return NULL;
}

static bool same_name(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return strcspn(b, "=") == n && !memcmp(a, b, n);
}

// The last value of a name wins; what the user gives wins over the defaults.
static void add(const char *entry)
{
	for (size_t i = 0; i < used; i++) {
		if (!same_name(environment[i], entry))
			continue;
		environment[i] = entry;
		return;
	}
	environment[used++] = entry;
}

static int add_home(const struct box *box)
{
	if (fmt(made.home, sizeof(made.home), "HOME=%s", box->home))
		return fail("execve", "HOME");
	add(made.home);
	return 0;
}

static int environment_of_box(const struct box *box)
{
	const char *terminal = lookup((const char *const *)environ, "TERM");

	environment = made.list;
	add("PATH=" USUAL_PATH);
	if (box->spec->hostname) {
		if (fmt(made.hostname, sizeof(made.hostname), "HOSTNAME=%s", box->spec->hostname))
			return fail("execve", "HOSTNAME");
		add(made.hostname);
	}
	if (add_home(box))
		return -1;
	add("container=initbox");
	if (box->spec->tty && !terminal)
		terminal = "xterm";
	if (terminal && (box->spec->tty || isatty(STDIN_FILENO)) && !fmt(made.term, sizeof(made.term), "TERM=%s", terminal))
		add(made.term);
	return 0;
}

// sd_listen_fds(3): the descriptors are meant for the process whose pid stands there, which is the program.
static void hand_over_listen_pid(void)
{
	static char text[32];
	char old[32];

	for (char **e = environ; *e; e++) {
		if (strncmp(*e, "LISTEN_PID=", 11) || fmt(old, sizeof(old), "LISTEN_PID=%d", (int)getppid()))
			continue;
		if (!strcmp(*e, old) && !fmt(text, sizeof(text), "LISTEN_PID=%d", (int)getpid()))
			*e = text;
	}
}

// In place, unless something is added: environments can be large.
static int environment_of_entry(const struct box *box)
{
	char **to = environ;
	void *array;
	size_t size;

	for (char **e = environ; *e; e++)
		if (!parse_is_own_variable(*e))
			*to++ = *e;
	*to = NULL;
	hand_over_listen_pid();
	environment = (const char **)(void *)environ;
	used = (size_t)(to - environ);
	if (!box->spec->env_count && !box->home)
		return 0;
	size = (used + box->spec->env_count + 2) * sizeof(*environment);
	array = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (array == MAP_FAILED)
		return fail("mmap", "environment");
	environment = memcpy(array, environ, used * sizeof(*environment));
	return box->home ? add_home(box) : 0;
}

static int environ_up(struct box *box)
{
	const struct spec *s = box->spec;

	if (s->entry ? environment_of_entry(box) : environment_of_box(box))
		return -1;
	for (unsigned i = 0; i < s->env_count; i++)
		add(s->env[i]);
	environment[used] = NULL;
	box->environment = environment;
	box->path = lookup(environment, "PATH");
	if (!box->path)
		box->path = USUAL_PATH;
	return 0;
}

const struct phase phase_environ = {"environ", NULL, environ_up};
