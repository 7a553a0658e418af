// SPDX-License-Identifier: MIT
// spec/parse: the variables of an entry, one a line, and the same text as a file of --env-file.
#include "fuzz.h"

#include "spec/parse.h"

enum { MAX_VARIABLES = 64 };

static char **variables(char *text)
{
	static char *env[MAX_VARIABLES + 1];
	unsigned n = 0;

	for (char *line = strtok(text, "\n"); line && n < MAX_VARIABLES; line = strtok(NULL, "\n"))
		env[n++] = fuzz_text(line, strlen(line));
	env[n] = NULL;
	return env;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct spec *s = fuzz_spec();
	int ret = parse_environment(s, variables(fuzz_text(data, size)));

	fuzz_result(ret);
	if (ret == 0)
		fuzz_result(spec_check_entry(s));
	fuzz_end();

	s = fuzz_spec();
	ret = parse_env_file(s, fuzz_text(data, size), size, "file.env");
	fuzz_result(ret);
	for (unsigned i = 0; i < s->env_count; i++)
		fuzz_check(s->env[i][0] != '=' && strchr(s->env[i], '='));
	fuzz_end();
	return 0;
}
