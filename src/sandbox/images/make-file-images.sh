#!/bin/sh
# Makes the images that files are read from in tests and benches: *.blocks.gz, packed by pack-image.py.
# Needs root, loop devices, mke2fs (e2fsprogs 1.47), mkntfs and ntfs-3g with FUSE, mkfs.vfat, mtools, python3. Tests need none of these.
# What a kernel writes differs from run to run in times and identifiers; what tests say of the files does not.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
mnt=$work/mnt
mkdir "$mnt"
trap 'umount "$mnt" 2>/dev/null || true; rm -rf "$work"' EXIT
export SOURCE_DATE_EPOCH=1767225600 E2FSPROGS_FAKE_TIME=1767225600 TZ=UTC LC_ALL=C.UTF-8
id=6f1d2c3a-0b4e-4c5d-8e6f-708192a3b4c5
pack() { python3 "$here/pack-image.py" "$work/$1" "$here/$2.blocks.gz"; }
wanted() { [ -z "${ONLY:-}" ] || [ "$ONLY" = "$1" ]; }
readings() { python3 -c "
import sys
rows = ''.join(f'{i},2025-06-{1 + i % 28:02d},sensor-{i * 7919 % 40:02d},{i * 104729 % 100000 / 100:.2f}\n' for i in range(40000))
sys.stdout.write(rows[:int(sys.argv[1])])" "$1"; }

# 1 TiB of ext4 without a partition table: 10,000 names in one folder, a file of 1 MiB.
if wanted ext4-1tib; then
  tree=$work/tree
  mkdir -p "$tree/many" "$tree/srv/data"
  (cd "$tree/many" && seq -f 'entry-%05g.txt' 1 10000 | xargs touch -d 2026-01-01)
  readings 1048576 > "$tree/srv/data/readings.csv"
  touch -d 2026-01-01 "$tree/srv/data/readings.csv"
  truncate -s 1T "$work/big"
  mke2fs -q -F -t ext4 -U $id -O sparse_super2 -d "$tree" \
    -E hash_seed=$id,num_backup_sb=0,lazy_itable_init=1,lazy_journal_init=1,root_owner=0:0 "$work/big"
  pack big ext4-1tib
fi

# ext4 as a snapshot of a running machine has it: `late.txt` and a folder exist in the journal alone, `gone.txt` was deleted there.
if wanted ext4-dirty; then
  truncate -s 12M "$work/dirty"
  mke2fs -q -F -t ext4 -U $id -J size=4 "$work/dirty"
  mount -o loop,commit=1000 "$work/dirty" "$mnt"
  echo early > "$mnt/early.txt"
  echo gone > "$mnt/gone.txt"
  umount "$mnt"
  mount -o loop,commit=1000 "$work/dirty" "$mnt"
  mkdir -p "$mnt/late folder"
  echo 'written late' > "$mnt/late.txt"
  echo inside > "$mnt/late folder/inside.txt"
  rm "$mnt/gone.txt"
  python3 -c "import os, sys; f = os.open(sys.argv[1], os.O_RDONLY); os.fsync(f); g = os.open(sys.argv[1] + '/late.txt', os.O_RDONLY); os.fsync(g); h = os.open(sys.argv[1] + '/late folder/inside.txt', os.O_RDONLY); os.fsync(h)" "$mnt"
  cp --sparse=always "$work/dirty" "$work/dirty-copy"
  umount "$mnt"
  pack dirty-copy ext4-dirty
fi

# What is legal and odd: devices, links in circles, names that are no UTF-8, a tree 200 folders deep, a file of 2 TiB without a byte.
if wanted ext4-odd; then
  truncate -s 16M "$work/odd"
  mke2fs -q -F -t ext4 -U $id -O inline_data,large_dir -I 256 -J size=4 "$work/odd"
  mount -o loop "$work/odd" "$mnt"
  mknod "$mnt/sda" b 8 0
  mkfifo "$mnt/pipe"
  ln -s loop-b "$mnt/loop-a"
  ln -s loop-a "$mnt/loop-b"
  ln -s ../../../etc/passwd "$mnt/way-out"
  ln -s "/a/long/way/$(printf 'x%.0s' $(seq 100))" "$mnt/long-link"
  python3 - "$mnt" <<'PY'
import os, sys
root = os.fsencode(sys.argv[1])
open(root + b'/latin-\xe4.txt', 'w').write('latin\n')
open(root + b'/new\nline.txt', 'w').write('line\n')
open(root + b'/back\\slash.txt', 'w').write('slash\n')
open(root + '/Übersicht 2025 – ж 中.txt'.encode(), 'w').write('unicode\n')
open(root + b'/tiny.txt', 'w').write('in the inode\n')
open(root + b'/inline-more.txt', 'w').write('m' * 100)
open(root + b'/..twodots', 'w').write('dots\n')
with open(root + b'/sparse.bin', 'wb') as f:
    f.truncate(2 << 40)
with open(root + b'/holes.bin', 'wb') as f:
    for i in range(40):
        f.seek(i * 20000)
        f.write(b'%04d' % i)
    f.truncate(1000000)
deep = root + b'/deep'
os.mkdir(deep)
os.chdir(deep)
for i in range(200):
    os.mkdir(b'd'); os.chdir(b'd')
open(b'bottom.txt', 'w').write('bottom\n')
os.chdir('/')
PY
  chmod 4755 "$mnt/tiny.txt"
  umount "$mnt"
  pack odd ext4-odd
fi

# ext2 of blocks of 1 KiB: pointers three deep instead of extents; ext4 with its descriptors spread over the disk.
if wanted ext2-pointers; then
  tree=$work/tree2
  mkdir -p "$tree/folder"
  readings 200000 > "$tree/folder/readings.csv"
  touch -d 2026-01-01 "$tree/folder/readings.csv"
  truncate -s 6M "$work/ext2"
  mke2fs -q -F -t ext2 -b 1024 -U $id -d "$tree" "$work/ext2"
  mount -o loop "$work/ext2" "$mnt"
  python3 -c "
import sys
with open(sys.argv[1] + '/far.bin', 'wb') as f:
    for at in (0, 11 << 10, 12 << 10, 267 << 10, 268 << 10, 65803 << 10, 65804 << 10, 70000 << 10):
        f.seek(at); f.write(b'%010d' % at)" "$mnt"
  umount "$mnt"
  pack ext2 ext2-pointers
  truncate -s 48M "$work/meta"
  mke2fs -q -F -t ext4 -b 1024 -g 1024 -N 2048 -O meta_bg,^resize_inode,64bit,^has_journal -U $id -d "$tree" "$work/meta"
  pack meta ext4-meta-groups
fi

# A Windows disk: GPT with an EFI partition (FAT16), a reserved one, and NTFS with compressed, sparse and linked files.
if wanted windows; then
  truncate -s 8M "$work/efi"
  mkfs.vfat -F 16 -s 1 -n EFI -i 20260101 "$work/efi" > /dev/null
  mmd -i "$work/efi" ::/EFI ::/EFI/Boot
  echo 'no real loader' > "$work/loader"
  mcopy -i "$work/efi" "$work/loader" '::/EFI/Boot/a long loader name.efi'
  truncate -s 16M "$work/ntfs"
  mkntfs -F -q -f -L Windows "$work/ntfs" > /dev/null 2>&1
  ntfs-3g -o compression,streams_interface=windows "$work/ntfs" "$mnt"
  mkdir -p "$mnt/Users/Åsa/Documents" "$mnt/packed"
  echo 'Guten Tag' > "$mnt/Users/Åsa/Documents/brief – ж 中.txt"
  readings 150000 > "$mnt/Users/Åsa/Documents/readings.csv"
  python3 -c "import os, sys; os.setxattr(sys.argv[1], 'system.ntfs_attrib', b'\x00\x08\x00\x00')" "$mnt/packed"
  readings 150000 > "$mnt/packed/readings.csv"
  echo hidden > "$mnt/Users/Åsa/Documents/readings.csv:stream"
  ln "$mnt/Users/Åsa/Documents/readings.csv" "$mnt/Users/linked.csv"
  ln -s Users/linked.csv "$mnt/way.lnk"
  python3 -c "
import sys
with open(sys.argv[1] + '/sparse.bin', 'wb') as f:
    f.truncate(3 << 30); f.seek(1 << 30); f.write(b'middle')" "$mnt"
  umount "$mnt"
  python3 - "$work" <<'PY'
import struct, sys, uuid, zlib
work = sys.argv[1]
size = 32 << 20
sectors = size // 512
parts = [('c12a7328-f81f-11d2-ba4b-00a0c93ec93b', 2048, 8 << 20, 'EFI system partition', 'efi'),
         ('e3c9e316-0b5c-4db8-817d-f92df00215ae', 2048 + 16384, 1 << 20, 'Microsoft reserved partition', None),
         ('ebd0a0a2-b9e5-4433-87c0-68b6b72699c7', 2048 + 16384 + 2048, 16 << 20, 'Basic data partition', 'ntfs')]
with open(work + '/windows', 'wb') as disk:
    disk.truncate(size)
    mbr = bytearray(512)
    mbr[446:462] = struct.pack('<BBBBBBBBII', 0, 0, 2, 0, 0xee, 255, 255, 255, 1, sectors - 1)
    mbr[510:] = b'\x55\xaa'
    entries = bytearray(128 * 128)
    for i, (kind, start, length, name, content) in enumerate(parts):
        own = uuid.uuid5(uuid.NAMESPACE_URL, name).bytes_le
        entries[i * 128:(i + 1) * 128] = uuid.UUID(kind).bytes_le + own + struct.pack('<QQQ', start, start + length // 512 - 1, 0) + name.encode('utf-16le').ljust(72, b'\0')
        if content:
            disk.seek(start * 512)
            disk.write(open(work + '/' + content, 'rb').read())
    def header(own, other, table):
        head = struct.pack('<8sIIIIQQQQ16sQIII', b'EFI PART', 0x10000, 92, 0, 0, own, other, 34, sectors - 34, uuid.uuid5(uuid.NAMESPACE_URL, 'disk').bytes_le, table, 128, 128, zlib.crc32(entries))
        return head[:16] + struct.pack('<I', zlib.crc32(head)) + head[20:]
    disk.seek(0); disk.write(mbr)
    disk.seek(512); disk.write(header(1, sectors - 1, 2))
    disk.seek(1024); disk.write(entries)
    disk.seek((sectors - 33) * 512); disk.write(entries)
    disk.seek((sectors - 1) * 512); disk.write(header(sectors - 1, 1, sectors - 33))
PY
  pack windows windows
fi

# NTFS with 20,000 files, all of one moment: what differs does not compress.
if wanted ntfs-20000; then
  truncate -s 64M "$work/many"
  mkntfs -F -q -f "$work/many" > /dev/null 2>&1
  ntfs-3g "$work/many" "$mnt"
  python3 -c "
import os, struct, sys
moment = struct.pack('<4Q', *[(1767225600 + 11644473600) * 10**7] * 4)
for d in range(200):
    os.mkdir(f'{sys.argv[1]}/folder {d:03d}')
    for f in range(100):
        path = f'{sys.argv[1]}/folder {d:03d}/file {f:03d}.txt'
        open(path, 'w').write(f'{d} {f}')
        os.setxattr(path, 'system.ntfs_times', moment)" "$mnt"
  umount "$mnt"
  pack many ntfs-20000
fi

# The demo's ext4 disk after somebody has deleted a file of it: what differs from ext4.img.gz, to be laid over it.
if wanted ext4-deleted; then
  gunzip -c "$here/ext4.img.gz" > "$work/before"
  dd if="$work/before" of="$work/part" bs=1M skip=1 status=none
  debugfs -w -R 'rm /var/lib/app/archive/2025-06.csv' "$work/part" > /dev/null 2>&1
  cp "$work/before" "$work/after"
  dd if="$work/part" of="$work/after" bs=1M seek=1 conv=notrunc status=none
  python3 "$here/pack-image.py" "$work/after" "$here/ext4-deleted.blocks.gz" "$work/before"
fi
