// SPDX-License-Identifier: MIT
/*
 * The payload of the bench. Linked static with musl it costs the kernel one small exec, so that what is
 * measured is the launcher: a static busybox would add three times as much as the smallest launch.
 */
int main(void)
{
	return 0;
}
