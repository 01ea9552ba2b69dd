# In place of `scripts/setup.sh env`, which needs the package registries: what was made for this source tree is used for
# the copy in /opt/hadir too.
set -eu
. /mnt/env.sh
for needed in "$PYTHON" "$(readlink -f "$PYTHON")" "$PACKAGES/x"; do
    while needed=$(dirname "$needed") && [ "$needed" != / ]; do chmod o+x "$needed"; done
done
cd /opt/hadir
rm -rf .venv
"$PYTHON" -m venv --without-pip .venv
here=$(echo .venv/lib/python*/site-packages)
printf '/opt/hadir/src\n%s\n' "$PACKAGES" >"$here/hadir.pth"
for name in hadir gunicorn; do
    sed '1s#.*#\#!/opt/hadir/.venv/bin/python#' "$(dirname "$PYTHON")/$name" >".venv/bin/$name"
    chmod 755 ".venv/bin/$name"
done
cp -r "$TREE/phone/dist" phone/
