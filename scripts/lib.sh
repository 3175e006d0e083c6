# shellcheck shell=bash
# What the scripts in this folder share: finding JDK 25 and Maven, installing Debian packages,
# Docker daemons of our own, network namespaces, and taking all of it away again.
# Needs bash and Debian's base system. To be sourced after `set -euo pipefail`; runs nothing itself.

# Arguments, file names and output are UTF-8 in every locale of the caller's.
export LC_ALL=C.UTF-8

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  BOLD=$'\e[1m' DIM=$'\e[2m' GREEN=$'\e[32m' RED=$'\e[31m' PLAIN=$'\e[0m'
else
  BOLD='' DIM='' GREEN='' RED='' PLAIN=''
fi

say() { printf '%s\n' "$*"; }
step() { printf '\n%s==>%s %s%s%s\n' "$GREEN" "$PLAIN" "$BOLD" "$*" "$PLAIN"; }
note() { printf '    %s%s%s\n' "$DIM" "$*" "$PLAIN"; }
warn() { printf '%s\n' "$*" >&2; }
die() {
  printf '%s%s:%s %s\n' "$RED" "${0##*/}" "$PLAIN" "$*" >&2
  exit 1
}

# The comment lines at the head of a script are its help.
print_help() {
  awk 'NR == 1 { next } /^#/ { sub(/^# ?/, ""); print; next } { exit }' "$1"
}

is_root() { [ "$(id -u)" -eq 0 ]; }

need_root() {
  is_root || die "$1 needs root. Run it as root (for example with sudo)."
}

# ---------------------------------------------------------------------------- JDK and Maven

# Prints the feature version (25) of the JDK in $1, or nothing when there is none.
jdk_version() {
  if [ -x "$1/bin/javac" ] && [ -r "$1/release" ]; then
    sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
  fi
}

