import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SandboxLimits } from './limits.ts';

/** How a program is kept apart from the machine. */
export interface Isolation {
  /** Whether it has no network. */
  readonly withoutNetwork: boolean;
  /**
   * Whether it has namespaces of its own: it sees its folder and, read-only, those of the system and its interpreter, and ends with all
   * of its children. Else it is an ordinary process with limits.
   */
  readonly hasNamespaces: boolean;
}

/** What the system offers, or why it offers nothing. */
export type OfferedIsolation = Isolation | { readonly problem: string };

/** A command in its sandbox. */
export interface IsolatedCommand {
  /** Folder on this machine that holds the program in `program/` and an empty `root/`. */
  readonly scratch: string;
  /** Folders and files that the interpreter needs beside the system's. */
  readonly mounts: readonly string[];
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly limits: SandboxLimits;
}

/** Where the program's folder is inside the namespaces. */
export const workFolder = '/work';

/** What interpreters and their libraries read, where it exists. */
const systemFolders = [
  ...['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/nix'],
  ...['/etc/ld.so.cache', '/etc/alternatives', '/etc/localtime'],
  ...['/dev/null', '/dev/zero', '/dev/full', '/dev/random', '/dev/urandom'],
];

/**
 * Inside new namespaces: a root of its own in memory with read-only mounts, then the command, without privileges and within limits. This
 * shell is the first process of its namespace: when it ends, the kernel ends all others.
 */
const setUp = `
set -e
scratch=$1 size=$2
shift 2
root=$scratch/root
mount -t tmpfs -o "size=$size,mode=755,nosuid,nodev" tmpfs "$root"
while [ "$1" != -- ]; do
  if [ -L "$1" ]; then
    mkdir -p "$root\${1%/*}"
    cp -P "$1" "$root$1"
  elif [ -d "$1" ]; then
    mkdir -p "$root$1"
    mount -o bind,ro,nosuid,nodev "$1" "$root$1"
  elif [ -e "$1" ]; then
    mkdir -p "$root\${1%/*}"
    : > "$root$1"
    mount -o bind,ro,nosuid "$1" "$root$1"
  fi
  shift
done
shift
mkdir -p "$root/proc" "$root/work" "$root/tmp" "$root/.old"
cp -R "$scratch/program/." "$root/work/"
chmod -R a+rX "$root/work"
chmod 777 "$root/work" "$root/tmp"
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
cd "$root"
pivot_root . .old
cd /work
umount -l /.old
rmdir /.old
# Memory that belongs to no process could not be counted. This is of the new namespace alone.
echo 0 > /proc/sys/kernel/shmmni || true
"$@"
exit $?
`;

/**
 * The last step before the command, told on descriptor 3. Within a user namespace of its own nobody can make another one, with file
 * systems in memory of its own; where none can be made, none need be forbidden. Its first argument says whether there is one already.
 */
const lockDown = `
forbid='echo 0 > /proc/sys/user/max_user_namespaces; echo ready >&3; exec 3>&-; exec "$@"'
inside=$1
shift
if [ "$inside" = no ] && unshare --user --map-root-user true 2> /dev/null; then
  exec unshare --user --map-root-user sh -c "$forbid" sandbox "$@"
fi
[ "$inside" = no ] || echo 0 > /proc/sys/user/max_user_namespaces
echo ready >&3
exec 3>&-
exec "$@"
`;

function limitOptions(limits: SandboxLimits): readonly string[] {
  const cpu = Math.ceil(limits.cpuSeconds);
  return [
    // The program is told once that its time is over; a second later it is not asked.
    `--cpu=${cpu}:${cpu + 1}`,
    `--data=${limits.memoryBytes}`,
    `--nproc=${limits.processes}`,
    `--fsize=${limits.fileBytes}`,
    '--nofile=64',
    '--core=0',
  ];
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** A user that nobody is: the kernel counts the processes of each user. */
function nobody(): readonly string[] {
  const id = String(randomInt(1_000_000_000, 2_000_000_000));
  return ['--reuid', id, '--regid', id, '--clear-groups'];
}

/** The command line that runs a command in namespaces of its own. It ends by itself, also when this process is gone. */
export function namespaceCommand(isolated: IsolatedCommand, withoutNetwork: boolean): readonly string[] {
  const { scratch, mounts, command, environment, limits } = isolated;
  const size = String(limits.fileBytes);
  return [
    ...['timeout', '-s', 'KILL', String(Math.ceil(limits.wallSeconds) + 5)],
    ...['unshare', '--mount', '--pid', '--fork', '--kill-child', '--ipc', '--uts'],
    ...(withoutNetwork ? ['--net'] : []),
    ...(isRoot() ? [] : ['--user', '--map-root-user']),
    ...['sh', '-c', setUp, 'sandbox', scratch, size, ...systemFolders, ...mounts, '--'],
    ...(isRoot() ? ['setpriv', ...nobody()] : []),
    ...['sh', '-c', lockDown, 'sandbox', isRoot() ? 'no' : 'yes'],
    ...['prlimit', ...limitOptions(limits)],
    ...['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs'],
    ...['env', '-i', ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)],
    ...command,
  ];
}

/** The command line that runs a command as an ordinary process with limits on what the shell can limit. */
export function limitedCommand({ scratch, command, environment, limits }: IsolatedCommand): readonly string[] {
  const kibibytes = Math.ceil(limits.memoryBytes / 1024);
  const blocks = Math.ceil(limits.fileBytes / 512);
  const script = [
    `ulimit -t ${Math.ceil(limits.cpuSeconds)}`,
    `ulimit -f ${blocks}`,
    'ulimit -c 0',
    `ulimit -d ${kibibytes} 2> /dev/null`,
    `cd "$1" && shift && echo ready >&3 && exec 3>&- && exec env -i "$@"`,
  ].join('\n');
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return ['sh', '-c', script, 'sandbox', path.join(scratch, 'program'), ...variables, ...command];
}

function offered(withoutNetwork: boolean): OfferedIsolation {
  if (process.platform !== 'linux') return { problem: `there are no namespaces on ${process.platform}` };
  const scratch = mkdtempSync(path.join(tmpdir(), 'rlvr-sandbox-'));
  const megabyte = 2 ** 20;
  const limits = {
    cpuSeconds: 5,
    wallSeconds: 20,
    memoryBytes: 64 * megabyte,
    outputBytes: megabyte,
    processes: 8,
    fileBytes: megabyte,
  };
  try {
    for (const name of ['root', 'program']) mkdirSync(path.join(scratch, name));
    const [file = '', ...args] = namespaceCommand(
      { scratch, mounts: [], command: ['true'], environment: { PATH: '/usr/bin:/bin' }, limits },
      withoutNetwork,
    );
    const probe = spawnSync(file, args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'], encoding: 'utf8' });
    if (probe.status === 0) return { withoutNetwork, hasNamespaces: true };
    const reason = probe.error?.message ?? probe.stderr.trim().split('\n')[0];
    return { problem: reason === undefined || reason === '' ? 'a trial run failed' : reason };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const known = new Map<boolean, OfferedIsolation>();

/** Whether this machine can run programs in namespaces of their own, found out by a trial run, once. */
export function offeredIsolation(withoutNetwork: boolean): OfferedIsolation {
  const found = known.get(withoutNetwork) ?? offered(withoutNetwork);
  known.set(withoutNetwork, found);
  return found;
}
