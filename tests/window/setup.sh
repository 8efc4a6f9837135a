#!/bin/bash
# setup.sh ROOT: build a Debian sid tree with a graphical Blender 5.2 and what the photo detector needs.
set -e
ROOT=$1
HERE=$(dirname "$(realpath "$0")")
command -v debootstrap >/dev/null || { apt-get update; apt-get install -y --no-install-recommends debootstrap; }
# The machine's own mirror.
MIRROR=$(apt-get indextargets --format '$(SITE) $(RELEASE)' | awk '$2 !~ /security|updates|backports/ {print $1; exit}')
[ -e "$ROOT/usr/bin/apt-get" ] || debootstrap --variant=minbase sid "$ROOT" "$MIRROR"
printf '#!/bin/sh\nexit 101\n' > "$ROOT/usr/sbin/policy-rc.d"; chmod +x "$ROOT/usr/sbin/policy-rc.d"
ln -sf /proc/self/mounts "$ROOT/etc/mtab"
# OpenBLAS: Debian's torch computes a layer 25 times slower with the reference BLAS, the default.
"$HERE/enter.sh" "$ROOT" apt-get install -y --no-install-recommends \
  blender python3-numpy python3-requests python3-zstandard python3-cattr python3-torch python3-opencv python3-scipy \
  libopenblas0-serial xvfb xauth libgl1-mesa-dri libegl1 imagemagick xdotool x11-utils
"$HERE/enter.sh" "$ROOT" apt-get clean
# Not in Debian. The host's pip: inside the tree there may be no certificates.
python3 -m pip install --quiet --target "$ROOT/usr/local/lib/python3.14/dist-packages" --python-version 3.14 --only-binary=:all: --no-deps --upgrade \
  ai-edge-litert flatbuffers backports.strenum roma rich markdown-it-py mdurl pygments safetensors
