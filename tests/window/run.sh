#!/bin/bash
# run.sh ROOT PHOTO GROUP: tell the story of story.py in a real window; photographs go to build/window.
set -e
ROOT=$1; PHOTO=$2; GROUP=$3
HERE=$(dirname "$(realpath "$0")")
OUT=$(realpath "$HERE/../..")/build/window
mkdir -p "$OUT"
rm -f "$OUT"/*.png "$OUT"/blender.log
cp "$PHOTO" "$OUT/photo.${PHOTO##*.}"
cp "$GROUP" "$OUT/group.${GROUP##*.}"
exec "$HERE/enter.sh" "$ROOT" bash /share/tests/window/inside.sh \
  "/share/build/window/photo.${PHOTO##*.}" "/share/build/window/group.${GROUP##*.}"
