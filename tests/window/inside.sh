#!/bin/bash
# inside.sh STORY OUT PHOTO GROUP: runs inside the tree; the checkout is installed as an extension for this one run.
# A story whose name begins with "installed" installs the built zip of dist/ itself, and finds no packages of pip's in the tree.
STORY=$1; OUT=$2; shift 2
export BLENDER_USER_RESOURCES; BLENDER_USER_RESOURCES=$(mktemp -d)
mkdir -p "$BLENDER_USER_RESOURCES/extensions/user_default"
case "$STORY" in
  installed*) mount -t tmpfs none /usr/local/lib/python3.14/dist-packages ;;
  *) ln -s /share "$BLENDER_USER_RESOURCES/extensions/user_default/contrapposto" ;;
esac
export LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=llvmpipe
timeout 3000 xvfb-run -a -s "-screen 0 1280x800x24 +extension GLX" \
  blender --factory-startup --window-geometry 0 0 1280 800 --python-exit-code 3 \
          --python "/share/tests/window/$STORY.py" -- "$OUT" "$@" > "$OUT/blender.log" 2>&1
STATUS=$?
rm -rf "$BLENDER_USER_RESOURCES"
cat "$OUT/blender.log"
grep -q "^WINDOW OK" "$OUT/blender.log" && exit 0
exit $((STATUS ? STATUS : 1))
