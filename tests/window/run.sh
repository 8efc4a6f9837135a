#!/bin/bash
# run.sh ROOT PHOTO GROUP [STORY]: tell a story, by default story.py, in a real window; photographs go to build/window,
# those of another story to build/window-STORY.
set -e
ROOT=$1; PHOTO=$2; GROUP=$3; STORY=${4:-story}
HERE=$(dirname "$(realpath "$0")")
NAME=window; [ "$STORY" = story ] || NAME=window-$STORY
OUT=$(realpath "$HERE/../..")/build/$NAME
mkdir -p "$OUT"
rm -rf "$OUT"/*.png "$OUT"/blender.log "$OUT"/contrapposto_cache
cp "$PHOTO" "$OUT/photo.${PHOTO##*.}"
cp "$GROUP" "$OUT/group.${GROUP##*.}"
exec "$HERE/enter.sh" "$ROOT" bash /share/tests/window/inside.sh "$STORY" "/share/build/$NAME" \
  "/share/build/$NAME/photo.${PHOTO##*.}" "/share/build/$NAME/group.${GROUP##*.}"
