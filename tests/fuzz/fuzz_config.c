// SPDX-License-Identifier: MIT
// spec/parse: a configuration file, and what spec_check makes of it.
#include "fuzz.h"

#include "spec/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct spec *s = fuzz_spec();
	int ret = parse_config(s, fuzz_text(data, size), size, "initbox.conf");

	fuzz_result(ret);
	fuzz_check(ret == 0 || !strncmp(err_last.object, "initbox.conf:", 13) || err_last.no);
	if (ret == 0)
		fuzz_result(spec_check(s));
	fuzz_end();
	return 0;
}
