#!/usr/bin/env bash
# Runs the commands of a page in the current folder, so that each command line of packet-forwarder's is understood by the
# program itself: it is started, and ended once it works. Everything else has a stand-in that does nothing.
#   rehearse.sh PROGRAM REPOSITORY SCRIPT       in a network namespace of its own, which has an eth0 and a route
# Prints a line for each run of the program. Anything that is not understood ends it with the reason.
set -euo pipefail
program=$1 repository=$2 script=$3
scratch=$(mktemp -d)
trap '/bin/rm -rf "$scratch"' EXIT
cp -r "$repository/deploy" .
cp deploy/ecs/application.json orders.json
# What the pages leave to the reader.
export IMAGE=registry.example.com/packet-forwarder:1.0.0 COLLECTOR=192.0.2.10

# Also what is in the background or in a pipe ends all of it, in the end.
fail() {
  echo "rehearse: $*" >&2
  : >"$scratch/failed"
  exit 1
}

# The program, until it has shown that it works, or to its end.
packet-forwarder() {
  local out err pid tries code=0 works='' command=run
  out=$(/usr/bin/mktemp -p "$scratch") err=$(/usr/bin/mktemp -p "$scratch")
  case ${1:-} in
    -D | -d | --generate-completion-script | --help | --version) command=show ;;
    -* | '') ;;
    *) command=$1 ;;
  esac
  case $command in
    run) works=': capturing on ' ;;
    receive) works='.' ;;
    demo) works='TCP' ;;
  esac
  # Said outright, or what is in the background would read nothing.
  "$program" "$@" <&0 >"$out" 2>"$err" &
  pid=$!
  for ((tries = 0; ; tries++)); do
    kill -0 "$pid" 2>/dev/null || break
    [ "$tries" -lt 300 ] || fail "packet-forwarder $*: neither works nor ends: $(<"$err")"
    if [ -n "$works" ] && /usr/bin/grep -aq "$works" "$out" "$err"; then
      kill -TERM "$pid"
      works=''
    fi
    /usr/bin/sleep 0.1
  done
  wait "$pid" || code=$?
  ! /usr/bin/grep -q ' is not a setting' "$err" || fail "packet-forwarder $*: $(<"$err")"
  case $command:$code in
    status:1 | healthcheck:1 | *:0) ;; # nobody runs that could be asked
    check:*)
      /usr/bin/grep -q '^fine     settings' "$out" || fail "packet-forwarder $*: $code: $(<"$err")$(<"$out")"
      ! /usr/bin/grep -qE '(filter-syntax|no-such-interface) \(' "$out" || fail "packet-forwarder $*: $(<"$out")"
      ;;
    *) fail "packet-forwarder $*: exit code $code: $(<"$err")" ;;
  esac
  echo "packet-forwarder $*" >>"$scratch/runs"
  /usr/bin/cat "$out"
}

# in_container WORD...: what a container of our image is started with is a command line of the program's.
in_container() {
  local words=("$@") index
  [[ " run debug " == *" $2 "* ]] || return 0
  # What `kubectl debug` merges in has it.
  [[ "$*" != *--custom=* ]] || export DESTINATION=$COLLECTOR
  for ((index = 2; index < $#; index++)); do
    case ${words[index]} in
      -e | --env) export "${words[index + 1]?}" ;;
      --env=*) export "${words[index]#--env=}" ;;
      -*) ;;
      packet-forwarder | */packet-forwarder | packet-forwarder:* | */packet-forwarder:*)
        packet-forwarder "${words[@]:index+1}"
        return
        ;;
    esac
  done
  fail "$*: the image is not ours"
}

command_not_found_handle() {
  # A reader reads to the end.
  [ ! -p /dev/stdin ] || [ "$1" = sudo ] || /usr/bin/cat >/dev/null
  case $1 in
    sudo) shift && "$@" ;;
    docker | podman | kubectl) in_container "$@" ;;
    make)
      shift
      for word; do
        /usr/bin/grep -q "^$word:" "$repository/Makefile" || fail "make has no target $word"
      done
      ;;
    install-mirror-target)
      shift
      PATH=/usr/sbin:/usr/bin:/sbin:/bin "$repository/deploy/collector/install-mirror-target" --root "$scratch/root" --program "$program" \
        --interface eth0 "$@" >/dev/null
      ;;
    apt | cp | curl | grep | install | ip | ln | ls | setcap | sudoedit | suricata | systemctl | tcpdump | tshark | zeek) ;;
    *) fail "there is no stand-in for $1" ;;
  esac
}

: >"$scratch/runs"
# shellcheck disable=SC2123 # from here on everything is found by its whole name
PATH=/nonexistent
# shellcheck source=/dev/null # whatever the page has
. "$script" >&2
wait
[ ! -e "$scratch/failed" ] || exit 1
/usr/bin/cat "$scratch/runs"
