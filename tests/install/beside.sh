#!/bin/sh
# Follows the page beside this machine's own system: `beside.sh WORK`, in mount, network and process namespaces of its own
# (unshare). / is laid over with an empty layer, so that /opt/hadir, /etc and the users are made as on a new machine and
# gone afterwards. apt-get installs nothing: what is here counts. systemctl is tests/install/little_systemctl.py.
# WORK is /mnt in there; it holds the page's blocks, and what is said goes into it too.
set -eu
work=$1
mount --make-rprivate /
layer=$work/layer
mkdir -p "$layer"
mount -t tmpfs none "$layer"
mkdir "$layer/upper" "$layer/work" "$layer/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$layer/upper,workdir=$layer/work" "$layer/root"
cd "$layer/root"
mount -t proc none proc
mount -t tmpfs none run
mount -t tmpfs none tmp
chmod 1777 tmp
mount --rbind /dev dev
mount --bind "$work" mnt
ip link set lo up
exec chroot . /bin/bash /mnt/inside.sh
