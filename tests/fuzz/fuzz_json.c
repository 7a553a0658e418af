// SPDX-License-Identifier: MIT
// tools/json: a text, and the tree that it becomes.
#include "fuzz.h"

#include "json.h"

// Goes through the whole tree without recursion, by the links that a reader follows.
static void walk(const struct json_value *v)
{
	unsigned depth = 0;

	while (v) {
		uint64_t n;

		fuzz_check(v->line > 0 && v->column > 0 && depth <= JSON_MAX_DEPTH);
		fuzz_check(!v->parent || (v->parent->type == JSON_OBJECT ? v->key != NULL : v->key == NULL));
		fuzz_check(v->type != JSON_STRING || v->text[v->length] == '\0');
		fuzz_check(json_uint(v, 1000, &n) || n <= 1000);
		fuzz_check(!v->key || json_get(v->parent, v->key) == v);
		if (v->child) {
			v = v->child;
			depth++;
			continue;
		}
		while (v && !v->next) {
			v = v->parent;
			depth--;
		}
		v = v ? v->next : NULL;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_error error = {0};
	char *text = malloc(size + 1);
	struct json_value *root;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	root = json_parse(text, size, &error);
	fuzz_check(root || (error.line > 0 && error.column > 0 && error.reason));
	walk(root);
	json_free(root);
	free(text);
	return 0;
}
