# shellcheck shell=sh
# For the tests of a release, behind e2e/lib.sh: the tarball and the packages of the last commit, and
# clean roots of Debian to try them in. What was made stays in release/ of the build folder:
# release/dist/ is what would be published, release/root/ the roots.
#
#   $version, $commit          of the checkout
#   make_tarball FOLDER        a tarball made in FOLDER, from a clone of its own; its name is printed
#   need_tarball               sets $tarball, made unless release/dist/ has that of this commit
#   build_deb FOLDER [OPTION]  Debian's packages of $tarball made in FOLDER/ocidup-VERSION; FOLDER/log
#   need_deb                   sets $deb, the same way
#   clean_root NAME PACKAGE... makes $root, a copy of a bare Debian with these packages
#   in_root COMMAND...         runs it there, without a network but loopback
#   online_in_root COMMAND...  the same, with the network

# shellcheck disable=SC2154 # $top_srcdir, $builddir, $tmp: lib.sh
release=$builddir/release
[ -e "$top_srcdir/.git" ] || bail 'a release is made from a checkout'
commit=$(git -C "$top_srcdir" rev-parse HEAD) || bail 'no commit'
version=$("$top_srcdir/build-aux/version") || bail 'no version'
[ -z "$(git -C "$top_srcdir" status --porcelain)" ] ||
  diag 'There are changes that are not committed: they are not in what is tested here.'
mkdir -p "$release/dist" "$release/root"

make_tarball() {
  mkdir -p "$1/build" &&
    {
      git clone -q "$top_srcdir" "$1/source" &&
        git -C "$1/source" checkout -q "$commit" &&
        (cd "$1/source" && autoreconf -i) &&
        (cd "$1/build" && ../source/configure -q && make -s dist)
    } >"$1/log" 2>&1 &&
    echo "$1/build/ocidup-$version.tar.xz"
}

need_tarball() {
  tarball=$release/dist/ocidup-$version.tar.xz
  if [ ! -f "$tarball" ] || [ "$(cat "$release/commit")" != "$commit" ]; then
    rm -rf "$release/dist" "$release/commit"
    mkdir "$release/dist"
    tarball_made=$(make_tarball "$tmp/dist") || bail "no tarball: $(tail -n 3 "$tmp/dist/log")"
    mv "$tarball_made" "$tarball" && echo "$commit" >"$release/commit" || bail 'no tarball'
  fi
}

build_deb() {
  deb_folder=$1
  shift
  mkdir -p "$deb_folder" &&
    cp "$tarball" "$deb_folder/ocidup_$version.orig.tar.xz" &&
    tar -C "$deb_folder" -xf "$tarball" &&
    (
      cd "$deb_folder/ocidup-$version" &&
        cp -R packaging/debian debian &&
        dpkg-buildpackage -us -uc "$@"
    ) >"$deb_folder/log" 2>&1
}

need_deb() {
  need_tarball
  deb=$release/dist/ocidup_$version-1_$(dpkg --print-architecture).deb
  if [ ! -f "$deb" ]; then
    DEB_BUILD_OPTIONS=nocheck build_deb "$tmp/deb" -b || bail "no .deb: $(tail -n 3 "$tmp/deb/log")"
    mv "$tmp/deb/${deb##*/}" "$deb" || bail 'no .deb'
  fi
}

clean_root() {
  [ "$(id -u)" -eq 0 ] || bail 'a clean root is made by root: use sudo'
  root=$release/root/$1
  shift
  if [ ! -e "$release/root/base/.whole" ]; then
    rm -rf "$release/root/base"
    unshare --mount debootstrap --variant=minbase bookworm "$release/root/base" \
      >"$release/root/base.log" 2>&1 || bail "debootstrap: $(tail -n 3 "$release/root/base.log")"
    touch "$release/root/base/.whole"
  fi
  rm -rf "$root"
  cp -a "$release/root/base" "$root" || bail 'no root'
  rm "$root/.whole"
  cp /etc/resolv.conf /etc/hosts "$root/etc/"
  # Nothing that is installed starts a service there.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  online_in_root sh -c 'apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y \
    --no-install-recommends install "$@" && apt-get clean' - "$@" >"$root.log" 2>&1 ||
    bail "apt-get: $(tail -n 3 "$root.log")"
  mkdir "$root/tmp/home"
}

online_in_root() {
  # shellcheck disable=SC2016 # that shell's
  unshare --mount --pid --fork --kill-child ${ROOT_OFFLINE:+--net} sh -c '
    root=$1
    shift
    [ -z "${ROOT_OFFLINE-}" ] || ip link set lo up || exit 125
    mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" || exit 125
    exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp/home \
      LC_ALL=C.UTF-8 TERM=dumb chroot "$root" "$@"
  ' - "$root" "$@"
}

in_root() {
  (
    ROOT_OFFLINE=yes
    export ROOT_OFFLINE
    online_in_root "$@"
  )
}
