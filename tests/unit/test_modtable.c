// SPDX-License-Identifier: MIT
// spec/modtable: the tables of modules, patterns of aliases (beside fnmatch(3)), parameters on the kernel's command line.
#include "unit.h"

#include <fnmatch.h>

#include "spec/modtable.h"

#define SPAN(s) ((struct modspan){(s), strlen(s)})

static void expect(struct modspan span, const char *text)
{
	assert_int_equal(span.n, strlen(text));
	assert_memory_equal(span.p, text, span.n);
}

static void reads_the_list(void **state)
{
	struct modspan text = SPAN("\n/lib/modules/a.ko\n?-/lib/modules/b-b.ko.xz x=1 y=\"a # b\" # a\n\n"
				   "-/c.ko\n?/d.ko # c");
	struct modline l;

	(void)state;
	assert_true(modtable_next(&text, &l));
	expect(l.path, "/lib/modules/a.ko");
	expect(modtable_name(l.path), "a");
	assert_false(l.optional || l.on_demand || l.parameters.n || l.needed_by.n);
	assert_true(modtable_next(&text, &l));
	expect(l.path, "/lib/modules/b-b.ko.xz");
	expect(l.parameters, "x=1 y=\"a # b\"");
	expect(l.needed_by, "a");
	assert_true(l.optional && l.on_demand);
	assert_true(modtable_same(modtable_name(l.path), SPAN("b_b")));
	assert_false(modtable_same(modtable_name(l.path), SPAN("b_")));
	assert_true(modtable_next(&text, &l));
	assert_true(l.optional && !l.on_demand);
	assert_true(modtable_next(&text, &l));
	expect(l.path, "/d.ko");
	expect(l.needed_by, "c");
	assert_int_equal(l.parameters.n, 0);
	assert_false(modtable_next(&text, &l));
}

// In memory of exactly their sizes.
static bool matches(const char *pattern, const char *alias)
{
	char *p = unit_exact(pattern, strlen(pattern)), *a = unit_exact(alias, strlen(alias) + 1);
	bool ret = modtable_match((struct modspan){p, strlen(pattern)}, a);

	free(p);
	free(a);
	return ret;
}

static void matches_as_fnmatch(void **state)
{
	static const char *const patterns[] = {
		"",	 "*",	   "**",	"?",	   "a",	     "a*",     "*a",	"a*b",	  "a*b*c",     "*a*b*",
		"pci:v00001AF4d*sv*sd*bc*sc*i*", "usb:v0BDApE138d00[0-1][0-9]dc*", "[ab]", "[!ab]c", "x[a-c]*[0-9]", "[]]", "[^]]",
		"acpi*:PNP0A03:*", "a?c", "*?*", "virtio:d00000002v*", "[a-]", "*[z]",
	};
	static const char *const aliases[] = {
		"",    "a",   "b",   "ab",  "aab", "abc", "abcabc", "axxbxxc", "c", "bc", "xb7", "xc77x", "]",	"-", "z", "zz",
		"pci:v00001AF4d00001000sv00001AF4sd00000001bc02sc00i00", "pci:v00001AF4d00001000sv00001AF4sd00000001bc02sc00",
		"usb:v0BDApE138d0017dc00", "usb:v0BDApE138d0027dc00", "acpi:PNP0A03:", "virtio:d00000002v00001AF4",
	};

	(void)state;
	for (size_t p = 0; p < COUNT(patterns); p++)
		for (size_t a = 0; a < COUNT(aliases); a++)
			if (matches(patterns[p], aliases[a]) != (fnmatch(patterns[p], aliases[a], 0) == 0))
				unit_fail("pattern \"%s\", alias \"%s\"", patterns[p], aliases[a]);
	assert_true(matches("nft_expr_masq", "nft-expr-masq"));
	assert_false(matches("[", "["));
	assert_false(matches("[a", "b"));
}

// Patterns and aliases of a few letters, by chance.
static void matches_as_fnmatch_by_chance(void **state)
{
	static const char pattern_letters[] = "aab*?b", alias_letters[] = "ab";
	char pattern[10], alias[12];

	(void)state;
	srand(1);
	for (int i = 0; i < 100000; i++) {
		size_t p = (size_t)rand() % sizeof(pattern), a = (size_t)rand() % sizeof(alias);

		for (size_t n = 0; n < p; n++)
			pattern[n] = pattern_letters[(size_t)rand() % 6];
		for (size_t n = 0; n < a; n++)
			alias[n] = alias_letters[(size_t)rand() % 2];
		pattern[p] = alias[a] = '\0';
		if (matches(pattern, alias) != (fnmatch(pattern, alias, 0) == 0))
			unit_fail("pattern \"%s\", alias \"%s\"", pattern, alias);
	}
}

