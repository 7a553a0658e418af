// SPDX-License-Identifier: MIT
// What file system a disk holds, by its superblock: ext2 ext3 ext4 xfs btrfs squashfs erofs vfat iso9660; and, so that they
// can be named, some that nothing is mounted of.
// Source: the kernel's fs/*/ headers, libblkid's manual for the names and the forms of UUIDs.
#pragma once
#include "base/disk.h"

enum { MAX_FS_LABEL = 256 };

struct superblock {
	const char *type;	      // as blkid calls it; NULL: nothing that is known here
	const char *driver;	      // of the kernel; NULL: it can't be mounted (swap, crypto_LUKS)
	char uuid[40];		      // as blkid writes it; empty: has none
	char label[MAX_FS_LABEL + 1]; // UTF-8, as it stands there; empty: has none
	const char *damage;	      // why it can't be whole, for the end of an error line; NULL: nothing speaks against it
};

void superblock_read(const struct disk *d, struct superblock *sb);