# Sets and exports JAVA_HOME: the one given if it is 25 or newer, else the best in /usr/lib/jvm.
find_jdk() {
  local home version candidates=()
  if [ -n "${JAVA_HOME:-}" ]; then
    version=$(jdk_version "$JAVA_HOME")
    if [ -n "$version" ] && [ "$version" -ge 25 ]; then
      export JAVA_HOME
      return
    fi
  fi
  for home in /usr/lib/jvm/temurin-25* /usr/lib/jvm/*25* /usr/lib/jvm/*; do
    version=$(jdk_version "$home")
    if [ "$version" = 25 ]; then
      export JAVA_HOME="$home"
      return
    elif [ -n "$version" ] && [ "$version" -gt 25 ]; then
      candidates+=("$home")
    fi
  done
  if [ ${#candidates[@]} -gt 0 ]; then
    export JAVA_HOME="${candidates[0]}"
    return
  fi
  die "no JDK 25 found: looked at JAVA_HOME (${JAVA_HOME:-not set}) and /usr/lib/jvm/*.
Install one, for example Eclipse Temurin 25 (package temurin-25-jdk, https://adoptium.net/installation/linux/),
or set JAVA_HOME to the folder of a JDK 25."
}

find_maven() {
  command -v mvn >/dev/null 2>&1 && return
  is_root || die "Maven is not installed. Install it (Debian: apt-get install maven) or run this as root once."
  apt_install maven
}

# Runs Maven on the whole project, with the settings of this machine. The words in front of `--` are a
# command to run it with. Maven takes this (sub)shell's place, so that signals reach it.
# To be called in a subshell or in the background.
exec_maven() {
  local before=()
  while [ "$1" != -- ]; do
    before+=("$1")
    shift
  done
  shift
  cd "$ROOT" || exit
  exec "${before[@]}" mvn "$@"
}

# ---------------------------------------------------------------------------- Debian packages

# Installs those of the packages that are missing and says so. Services that a package would start
# stay down: for as long as apt runs, and only if this machine has no policy of its own.
apt_install() {
  local package missing=()
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  need_root "installing ${missing[*]}"
  command -v apt-get >/dev/null || die "install these first: ${missing[*]} (there is no apt-get here)"
  note "installing Debian packages: ${missing[*]}"
  local log
  log=$(mktemp)
  if ! (
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
      # A subshell of its own, so that its traps take the policy away whatever happens.
      trap 'rm -f "$policy"' EXIT
      trap 'exit 130' INT TERM HUP
      printf '#!/bin/sh\nexit 101\n' >"$policy"
      chmod 755 "$policy"
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -q --no-install-recommends "${missing[@]}" ||
      { apt-get update -q && apt-get install -y -q --no-install-recommends "${missing[@]}"; }
  ) >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    die "apt-get could not install: ${missing[*]} (see above)"
  fi
  rm -f "$log"
}

# ---------------------------------------------------------------------------- processes

# True while process $1 lives (a zombie does not).
alive() {
  [ -n "${1:-}" ] && [ -r "/proc/$1/stat" ] && ! grep -q '^State:[[:space:]]*[ZX]' "/proc/$1/status" 2>/dev/null
}

# Ends process $1: TERM, then KILL after $2 seconds (default 15).
end_process() {
  local pid=${1:-} tenths=$((${2:-15} * 10))
  alive "$pid" || return 0
  kill -TERM "$pid" 2>/dev/null || return 0
  while alive "$pid"; do
    if [ "$tenths" -le 0 ]; then
      kill -KILL "$pid" 2>/dev/null || true
      return 0
    fi
    tenths=$((tenths - 1))
    sleep 0.1
  done
}

# Ends every process whose command line names the folder $1, one that we made with a name of its own:
# the shims of a daemon's containers, the agents of a test run that was killed.
end_processes_of() {
  local entry pid
  for entry in /proc/[0-9]*; do
    pid=${entry#/proc/}
    if [ "$pid" = "$$" ] || [ "$pid" = "$BASHPID" ]; then continue; fi
    case $(tr '\0' ' ' 2>/dev/null <"$entry/cmdline") in
      *"$1/"*) kill -KILL "$pid" 2>/dev/null || true ;;
    esac
  done
}

# Removes folder $1 and what is mounted below it.
remove_folder() {
  local folder=$1 mounts mount
  [ -d "$folder" ] || return 0
  folder=$(cd "$folder" && pwd -P)
  mounts=$(awk -v under="$folder/" 'index($5, under) == 1 { print $5 }' /proc/self/mountinfo | sort -r)
  while IFS= read -r mount; do
    [ -z "$mount" ] || umount -l "$(printf '%b' "$mount")" 2>/dev/null || true
  done <<<"$mounts"
  rm -rf --one-file-system "$folder"
}

# ---------------------------------------------------------------------------- Docker daemons of our own

# True when an engine answers at endpoint $1.
engine_answers() {
  command -v docker >/dev/null 2>&1 && timeout 10 docker -H "$1" version >/dev/null 2>&1
}

# Prints the id of the process that listens on the unix socket $1.
listener_of() {
  local pid
  pid=$(perl -e 'use Socket; socket(S, AF_UNIX, SOCK_STREAM, 0) or die $!; connect(S, sockaddr_un($ARGV[0])) or die $!;
    print unpack("i", getsockopt(S, SOL_SOCKET, 17))' "$1") # 17: SO_PEERCRED
  [ "${pid:-0}" -gt 0 ] || die "cannot find the process that listens on $1: it must run on this machine, not in a container"
  printf '%s' "$pid"
}

# Starts dockerd with all its state in folder $1 and its socket at $1/docker.sock; further
# arguments are dockerd's. With NETNS set it runs in that network namespace. PLUMBLINE_TEST_DOCKERD
# names another dockerd than the one in PATH; what lies beside it (runc, containerd, docker-proxy) goes
# before the rest of PATH. PLUMBLINE_TEST_DOCKERD_CONFIG is its daemon.json.
start_dockerd() {
  local folder=$1 pid tenths=600 dockerd=${PLUMBLINE_TEST_DOCKERD:-dockerd} path=$PATH
  shift
  [ -z "${PLUMBLINE_TEST_DOCKERD:-}" ] || path="$(cd "$(dirname "$dockerd")" && pwd -P):$PATH"
  [ -z "${PLUMBLINE_TEST_DOCKERD_CONFIG:-}" ] || set -- --config-file "$PLUMBLINE_TEST_DOCKERD_CONFIG" "$@"
  local enter=()
  # Not `ip netns exec`: that hides the cgroup mounts and dockerd refuses to start.
  [ -z "${NETNS:-}" ] || enter=(nsenter "--net=/run/netns/$NETNS")
  mkdir -p "$folder"
  rm -f "$folder/docker.pid" "$folder/docker.sock"
  PATH=$path setsid "${enter[@]}" "$dockerd" --data-root "$folder/data" --exec-root "$folder/exec" \
    --pidfile "$folder/docker.pid" -H "unix://$folder/docker.sock" "$@" \
    >"$folder/dockerd.log" 2>&1 </dev/null &
  pid=$!
  while ! engine_answers "unix://$folder/docker.sock"; do
    if ! alive "$pid" || [ "$tenths" -le 0 ]; then
      tail -n 15 "$folder/dockerd.log" >&2
      die "the Docker daemon did not come up (its log is above)"
    fi
    tenths=$((tenths - 1))
    sleep 0.1
  done
}

# Kills the containers of the engine whose socket is $1, if it answers: quicker than a stop in order,
# which waits for each one's grace; and they outlive a daemon that is killed.
kill_containers() {
  engine_answers "unix://$1" || return 0
  timeout 10 docker -H "unix://$1" ps -q |
    xargs -r timeout 20 docker -H "unix://$1" kill >/dev/null 2>&1 || true
}

# Ends the dockerd that start_dockerd started in folder $1.
end_dockerd() {
  local folder=$1 pid
  [ -r "$folder/docker.pid" ] || return 0
  pid=$(cat "$folder/docker.pid")
  # The number may be another process's by now (the machine was restarted): it must be ours.
  if tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "--exec-root $folder/exec"; then
    end_process "$pid" 45
  fi
}

# Stops the dockerd that start_dockerd started in folder $1, its containers, and removes the folder.
stop_dockerd() {
  local folder=$1
  [ -d "$folder" ] || return 0
  end_dockerd "$folder"
  end_processes_of "$folder/exec"
  remove_folder "$folder"
}

# Makes network namespace $1. With $2 and $3 given, a pair of addresses (a /30) joins it to this one:
# $2 is ours, $3 is the namespace's.
make_netns() {
  ip netns add "$1"
  ip -n "$1" link set lo up
  if [ -n "${2:-}" ]; then
    local link
    link=v$(printf '%s' "$1" | cksum | cut -d' ' -f1)
    ip link add "$link" type veth peer name up0 netns "$1"
    ip addr add "$2/30" dev "$link"
    ip link set "$link" up
    ip -n "$1" addr add "$3/30" dev up0
    ip -n "$1" link set up0 up
    ip -n "$1" route add default via "$2"
  fi
}

remove_netns() {
  [ ! -e "/run/netns/$1" ] || ip netns del "$1" 2>/dev/null || true
}

# ---------------------------------------------------------------------------- the build

# The modules of the build, in the order in which they need each other.
MODULES=(manifests-schema agent/api agent/core agent/testkit agent/config agent/runtime agent/store-sqlite agent/git
  agent/engine-docker agent/simulation agent/server agent/picocli agent/cli agent/app)
# The folder of what the agent is built to, and of what scripts keep between runs.
APP="$ROOT/agent/app/target"

# Whether a source below folder $2 of a module, or a pom.xml, is newer than file $1.
newer_source() {
  local module looked=("$ROOT/pom.xml" "$ROOT/agent/pom.xml")
  for module in "${MODULES[@]}"; do
    looked+=("$ROOT/$module/pom.xml" "$ROOT/$module/$2")
  done
  [ -n "$(find "${looked[@]}" -newer "$1" -print -quit 2>/dev/null)" ]
}

# Prints the jars of the modules.
own_jars() {
  local module
  for module in "${MODULES[@]}"; do
    printf '%s\n' "$ROOT/$module"/target/*.jar
  done
}

# How the JVM of the command starts fastest.
PLUMB_JVM=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData)

# How the JVM of the agent runs: small (docs/decisions/0048-jvm-of-the-agent.md). A cache of its classes holds for these
# flags; those that users add in PLUMBLINE_JAVA_OPTS come after them.
AGENT_JVM=(--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -XX:+UseSerialGC -Xms32m -Xmn24m -XX:SurvivorRatio=4
  -Xmx256m)

# Sets AGENT_START to the JVM's options of an agent, for the cache in file $1, if there is one, and further options.
# The JVM checks the sums of the cache, because a damaged one would crash it; it starts without a cache that it cannot use,
# and says nothing about that.
agent_start() {
  local cache=$1 option words collector=false heap=false
  shift
  # Also what the JVM reads from the environment. It refuses two collectors, and takes -Xmx before a share of the memory.
  read -ra words <<<"$* ${JAVA_TOOL_OPTIONS:-} ${JDK_JAVA_OPTIONS:-}"
  for option in "${words[@]}"; do
    case $option in
      -XX:+Use*GC) collector=true ;;
      -XX:MaxRAM* | -XX:MaxHeapSize*) heap=true ;;
    esac
  done
  AGENT_START=()
  for option in "${AGENT_JVM[@]}"; do
    case $option in
      -XX:+Use*GC | -Xmn* | -XX:SurvivorRatio*) $collector || AGENT_START+=("$option") ;;
      -Xmx*) $heap || AGENT_START+=("$option") ;;
      *) AGENT_START+=("$option") ;;
    esac
  done
  [ ! -r "$cache" ] || AGENT_START+=("-XX:AOTCache=$cache" -XX:+VerifySharedSpaces '-Xlog:aot*=off' '-Xlog:cds*=off')
  AGENT_START+=("$@")
}

# Makes the JVM's cache of what the agent loads and links (JEP 514) in file $1, for class path $2 and an agent's options
# that follow: io.plumbline.training.AgentTraining runs a whole agent for some seconds. Needs no engine. If it fails, or takes
# too long, there is no cache, and agents start without one. C1 only, so that no profiles get into the cache: with them,
# C2 compiles at each start.
make_agent_cache() {
  local cache=$1 class_path=$2 folder
  shift 2
  rm -f "$cache" "$cache".{failed,new,new.config}
  folder=$(mktemp -d) || return
  if timeout --foreground -k 10 240 "$JAVA_HOME/bin/java" "$@" -XX:TieredStopAtLevel=1 -XX:AOTCacheOutput="$cache.new" -Xlog:disable \
    -cp "$class_path" io.plumbline.training.AgentTraining "$folder" >"$folder/log" 2>&1 </dev/null && [ -s "$cache.new" ]; then
    # The agent of the training has set a mask of its own.
    chmod 644 "$cache.new"
    # A new file: a running agent has the old one mapped.
    mv -f "$cache.new" "$cache"
  else
    tail -n 5 "$folder/log" >"$cache.failed"
    rm -f "$cache".{new,new.config}
  fi
  rm -rf "$folder"
}

# The same for the command: class path $2, and its options.
make_plumb_cache() {
  local cache=$1 class_path=$2
  shift 2
  timeout --foreground -k 10 120 "$JAVA_HOME/bin/java" "$@" -XX:AOTCacheOutput="$cache.new" -Xlog:disable -cp "$class_path" \
    io.plumbline.cli.StartTraining >/dev/null 2>&1 </dev/null && mv -f "$cache.new" "$cache" || rm -f "$cache.new"
}

# Copies jar $1 into folder $2 without its signature: the JVM's cache holds no class of a signed jar, and the JVM checks
# each class against a signature that says nothing about who put the jar there. Fails without a change.
copy_unsigned() {
  local to="$2/${1##*/}" files
  files=$(mktemp -d) || return
  if (cd "$files" && "$JAVA_HOME/bin/jar" xf "$1" && rm -f META-INF/*.SF META-INF/*.RSA META-INF/*.DSA META-INF/*.EC &&
    "$JAVA_HOME/bin/jar" cMf "$to.new" .) && chmod --reference="$1" "$to.new" &&
    { chown --reference="$1" "$to.new" 2>/dev/null || ! is_root; } && mv -f "$to.new" "$to"; then
    rm -rf "$files"
    return 0
  fi
  rm -rf "$files" "$to.new"
  return 1
}

# Prints the class path of module $1: its jar in folder RUN_JARS, and its libraries. Those of this build are taken from
# RUN_JARS, too.
class_path_of() {
  local jar path=''
  for jar in "$RUN_JARS/plumbline-${1##*/}"-*.jar "$ROOT/$1"/target/lib/*.jar; do
    [ ! -e "$RUN_JARS/${jar##*/}" ] || jar="$RUN_JARS/${jar##*/}"
    path+=":$jar"
  done
  printf '%s\n' "${path#:}"
}

