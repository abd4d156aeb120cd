#!/bin/sh
# Makes ext4.img.gz: a 64 MiB disk with an MBR and one ext4 partition at 1 MiB, filled with a small server's files.
# Needs mke2fs and debugfs (e2fsprogs 1.47), fakeroot, awk, perl and gzip; no root. Run twice, it gives the same bytes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SOURCE_DATE_EPOCH=1767225600 E2FSPROGS_FAKE_TIME=1767225600 TZ=UTC LC_ALL=C
tree=$work/tree
partition=$work/partition.img

put() { mkdir -p "$(dirname "$tree/$1")" && cat > "$tree/$1"; }
rows() { awk -v seed="$1" -v n="$2" 'BEGIN { x = seed; print "id,day,sensor,value,unit"
  for (i = 1; i <= n; i++) { x = (x * 16807) % 2147483647
    printf "%d,2025-%02d-%02d,s%02d,%.2f,kWh\n", i, 1 + i % 12, 1 + x % 28, x % 40, (x % 100000) / 100 } }'; }
log() { awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++)
  printf "2025-12-31T%02d:%02d:%02dZ app[412]: request %06d answered 200 in %d ms\n", i / 3600 % 24, i / 60 % 60, i % 60, i, 3 + i * 7 % 90 }'; }

put etc/hostname <<-END
	web-01
END
put etc/hosts <<-END
	127.0.0.1 localhost
	10.0.0.4  web-01
	10.0.0.5  db-01
END
put etc/os-release <<-END
	NAME="Sandbox Linux"
	VERSION_ID="12"
END
put etc/fstab <<-END
	UUID=6f1d2c3a-0b4e-4c5d-8e6f-708192a3b4c5 / ext4 defaults,discard 0 1
END
put etc/resolv.conf <<-END
	nameserver 10.0.0.2
END
put etc/nginx/nginx.conf <<-END
	worker_processes 2;
	http { server { listen 80; root /var/www; } }
END
put etc/cron.d/report <<-END
	15 2 * * * app /usr/local/bin/report
END
put etc/ssh/sshd_config <<-END
	PasswordAuthentication no
	PermitRootLogin no
END
put usr/local/bin/report <<-END
	#!/bin/sh
	wc -l /var/lib/app/data.csv
END
put var/www/index.html <<-END
	<!doctype html>
	<title>web-01</title>
	<p>It works.</p>
END
put var/www/style.css <<-END
	body { font-family: sans-serif; margin: 2rem }
END
put "var/www/files/Übersicht 2025.txt" <<-END
	Zähler: 40, Werte: 2000
END
put var/lib/app/deep/a/b/c/d/e/f/note.txt <<-END
	found
END
put var/lib/app/empty.txt < /dev/null
rows 42 2000 | put var/lib/app/data.csv
for month in 01 02 03 04 05 06 07 08 09 10 11 12; do rows "7$month" 120 | put "var/lib/app/archive/2025-$month.csv"; done
log 4000 | put var/log/app/app.log
log 600 | put var/log/app/app.log.1
for number in $(awk 'BEGIN { for (i = 1; i <= 300; i++) printf "%03d ", i }'); do echo "message $number" | put "var/spool/queue/message-$number.txt"; done
# One megabyte that does not compress to nothing, with a known pattern: block i begins with the number i.
perl -e 'my $x = 1; for my $i (0 .. 255) { my $b = pack("N", $i); while (length $b < 4096) { $x = ($x * 16807) % 2147483647; $b .= pack("N", $x) x 128 } print substr($b, 0, 4096) }' | put var/lib/app/blob.bin
# A file with a hole: 8 MiB long, two blocks written.
perl -e 'open my $f, ">", $ARGV[0]; print $f "head\n"; seek $f, 8 * 1048576 - 5, 0; print $f "tail\n"' "$tree/var/lib/app/sparse.bin"
ln -s data.csv "$tree/var/lib/app/current.csv"
ln "$tree/var/www/style.css" "$tree/var/www/print.css"
chmod 755 "$tree/usr/local/bin/report"
chmod 600 "$tree/etc/ssh/sshd_config"
find "$tree" -exec touch -h -d @$SOURCE_DATE_EPOCH {} +

fakeroot sh -c "chown -R 0:0 '$tree' && mke2fs -q -t ext4 -b 4096 -N 2048 -L sandbox -U 6f1d2c3a-0b4e-4c5d-8e6f-708192a3b4c5 \
  -E hash_seed=1a2b3c4d-5e6f-4071-8293-a4b5c6d7e8f9,lazy_itable_init=0,nodiscard -d '$tree' '$partition' 63M"
# mke2fs takes over the change and access times of the files it copies: they are the time of this run.
find "$tree" -mindepth 1 | sed "s|^$tree||" | awk '{ for (i = split("atime ctime crtime", f, " "); i > 0; i--) {
  printf "set_inode_field \"%s\" %s 20260101000000\nset_inode_field \"%s\" %s_extra 0\n", $0, f[i], $0, f[i] } }' > "$work/times"
debugfs -w -f "$work/times" "$partition" > "$work/debugfs.log" 2>&1

# MBR: one active partition of type 0x83 at sector 2048, then the boot signature; addresses by cylinder are not used (0xfeffff).
perl -e 'print "\0" x 440, pack("VxxCCCCCCCCVV", 0x484f4c44, 0x80, 0xfe, 0xff, 0xff, 0x83, 0xfe, 0xff, 0xff, 2048, 63 * 2048), "\0" x 48, "\x55\xaa"' > "$work/disk.img"
perl -e 'truncate $ARGV[0], 1048576' "$work/disk.img"
cat "$partition" >> "$work/disk.img"
gzip -9 -n < "$work/disk.img" > "$here/ext4.img.gz"
