#!/usr/bin/env bash
# Tries what README.md promises, `./dev demo`, on a Debian that has nothing: in a new root folder of each release, as root
# and as a user who has sudo. Needs root, debootstrap, and this machine's own apt sources, which name the mirror.
#
#   tools/try_on_fresh_debian.sh [--keep] [bookworm | trixie]... [-- <verb> [argument]...]     # both; -- demo
#
# The roots are made in $LOOM_ROOTS (or a new folder of /tmp) and removed again, unless --keep. CI can run it where it may
# mount; the whole of it downloads some hundred MB a release.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() {
    printf '%s\n' "tools/try_on_fresh_debian.sh: $*" >&2
    exit 1
}

# The first mirror of a Debian archive (not of its security updates) in this machine's apt sources.
mirror() {
    local sources
    sources=$(apt-get indextargets --format '$(SITE) $(REPO_URI) $(ORIGIN)' "Identifier: Packages" |
        awk '$2 !~ /security/ && $3 == "Debian" { print $2; exit }')
    [[ -n $sources ]] || die "this machine's apt sources name no Debian mirror"
    printf '%s\n' "${sources%/}"
}

# in_root <root> <user> <command>: there, with /proc and /dev, which go with the mount namespace.
in_root() {
    # shellcheck disable=SC2016  # $1.. are the inner shell's
    unshare --mount --pid --fork bash -euc '
        mount -t proc proc "$1/proc"
        mount --rbind /dev "$1/dev"
        exec chroot "$1" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb \
            su - "$2" -c "$3"' in_root "$@"
}

# make_root <root> <release>: Debian's smallest, with a user `someone` who has sudo and a copy of what git knows here.
make_root() {
    local root=$1 release=$2 url
    url=$(mirror)
    debootstrap --variant=minbase --include=sudo "$release" "$root" "$url" >"$root.log" 2>&1 ||
        die "debootstrap failed: $(tail -n 1 "$root.log")"
    # How this machine reaches its mirror holds there too.
    cp /etc/resolv.conf /etc/hosts "$root/etc/"
    apt-config dump | grep -E '^Acquire::(http|https)::|^Acquire::Check-' >"$root/etc/apt/apt.conf.d/99machine" || true
    in_root "$root" root '
        useradd --create-home --shell /bin/bash someone
        echo "someone ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/someone'
    for home in root home/someone; do
        mkdir "$root/$home/loom"
        git ls-files -z | tar --null --files-from=- --create | tar --extract --directory "$root/$home/loom"
    done
    in_root "$root" root 'chown -R someone: ~someone/loom'
}

# attempt <root> <user> <verb>...: ./dev as that user, whose output must hold no warning.
attempt() {
    local root=$1 user=$2 log
    shift 2
    log=$root.$user.log
    in_root "$root" "$user" "cd loom && ./dev $*" >"$log" 2>&1 || die "./dev $* failed as $user, see $log"
    ! grep -in 'warning' "$log" || die "./dev $* warns as $user, see $log"
}

keep=
releases=()
while (($#)); do
    case $1 in
        --keep) keep=yes ;;
        --) shift && break ;;
        *) releases+=("$1") ;;
    esac
    shift
done
((${#releases[@]})) || releases=(bookworm trixie)
(($#)) || set -- demo
((EUID == 0)) || die "needs root, for debootstrap and chroot"
command -v debootstrap >/dev/null || die "needs debootstrap: apt-get install debootstrap"

roots=${LOOM_ROOTS:-$(mktemp -d)}
for release in "${releases[@]}"; do
    for user in root someone; do  # each on a root that nobody has installed anything in
        root=$roots/$release-$user
        mkdir -p "$root"
        make_root "$root" "$release"
        attempt "$root" "$user" "$@"
        printf '%s\n' "$release: ./dev $* passed as $user; $(grep -m 1 'MB to download' "$root.$user.log" || echo 'nothing to download')"
        [[ -n $keep ]] || rm -rf --one-file-system "$root"
    done
done