# Brings the jars up to date when a source is newer than what was built; sets RUN_JARS to the
# folder that holds this build's own jars under a name made from their bytes. A running agent
# keeps its jars when the next build comes.
build_if_stale() {
  local stamp="$APP/run/current"
  if ! is_built "$stamp" || newer_source "$stamp" src/main; then
    find_maven
    # One build at a time: `plumb` may be called by several at once.
    mkdir -p "$APP/run"
    exec 9>"$APP/run/lock"
    flock -n 9 || { echo "plumb: another plumb builds from the sources; waiting for it" >&2 && flock 9; }
    if ! is_built "$stamp" || newer_source "$stamp" src/main; then
      local began seconds=$SECONDS
      began=$(mktemp)
      echo "plumb: building from the sources; this takes a minute or two the first time, longer on a busy machine" >&2
      build_jars || die "the build failed (see above)"
      keep_run_jars "$began"
      rm -f "$began"
      echo "plumb: built in $((SECONDS - seconds)) s" >&2
    fi
    exec 9>&-
  fi
  # shellcheck disable=SC2034
  RUN_JARS="$APP/run/$(cat "$stamp")"
}

# Whether all is there that file $1 says was built.
is_built() {
  [ -s "$1" ] && [ -d "$APP/lib" ] && [ -d "$ROOT/agent/cli/target/lib" ] && [ -d "$APP/run/$(cat "$1")" ]
}

