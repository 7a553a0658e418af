// SPDX-License-Identifier: MIT
// spec/value*: one setting, KEY=VALUE. What is refused has changed nothing.
#include "fuzz.h"

#include "spec/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct spec before;
	char *text = fuzz_text(data, size), *equals = strchr(text, '=');
	const struct key *key = equals ? key_find(text, (size_t)(equals - text)) : NULL;
	struct spec *s;
	int ret;

	if (key) {
		s = fuzz_spec();
		memcpy(&before, s, sizeof(before));
		ret = key_set(key, s, fuzz_text(equals + 1, strlen(equals + 1)), "fuzz");
		fuzz_result(ret);
		// A list of words is replaced by what can be read of it; a file sets line by line.
		fuzz_check(ret == 0 || key->type == KEY_WORDS || key->type == KEY_ENV_FILE ||
			   !memcmp(&before, s, sizeof(before)));
		s = fuzz_spec();
		fuzz_result(key_set_words(key, s, fuzz_text(equals + 1, strlen(equals + 1)), "fuzz"));
	}
	fuzz_end();
	return 0;
}
