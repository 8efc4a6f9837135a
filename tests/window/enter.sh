#!/bin/bash
# enter.sh ROOT COMMAND...: run COMMAND inside the tree ROOT; the checkout is /share there, read-write.
# The mounts live in a mount namespace of their own, so that nothing stays mounted afterwards.
set -e
ROOT=$(realpath "$1"); shift
SHARE=$(realpath "$(dirname "$0")/../..")
export ROOT SHARE
exec unshare --mount --propagation private bash -c '
  set -e
  mkdir -p "$ROOT/share"
  mount -t proc proc "$ROOT/proc"
  mount --bind /sys "$ROOT/sys"
  mount --bind /dev "$ROOT/dev"
  mount --bind /dev/pts "$ROOT/dev/pts" 2>/dev/null || true
  mount -t tmpfs -o mode=1777 shm "$ROOT/dev/shm"
  mount --bind "$SHARE" "$ROOT/share"
  cp -f /etc/resolv.conf "$ROOT/etc/resolv.conf" 2>/dev/null || true
  exec env -i HOME=/root TERM=dumb LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
     DEBIAN_FRONTEND=noninteractive ${OMP_NUM_THREADS:+OMP_NUM_THREADS="$OMP_NUM_THREADS"} chroot "$ROOT" "$@"
' bash "$@"