# Keeps the built jars for scripts/plumb, as of file $1, which is as old as the start of the build: a source saved
# meanwhile is newer. The jars of earlier builds go.
keep_run_jars() {
  local run="$APP/run" jars hash
  mapfile -t jars < <(own_jars)
  hash=$(cat "${jars[@]}" | sha256sum | cut -c1-16)
  mkdir -p "$run/$hash"
  cp "${jars[@]}" "$run/$hash/"
  RUN_JARS="$run/$hash"
  local jar
  for jar in "$APP"/lib/org.eclipse.jgit*.jar; do copy_unsigned "$jar" "$run/$hash" || true; done
  # Without these caches, command and agent start more slowly.
  make_agent_cache "$run/$hash.agent.aot" "$(class_path_of agent/app)" "${AGENT_JVM[@]}" 9>&- &
  make_plumb_cache "$run/$hash.aot" "$(class_path_of agent/cli)" "${PLUMB_JVM[@]}"
  wait $! || true
  printf '%s\n' "$hash" >"$run/current.new"
  touch -r "$1" "$run/current.new"
  mv "$run/current.new" "$run/current"
  find "$run" -mindepth 1 -maxdepth 1 \( -type d -o -name '*.jsa' -o -name '*.aot*' \) ! -name "$hash*" -exec rm -rf {} +
}

