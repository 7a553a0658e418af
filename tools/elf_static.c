// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "elf_static.h"

#include <elf.h>
#include <stdint.h>
#include <string.h>

const char *elf_static(const unsigned char *bytes, size_t size)
{
	const uint16_t one = 1;
	Elf64_Ehdr header;

	if (size < sizeof(header) || memcmp(bytes, ELFMAG, SELFMAG))
		return "not an ELF file";
	if (bytes[EI_CLASS] != ELFCLASS64 || bytes[EI_DATA] != (*(const char *)&one ? ELFDATA2LSB : ELFDATA2MSB))
		return NULL; // of another machine: not looked into
	memcpy(&header, bytes, sizeof(header));
	if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
		return "an ELF file, but no program";
	if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phoff > size ||
	    header.e_phnum > (size - header.e_phoff) / sizeof(Elf64_Phdr))
		return "an ELF file whose program headers are outside of it";
	for (size_t i = 0; i < header.e_phnum; i++) {
		Elf64_Phdr part;

		memcpy(&part, bytes + header.e_phoff + i * sizeof(part), sizeof(part));
		if (part.p_type == PT_INTERP)
			return "not a static program: it needs a dynamic linker";
	}
	return NULL;
}
