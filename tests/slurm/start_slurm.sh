#!/usr/bin/env bash
# start_slurm.sh DIR [NODES]: a private SLURM on this machine, for the tests: munge, slurmctld, NODES (2) slurmd.
# It needs root and no systemd, and writes into DIR and two links in /etc/slurm. `stop_slurm.sh DIR` removes all of it.
# Every node pretends to have 8 cores, 32 GB and two GPUs, whatever the machine has. `. DIR/env.sh` to use it by hand.
set -euo pipefail
dir=$(realpath -m "${1:?which folder?}")
nodes=${2:-2}
host=$(hostname -s)
umask 022

absent=()
for pair in slurmctld:slurmctld slurmd:slurmd sbatch:slurm-client munged:munge; do
  command -v "${pair%:*}" >/dev/null || absent+=("${pair#*:}")
done
if [ ${#absent[@]} -gt 0 ]; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${absent[@]}" >/dev/null
fi

# Links that a killed test session left behind. Known by their path: a link of another kind may be a real cluster's.
for file in slurm.conf gres.conf; do
  left=$(readlink "/etc/slurm/$file" || true)
  case $left in
    */pytest-of-*/private/etc/"$file")
      pid=$(cat "${left%/etc/"$file"}/run/slurmctld.pid" 2>/dev/null || true)
      if [ -z "$pid" ] || ! kill -0 "$pid" 2>/dev/null; then rm -f "/etc/slurm/$file"; fi
      ;;
  esac
done

# Snakemake takes SLURM_CONF away from the commands inside a job, so `srun` reads /etc/slurm/slurm.conf there. A real one is
# somebody's cluster.
mkdir -p /etc/slurm
for file in slurm.conf gres.conf; do
  if [ -e "/etc/slurm/$file" ] || [ -L "/etc/slurm/$file" ]; then
    echo "/etc/slurm/$file exists: this machine belongs to another SLURM" >&2
    exit 1
  fi
done

mkdir -p "$dir"/{etc,state,log,run,dev,munge,spool}
# munge refuses a key that others can read.
chmod 700 "$dir/munge"
(umask 077 && head -c 128 /dev/urandom >"$dir/munge/key")

# SLURM counts a GPU only if there is a device file for it: here a copy of /dev/null (character device 1, 3).
mknod "$dir/dev/gpu0" c 1 3
mknod "$dir/dev/gpu1" c 1 3
for i in $(seq "$nodes"); do
  echo "NodeName=$host-n$i Name=gpu File=$dir/dev/gpu[0-1]"
done >"$dir/etc/gres.conf"

# config_overrides      believe the CPUs and the memory declared here, not those of the machine
# OverMemoryKill        without cgroups, a job over its memory is found by looking once a second, and killed
# OverTimeLimit, KillWait  a job over its time gets SIGTERM at once and SIGKILL 2 s later
# ReturnToService=1     a node that stopped answering comes back by itself; one that was set down stays down
# MinJobAge             without an accounting database the only record of an ended job is the controller's memory
cat >"$dir/etc/slurm.conf" <<EOF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort=26817
AuthType=auth/munge
AuthInfo=socket=$dir/run/munge.socket
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdPidFile=$dir/run/slurmd.%n.pid
SlurmdLogFile=$dir/log/slurmd.%n.log
SlurmdSpoolDir=$dir/spool/%n
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,sched_min_interval=0,batch_sched_delay=0
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
KillWait=2
OverTimeLimit=0
ReturnToService=1
MinJobAge=86400
GresTypes=gpu
EOF
for i in $(seq "$nodes"); do
  mkdir -p "$dir/spool/$host-n$i"
  echo "NodeName=$host-n$i NodeHostname=$host NodeAddr=127.0.0.1 Port=$((27000 + i)) CPUs=8 RealMemory=32000 Gres=gpu:2"
done >>"$dir/etc/slurm.conf"
cat >>"$dir/etc/slurm.conf" <<EOF
PartitionName=cpu Nodes=ALL Default=YES MaxTime=1-00:00:00 State=UP
PartitionName=gpu Nodes=$host-n1 MaxTime=1-00:00:00 State=UP
PartitionName=last Nodes=$host-n$nodes MaxTime=1-00:00:00 State=UP
EOF
ln -s "$dir/etc/slurm.conf" "$dir/etc/gres.conf" /etc/slurm/
echo "export SLURM_CONF=$dir/etc/slurm.conf" >"$dir/env.sh"
. "$dir/env.sh"

munged --force --key-file="$dir/munge/key" --socket="$dir/run/munge.socket" --pid-file="$dir/run/munged.pid" \
  --log-file="$dir/log/munged.log" --seed-file="$dir/munge/seed"
slurmctld
for i in $(seq "$nodes"); do slurmd -N "$host-n$i"; done

for _ in $(seq 100); do
  if [ "$(sinfo --noheader --Node --partition cpu --states idle -o %N 2>/dev/null | wc -l)" = "$nodes" ]; then
    echo "SLURM runs: . $dir/env.sh"
    exit 0
  fi
  sleep 0.2
done
sinfo --Node --long >&2 || true
tail -n 20 "$dir"/log/*.log >&2
echo "the nodes of the private SLURM did not become idle" >&2
exit 1
