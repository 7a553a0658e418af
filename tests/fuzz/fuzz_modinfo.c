// SPDX-License-Identifier: MIT
// tools/kmod: the file of a kernel module, and the words in it.
#include "fuzz.h"

#include "kmod.h"

static void walk(struct kmod_text info)
{
	static const char *const keys[] = {"depends", "softdep", "alias", "name", "parm", ""};
	char name[KMOD_NAME_MAX + 1];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct kmod_text value, word;
		size_t at = 0;

		while (kmod_next_value(info, keys[i], &at, &value)) {
			fuzz_check(value.at >= info.at && value.at + value.size <= info.at + info.size);
			while (kmod_next_word(&value, ", ", &word)) {
				fuzz_check(word.size > 0 && word.at >= info.at && word.at + word.size <= info.at + info.size);
				fuzz_check(!kmod_name(word, name) || (name[0] && !strpbrk(name, "/- \n")));
			}
		}
		fuzz_check(at <= info.size);
		(void)kmod_has_parameter(info, (struct kmod_text){keys[i], strlen(keys[i])});
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *elf = malloc(size ? size : 1);
	struct kmod_text info;

	if (!elf)
		abort();
	memcpy(elf, data, size);
	fuzz_check(kmod_unsigned_size((struct kmod_text){elf, size}) <= size);
	if (!kmod_find_modinfo(elf, size, &info)) {
		fuzz_check(info.size == 0 || (info.at >= elf && info.at + info.size <= elf + size));
		walk(info);
	}
	walk((struct kmod_text){elf, size}); // as if the section were all of it
	free(elf);
	return 0;
}