# Builds the jars without the compiler's checks, which scripts/test runs. Says every 30 s that it is not done. Ended by
# a signal, it takes Maven along; the traps of the caller are there again afterwards.
build_jars() {
  local traps maven code=0 seconds=$SECONDS said=0
  traps=$(trap -p INT TERM HUP)
  # Maven only adds to them: a library of an earlier version would stay on the class path.
  rm -rf "$APP/lib" "$ROOT/agent/cli/target/lib"
  # Debian's Maven writes terminal resets even into files.
  exec_maven -- -q -Dstyle.color=never -Dmaven.test.skip=true -Dplumbline.compiler.checks=-Xdiags:compact package \
    > >(sed -u 's/\x1b\[0m//g' >&2) 2>&1 &
  maven=$!
  # shellcheck disable=SC2064
  trap "end_process $maven; exit 143" INT TERM HUP
  while alive "$maven"; do
    sleep 1 &
    wait $! || true
    if [ $((SECONDS - seconds - said)) -ge 30 ]; then
      said=$((SECONDS - seconds))
      echo "plumb: still building, $said s" >&2
    fi
  done
  wait "$maven" || code=$?
  trap - INT TERM HUP
  eval "$traps"
  return "$code"
}

# Compiles everything, the tests too, when a source is newer than what was compiled; sets
# TEST_CLASSPATH to what the tests run with. One at a time: the others wait and find it done.
build_tests_if_stale() {
  local file="$APP/test-classpath" began
  mkdir -p "$APP"
  exec 9>"$file.lock"
  flock 9
  if [ ! -s "$file" ] || [ ! -d "$APP/test-classes" ] || newer_source "$file" src; then
    find_maven
    began=$(mktemp)
    (exec_maven -- -q -Dstyle.color=never -pl agent/app -am -DskipTests -Dspotless.check.skip \
      test-compile dependency:build-classpath -Dmdep.includeScope=test -Dmdep.outputFile="$file.new" 9>&-) ||
      die "the build failed (see above)"
    # As old as the start of the build: a source saved meanwhile is newer.
    touch -r "$began" "$file.new"
    mv "$file.new" "$file"
    rm -f "$began"
  fi
  exec 9>&-
  # shellcheck disable=SC2034
  TEST_CLASSPATH="$APP/test-classes:$(printf "$ROOT/%s/target/classes:" "${MODULES[@]}")$(cat "$file")"
}
