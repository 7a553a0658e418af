// SPDX-License-Identifier: MIT
// What a kernel module says about itself. Pure functions over bytes that may be
// anything: nothing outside of the given buffer is read.
#ifndef TOOLS_KMOD_H
#define TOOLS_KMOD_H

#include <stdbool.h>
#include <stddef.h>

enum { KMOD_NAME_MAX = 63 };	// bytes; more than the 55 that the kernel takes (MODULE_NAME_LEN)

// A piece of text that no NUL needs to end.
struct kmod_text {
	const char *at;
	size_t size;
};

// Finds the .modinfo section of an ELF file, 32 or 64 bit, of either byte
// order. Returns NULL and sets *out (it points into elf), or says what is wrong.
const char *kmod_find_modinfo(const void *elf, size_t size, struct kmod_text *out)
	__attribute__((warn_unused_result));

// Steps through the values of key in a .modinfo section, which is a row of
// "key=value" strings. *at is 0 at first. Returns false after the last one.
bool kmod_next_value(struct kmod_text modinfo, const char *key, size_t *at, struct kmod_text *value)
	__attribute__((warn_unused_result));

// Cuts the next word off *list: words are separated by any of the bytes of
// separators. Returns false when there is none.
bool kmod_next_word(struct kmod_text *list, const char *separators, struct kmod_text *word)
	__attribute__((warn_unused_result));

// The module's name for a word or path: what stands after the last '/', without
// .ko, .ko.gz, .ko.xz and .ko.zst, with '-' as '_'. Returns false if the name
// is empty, too long or has bytes that no module's name has.
bool kmod_name(struct kmod_text from, char name[static KMOD_NAME_MAX + 1])
	__attribute__((warn_unused_result));

// Which program undoes the compression of a module's file, by its suffix:
// "" for .ko, "gzip", "xz", "zstd"; NULL if path is no module's file.
const char *kmod_compression(const char *path) __attribute__((warn_unused_result));

// Whether the module has that parameter ('-' as '_'). All have dyndbg.
bool kmod_has_parameter(struct kmod_text modinfo, struct kmod_text name) __attribute__((warn_unused_result));

// The size of a module's file without the signature at its end, if it has one
// (struct module_signature of the kernel's include/linux/module_signature.h).
size_t kmod_unsigned_size(struct kmod_text file) __attribute__((warn_unused_result));

#endif
