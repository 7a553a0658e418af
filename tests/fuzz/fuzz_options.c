// SPDX-License-Identifier: MIT
// spec/options: a command line, a word a line; its first byte says whose it is.
#include "fuzz.h"

#include "spec/options.h"

enum { MAX_ARGUMENTS = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *argv[MAX_ARGUMENTS + 1] = {NULL};
	struct spec *s = fuzz_spec();
	bool entry = size > 0 && data[0] == 'e';
	char *text = size > 0 ? fuzz_text(data + 1, size - 1) : fuzz_text("", 0);
	enum parse_result result;
	int argc = 0;

	for (char *word = strtok(text, "\n"); word && argc < MAX_ARGUMENTS; word = strtok(NULL, "\n"))
		argv[argc++] = fuzz_text(word, strlen(word));
	result = parse_options(s, entry ? SCOPE_ENTRY : SCOPE_BOX, NULL, argc, argv);
	fuzz_check(result == PARSE_BAD || result == PARSE_OK || result == PARSE_HELP || result == PARSE_VERSION);
	fuzz_result(result == PARSE_BAD ? -1 : 0);
	if (result == PARSE_OK) {
		fuzz_check(s->command + s->command_count == (const char *const *)(argv + argc));
		fuzz_result(entry ? spec_check_entry(s) : spec_check(s));
	}
	fuzz_end();
	return 0;
}