static const char table[] = "acpi*:PNP0501:* serial\n"
			    "fs_squashfs squashfs\n"
			    "nft_expr_masq libcrc32c -nf_x nft_masq\n"
			    "pci:v00001AF4d*sv* virtio_ring virtio_pci\n"
			    "pci:v*d*sv*sd*bc02sc* net\n"
			    "sg sg\n"
			    "sg_more other\n"
			    "squashfs squashfs\n"
			    "zz last";

static void finds(const char *alias, const char *all)
{
	struct modspan rows = {table, sizeof(table) - 1}, names;
	char found[200] = "";

	while (modtable_alias(&rows, alias, &names)) {
		strncat(found, names.p, names.n);
		strcat(found, ";");
	}
	assert_string_equal(found, all);
	assert_false(modtable_alias(&rows, alias, &names));
}

static void finds_aliases(void **state)
{
	struct modspan none = {table, 0}, names;

	(void)state;
	finds("fs-squashfs", " squashfs;");
	finds("nft-expr-masq", " libcrc32c -nf_x nft_masq;");
	finds("pci:v00001AF4d00001000sv00001AF4sd00000001bc02sc00i00", " virtio_ring virtio_pci; net;");
	finds("pci:v00008086d00001000sv00001AF4sd00000001bc02sc00i00", " net;");
	finds("acpi:PNP0501:", " serial;");
	finds("sg", " sg;");
	finds("s", "");
	finds("", "");
	finds("zz", " last;");
	finds("zzz", "");
	finds("aaa", "");
	finds("virtio:d00000001v00001AF4", "");
	assert_false(modtable_alias(&none, "sg", &names));
}

// Any cut of the table, in memory of that size.
static void reads_no_further(void **state)
{
	(void)state;
	for (size_t n = 0; n <= sizeof(table) - 1; n++) {
		char *copy = unit_exact(table, n);
		struct modspan rows = {copy, n}, text = {copy, n}, names;
		struct modline l;

		while (modtable_alias(&rows, "pci:v00001AF4d1sv2sd3bc02sc0", &names))
			assert_true(names.p + names.n <= copy + n);
		while (modtable_next(&text, &l))
			assert_true(l.path.p + l.path.n <= copy + n);
		free(copy);
	}
}

static void takes_parameters(const char *cmdline, const char *module, const char *want)
{
	char text[100] = "";
	struct buf b = BUF(text);

	modtable_parameters(&b, cmdline, SPAN(module));
	assert_string_equal(text, want);
}

static void reads_the_command_line(void **state)
{
	(void)state;
	takes_parameters("quiet loop.max_loop=4 loop.hw_queue_depth=7 loopback.x=1 loop= loop. .x", "loop",
			 " max_loop=4 hw_queue_depth=7");
	takes_parameters("virtio-net.napi_tx=0", "virtio_net", " napi_tx=0");
	takes_parameters("a.text=\"b c\" \"a.other=d e\" a.flag \"a.flag2\" b.text=a.b=c", "a", " text=\"b c\" other=\"d e\" flag flag2");
	takes_parameters("a.x=1 -- a.y=2", "a", " x=1");
	takes_parameters("x=a.y a.b.c=1", "a", " b.c=1");
	takes_parameters("", "a", "");
	takes_parameters("a.x=\"open", "a", " x=\"open");
	takes_parameters("\"", "a", "");
}

static void reads_nodes(void **state)
{
	struct modspan text = SPAN("loop loop-control c10:237\n\nx y\nx y z\nx y c1\nx y c1:\nx y d1:2\nx y c1:-2\nmd md0 b9:0");
	struct modnode node;

	(void)state;
	assert_true(modtable_node(&text, &node));
	expect(node.path, "loop-control");
	assert_true(node.major == 10 && node.minor == 237 && !node.block);
	assert_true(modtable_node(&text, &node));
	expect(node.path, "md0");
	assert_true(node.major == 9 && node.minor == 0 && node.block);
	assert_false(modtable_node(&text, &node));
}

static void reads_blacklists(void **state)
{
	static const char cmdline[] = "quiet module_blacklist=a,virtio-blk modprobe.blacklist=,loop xmodule_blacklist=no";

	(void)state;
	assert_true(modtable_is_blacklisted(cmdline, SPAN("a")));
	assert_true(modtable_is_blacklisted(cmdline, SPAN("virtio_blk")));
	assert_true(modtable_is_blacklisted(cmdline, SPAN("loop")));
	assert_false(modtable_is_blacklisted(cmdline, SPAN("loo")));
	assert_false(modtable_is_blacklisted(cmdline, SPAN("no")));
	assert_false(modtable_is_blacklisted("", SPAN("a")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_list),   cmocka_unit_test(matches_as_fnmatch), cmocka_unit_test(matches_as_fnmatch_by_chance),
		cmocka_unit_test(finds_aliases),    cmocka_unit_test(reads_no_further),	  cmocka_unit_test(reads_the_command_line),
		cmocka_unit_test(reads_nodes),	    cmocka_unit_test(reads_blacklists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
