// SPDX-License-Identifier: MIT
// base/sha256: the examples of FIPS 180-4, and lengths around a block.
#include "unit.h"

#include "base/sha256.h"

static void expect_digest(const char *text, size_t n, size_t step, const char *want)
{
	struct sha256 h;
	char hex[65];

	sha256_begin(&h);
	for (size_t at = 0; at < n; at += step)
		sha256_add(&h, text + at, n - at < step ? n - at : step);
	sha256_end(&h, hex);
	assert_string_equal(hex, want);
}

static void knows_the_examples(void **state)
{
	static char million[1000000];
	static const struct {
		const char *text, *digest;
	} rows[] = {
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		expect_digest(rows[i].text, strlen(rows[i].text), 1000, rows[i].digest);
		expect_digest(rows[i].text, strlen(rows[i].text), 1, rows[i].digest);
	}
	memset(million, 'a', sizeof(million));
	expect_digest(million, sizeof(million), 777, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	expect_digest(million, 55, 64, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
	expect_digest(million, 56, 64, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a");
	expect_digest(million, 64, 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_examples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
