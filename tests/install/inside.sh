# Within the layer that beside.sh laid: the page's blocks, and the browser between them. TREE is this source tree, PYTHON
# its environment's; both stand in /mnt/env.sh.
set -eu
. /mnt/env.sh
mkdir /usr/local/little
cp "$TREE/tests/install/little_systemctl.py" /usr/local/little/systemctl
printf '#!/bin/sh\nexit 0\n' >/usr/local/little/apt-get
chmod 755 /usr/local/little/*
export PATH=/usr/local/little:/usr/local/sbin:/usr/sbin:/sbin:$PATH
export PYTHONPATH=
bash /mnt/before.sh >/mnt/before.out 2>&1
account=$(cd "$TREE" && "$PYTHON" -m tests.install.page </mnt/before.out)
(cd "$TREE" && "$PYTHON" -m tests.install.first_tap $account >/mnt/tap.json)
bash /mnt/after.sh >/mnt/after.out 2>&1
/opt/hadir/.venv/bin/hadir doctor --data /var/lib/hadir --json >/mnt/doctor.json || true
bash /mnt/release.sh >/mnt/release.out 2>&1
systemctl is-active hadir-gate hadir-office hadir-follower hadir-exports nginx
