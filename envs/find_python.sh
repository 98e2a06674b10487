#!/bin/sh
# Print the Python that .venv is to be made with: $PYTHON where it is set (a path, or a name on PATH), else the newest
# supported one on PATH. Without one, say what was found and why each will not do. The arguments are what `make` was asked
# for, to be repeated in the advice:
#     PYTHON= sh envs/find_python.sh demo

SUPPORTED="3.13 3.12 3.11" # newest first; requires-python in pyproject.toml says the same

# Run by whatever calls itself Python, so it must be good Python 2 as well. It prints the minor version and the program, or
# exits with 3 and a reason. Of a venv it names the Python behind it: the venv may be the one that is about to be removed.
PROBE='
import os, sys

def refuse(reason):
    sys.stdout.write("Python %d.%d.%d: %s\n" % (sys.version_info[:3] + (reason,)))
    sys.exit(3)

version = "%d.%d" % sys.version_info[:2]
if version not in sys.argv[1:]:
    refuse("not supported")
if sys.implementation.name != "cpython":
    refuse("this is %s, and the packages are built for CPython" % sys.implementation.name)
if not getattr(sys, "_is_gil_enabled", lambda: True)():
    refuse("a free-threaded build, which some packages are not built for")
missing = []
for name in ("venv", "ensurepip", "ssl", "zlib", "ctypes"):
    try:
        __import__(name)
    except ImportError:
        missing.append(name)
if "venv" in missing or "ensurepip" in missing:
    refuse("cannot make virtual environments (on Debian and Ubuntu: apt install python%s-venv)" % version)
if missing:
    refuse("was built without %s: install another build of it" % ", ".join(missing))
program = sys.executable if sys.prefix == sys.base_prefix else os.path.realpath(sys.executable)
sys.stdout.write("%d %s\n" % (sys.version_info[1], program))
'

newest=0
chosen=
refused=

refuse() { # file, reason
  refused="$refused
  $1: $2"
}

consider() { # file
  if [ -d "$1" ]; then
    refuse "$1" "a folder; name the program in it, as in $1/bin/python3"
    return
  elif [ ! -e "$1" ]; then
    refuse "$1" "no such file"
    return
  elif [ ! -x "$1" ]; then
    refuse "$1" "not a program (it may not be executed)"
    return
  fi
  said=$("$1" -c "$PROBE" $SUPPORTED 2>&1 </dev/null)
  status=$?
  last=$(printf '%s\n' "$said" | tail -n 1) # warnings may stand above it
  case "$status $last" in
    "0 "[0-9]*" "/*)
      if [ "${last%% *}" -gt "$newest" ]; then
        newest=${last%% *}
        chosen=${last#* }
      fi
      ;;
    "3 Python "*) refuse "$1" "$last" ;;
    *) refuse "$1" "does not run as Python (exit status $status${said:+: $(printf '%s\n' "$said" | head -n 1)})" ;;
  esac
}

# Every folder of PATH, not only the first that has the name: a shim that does not run may stand before the real one.
search() { # names
  seen=
  set -f
  IFS=:
  for folder in $PATH; do
    unset IFS
    real=$(CDPATH='' cd -P -- "${folder:-.}" 2>/dev/null && pwd) || continue
    case "$seen:" in *":$real:"*) continue ;; esac # /bin is /usr/bin on most systems
    seen="$seen:$real"
    for name in "$@"; do
      if [ -f "${folder:-.}/$name" ] && [ -x "${folder:-.}/$name" ]; then
        consider "${folder:-.}/$name"
      fi
    done
  done
  unset IFS
}

case "$PYTHON" in
  "") search $(printf 'python%s ' $SUPPORTED) python3 python ;;
  */*) consider "$PYTHON" ;;
  *) search "$PYTHON" ;;
esac

if [ -n "$chosen" ]; then
  printf '%s\n' "$chosen"
  exit 0
fi

first=${SUPPORTED%% *}
needs="stratomics needs Python $(echo "$SUPPORTED" | sed 's/ /, /; s/\(.*\) /\1 or /')"
{
  if [ -n "$PYTHON" ]; then
    echo "$needs, and cannot use PYTHON=$PYTHON:${refused:-
  no program of this name on PATH}"
  elif [ -n "$refused" ]; then
    echo "$needs, and can use none of those on PATH:$refused"
  else
    echo "$needs, and there is no Python on PATH."
  fi
  echo "What to do: install one. Debian 12 and 13, Ubuntu 24.04: apt install python3 python3-venv. Elsewhere, or without root:"
  echo "'uv python install $first' (https://docs.astral.sh/uv). Or say where one is:"
  echo "    make ${*:-demo} PYTHON=/path/to/python$first"
} >&2
exit 1
