// SPDX-License-Identifier: MIT
// spec/parse: the kernel's command line, and what spec_check makes of it.
#include "fuzz.h"

#include "spec/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = fuzz_text(data, size), *name = parse_cmdline_value(text, "name");
	struct spec *s = fuzz_spec();
	int ret = parse_cmdline(s, text);

	fuzz_result(ret);
	// What is read before is what is read then.
	fuzz_check(ret || (name ? s->name && !strcmp(s->name, name) : !s->name));
	if (ret == 0)
		fuzz_result(spec_check(s));
	fuzz_end();
	return 0;
}
