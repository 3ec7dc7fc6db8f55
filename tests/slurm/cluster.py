"""A whole Slurm on this machine, in a folder of its own: munged, slurmctld and
slurmd on free ports of the loopback, as root."""
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

NODE = "localhost"
PATIENCE = 60
CONF = """
ClusterName=rollcall
SlurmctldHost={node}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmctldPort={ctl}
SlurmdPort={node_port}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=0,sched_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
MailProg=/bin/true
ReturnToService=2
KillWait=5
MinJobAge=600
NodeName={node} NodeAddr=127.0.0.1 CPUs=4 RealMemory=4096 State=UNKNOWN
PartitionName=all Nodes={node} Default=YES MaxTime=INFINITE State=UP
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Cluster:
    """Use it as a context manager; env: what Slurm's commands need."""

    def __enter__(self):
        # A socket's path must be short, and munged wants safe parents.
        self.folder = Path(tempfile.mkdtemp(prefix="slurm-", dir="/run"))
        self.processes = []
        self.env = {**os.environ, "SLURM_CONF": str(self.folder /
                                                    "slurm.conf")}
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        self.folder.chmod(0o755)
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        (self.folder / "slurm.conf").write_text(CONF.format(
            folder=self.folder, node=NODE, ctl=free_port(),
            node_port=free_port()))
        self.run("munged", "--foreground", "--force",
                 f"--key-file={key}", f"--socket={self.folder}/munge.socket",
                 f"--pid-file={self.folder}/munged.pid",
                 f"--log-file={self.folder}/munged.log",
                 f"--seed-file={self.folder}/munged.seed")
        self.wait_for(lambda: (self.folder / "munge.socket").exists())
        self.run("slurmctld", "-D")
        self.run("slurmd", "-D", "-N", NODE)
        self.wait_for(lambda: self.ask("sinfo", "-h", "-o", "%T") == "idle")

    def run(self, *command):
        path = self.folder / f"{command[0]}.out"
        with open(path, "wb") as out:
            self.processes.append(subprocess.Popen(
                command, env=self.env, stdin=subprocess.DEVNULL, stdout=out,
                stderr=out))

    def wait_for(self, true):
        end = time.monotonic() + PATIENCE
        while not true():
            for process in self.processes:
                if process.poll() is not None:
                    raise RuntimeError(f"{process.args[0]} ended\n" +
                                       self.logs())
            if time.monotonic() > end:
                raise RuntimeError("it does not come\n" + self.logs())
            time.sleep(0.1)

    def ask(self, *command):
        """What a command of Slurm's prints, "" when it fails."""
        done = subprocess.run(command, env=self.env, capture_output=True,
                              text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    def state(self, job):
        """The last state of a job, or of all tasks of an array, as a set."""
        text = self.ask("scontrol", "show", "job", str(job), "--oneliner")
        return {word.split("=")[1] for word in text.split()
                if word.startswith("JobState=")}

    def logs(self):
        return "\n".join(f"== {path.name}\n{path.read_text()[-2000:]}"
                         for path in sorted(self.folder.glob("*.log")) +
                         sorted(self.folder.glob("*.out")))
