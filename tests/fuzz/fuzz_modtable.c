// SPDX-License-Identifier: MIT
// spec/modtable: the tables of modules in an image, patterns, parameters on the kernel's command line. The first line of an
// input is what is asked for.
#include "fuzz.h"

#include "spec/modtable.h"

static void check_inside(struct modspan part, const char *text, size_t size)
{
	fuzz_check(part.n == 0 || (part.p >= text && part.p + part.n <= text + size));
}

// A pattern without wildcards matches itself and nothing else.
static void check_literal(const char *word)
{
	struct modspan pattern = {word, strlen(word)};

	if (word[0] && !strpbrk(word, "*?[")) {
		fuzz_check(modtable_match(pattern, word));
		pattern.n--;
		fuzz_check(!modtable_match(pattern, word));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *eol = memchr(data, '\n', size);
	size_t asked = eol ? (size_t)(eol - data) : size, rest = size - asked - !!eol;
	const char *alias = fuzz_text(data, asked);
	char *table = malloc(rest ? rest : 1);
	struct modspan text = {table, rest}, rows = {table, rest}, names, word;
	struct modline line;
	struct modnode node;
	char out[300] = "";
	struct buf b = {.p = out, .cap = sizeof(out)};

	if (!table)
		abort();
	memcpy(table, data + size - rest, rest);
	while (modtable_next(&text, &line)) {
		fuzz_check(line.path.n > 0);
		check_inside(line.path, table, rest);
		check_inside(line.parameters, table, rest);
		check_inside(line.needed_by, table, rest);
		check_inside(modtable_name(line.path), table, rest);
	}
	text = (struct modspan){table, rest};
	while (modtable_node(&text, &node))
		check_inside(node.path, table, rest);
	while (modtable_alias(&rows, alias, &names))
		while (modtable_word(&names, &word))
			check_inside(word, table, rest);
	check_literal(alias);
	modtable_parameters(&b, fuzz_text(table, rest), (struct modspan){alias, strlen(alias)});
	(void)modtable_is_blacklisted(alias, (struct modspan){table, rest});
	fuzz_check(b.len < sizeof(out) && out[b.len] == '\0');
	free(table);
	fuzz_end();
	return 0;
}
