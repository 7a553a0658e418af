// SPDX-License-Identifier: MIT
// base/uevent: an event of the kernel.
#include "fuzz.h"

#include "base/uevent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size ? size : 1);
	struct uevent e;

	if (!text)
		abort();
	memcpy(text, data, size);
	if (uevent_parse(&e, text, size) == 0) {
		const char *const all[] = {e.action, e.devpath, e.subsystem, e.devname, e.devtype, e.modalias};

		fuzz_check(e.action && e.devpath);
		for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
			fuzz_check(!all[i] || (all[i] > text && all[i] + strlen(all[i]) < text + size));
	}
	free(text);
	return 0;
}
