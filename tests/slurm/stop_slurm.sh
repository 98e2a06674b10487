#!/usr/bin/env bash
# stop_slurm.sh DIR: end the private SLURM of `start_slurm.sh DIR` with all its jobs, and remove its links and DIR.
# Only processes are ended whose ids stand in DIR.
set -uo pipefail
dir=$(realpath -m "${1:?which folder?}")
export SLURM_CONF="$dir/etc/slurm.conf"
[ -f "$SLURM_CONF" ] || exit 0

# A process whose parent does not collect it stays behind as a zombie (state Z), which counts as ended.
alive() { [ -d "/proc/$1" ] && ! grep -qs '^State:[[:space:]]*Z' "/proc/$1/status"; }

end() {
  local pid
  pid=$(cat "$1" 2>/dev/null) || return 0
  kill "$pid" 2>/dev/null
  for _ in $(seq 50); do
    alive "$pid" || return 0
    sleep 0.1
  done
  kill -9 "$pid" 2>/dev/null
}

# Jobs first, while there is somebody to end them; a stopped process only hears SIGKILL.
timeout 10 scancel --quiet --signal=KILL --full --state=RUNNING 2>/dev/null
timeout 10 scancel --quiet --state=PENDING 2>/dev/null
for _ in $(seq 50); do
  [ -z "$(timeout 5 squeue --noheader --states=RUNNING,COMPLETING 2>/dev/null)" ] && break
  sleep 0.1
done
for file in "$dir"/run/slurmd.*.pid "$dir/run/slurmctld.pid" "$dir/run/munged.pid"; do end "$file"; done
for file in slurm.conf gres.conf; do
  [ "$(readlink "/etc/slurm/$file")" = "$dir/etc/$file" ] && rm -f "/etc/slurm/$file"
done
rm -rf "$dir"
