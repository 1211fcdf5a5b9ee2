import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmdirSync, statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import type { PluginCatalog } from '../core/contracts/pluginCatalog.ts';
import { messageOf } from '../core/errors.ts';
import { formatValue } from '../core/report/formatValue.ts';
import { compile } from '../core/tensor/compile.ts';
import { loadRuntime } from '../core/tensor/runtime.ts';
import { tf } from '../core/tensor/tf.ts';
import { packageFolder } from './installation.ts';

/** One thing that was looked at. */
export interface Finding {
  readonly name: string;
  /** `failed` where the embedded default cannot work without it; `unavailable` where only something optional cannot. */
  readonly state: 'ok' | 'warning' | 'unavailable' | 'failed';
  /** What was found, and what to do where something is missing. */
  readonly detail: string;
}

const leastMemory = 1024 ** 3;
const leastDisk = 256 * 1024 ** 2;

/** Looks at everything that the product needs or could use on this machine. */
export async function examineMachine(catalog: PluginCatalog, runsFolder: string): Promise<readonly Finding[]> {
  const runtime = await examineRuntime();
  const devices = await examineDevices(catalog, runtime);
  return [
    examineNode(),
    { name: 'Platform', state: 'ok', detail: `${process.platform}-${process.arch}, ${os.release()}` },
    runtime,
    ...devices,
    examineThreads(),
    examineMemory(),
    examineFolder(runsFolder),
    examinePython(),
  ];
}

function examineNode(): Finding {
  const { engines } = JSON.parse(readFileSync(path.join(packageFolder(), 'package.json'), 'utf8')) as {
    engines: { node: string };
  };
  const wanted = engines.node.replace(/[^\d.]/g, '');
  const name = 'Node.js';
  const { node } = process.versions;
  return isAtLeast(node, wanted)
    ? { name, state: 'ok', detail: node }
    : { name, state: 'failed', detail: `${node}; ${wanted} or newer is needed (https://nodejs.org)` };
}

/** Whether a version such as `20.19.1` is not before another. */
export function isAtLeast(version: string, wanted: string): boolean {
  const [have, need] = [version, wanted].map((text) => text.split('.').map(Number));
  for (const [place, least] of (need ?? []).entries()) {
    const part = have?.[place] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}

async function examineRuntime(): Promise<Finding> {
  const name = 'ONNX Runtime';
  try {
    const { env } = await loadRuntime();
    return { name, state: 'ok', detail: `${env.versions.node ?? env.versions.common} loads` };
  } catch (error) {
    const hint = 'Install the package again with npm, on a platform that onnxruntime-node supports.';
    return { name, state: 'failed', detail: `${messageOf(error)} ${hint}` };
  }
}

async function examineDevices(catalog: PluginCatalog, runtime: Finding): Promise<readonly Finding[]> {
  const [engine] = catalog.all('engine');
  const known = engine === undefined ? undefined : await engine.capabilities();
  const supports = (device: string): boolean => known?.devices.includes(device) ?? false;
  const unavailable = (device: string, reason: string): Finding => ({
    name: `Device ${device}`,
    state: supports(device) ? 'ok' : 'unavailable',
    detail: supports(device) ? (known?.explanation ?? '') : reason,
  });
  const notUsed = `the engine "${engine?.id ?? 'none'}" computes on ${known?.devices.join(', ') ?? 'nothing'} only`;
  const backends = runtime.state === 'ok' ? (await loadRuntime()).listSupportedBackends() : [];
  const has = (backend: string): boolean => backends.some(({ name }) => name === backend);
  return [
    await examineCpu(known, runtime),
    unavailable(
      'webgpu',
      has('webgpu') ? `ONNX Runtime has it; ${notUsed}` : `this build of ONNX Runtime is without it`,
    ),
    unavailable('cuda', hasNvidiaDriver() ? `an NVIDIA driver is there; ${notUsed}` : 'no NVIDIA driver was found'),
    unavailable(
      'tensorflow',
      hasTensorflow() ? `it is installed; ${notUsed}` : '@tensorflow/tfjs-node is not installed',
    ),
  ];
}

async function examineCpu(
  known: { readonly available: boolean; readonly explanation: string } | undefined,
  runtime: Finding,
): Promise<Finding> {
  const name = 'Device cpu';
  if (runtime.state === 'failed') return { name, state: 'failed', detail: 'ONNX Runtime does not load' };
  if (known?.available !== true) return { name, state: 'failed', detail: known?.explanation ?? 'there is no engine' };
  try {
    const product = await multiply();
    if (product === 11) return { name, state: 'ok', detail: `${known.explanation}; a traced product is right` };
    return {
      name,
      state: 'failed',
      detail: `a product is ${product} and not 11: this processor or library is at fault`,
    };
  } catch (error) {
    return { name, state: 'failed', detail: messageOf(error) };
  }
}

/** (1 2) times (3 4), traced and run like everything else: 11. */
async function multiply(): Promise<number> {
  const graph = await compile(
    { a: { shape: [1, 2], dtype: 'float32' }, b: { shape: [2, 1], dtype: 'float32' } },
    ({ a, b }) => ({ product: tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D) }),
  );
  try {
    const { product } = await graph.run({ a: Float32Array.of(1, 2), b: Float32Array.of(3, 4) });
    return product?.data[0] ?? Number.NaN;
  } finally {
    await graph.release();
  }
}

function examineThreads(): Finding {
  const [usable, cores] = [os.availableParallelism(), os.cpus().length];
  const model = os.cpus()[0]?.model.trim() ?? 'unknown processor';
  const note = usable < cores ? ` of ${cores} (the others are not open to this process)` : '';
  return { name: 'Threads', state: 'ok', detail: `${usable}${note}, ${model}` };
}

function examineMemory(): Finding {
  const limit = process.constrainedMemory();
  const total = limit > 0 && limit < os.totalmem() ? limit : os.totalmem();
  const free = Math.min(process.availableMemory(), total);
  const detail = `${formatValue(free, 'bytes')} free of ${formatValue(total, 'bytes')}`;
  return free < leastMemory
    ? { name: 'Memory', state: 'warning', detail: `${detail}; the default experiment wants about 0.5 GiB` }
    : { name: 'Memory', state: 'ok', detail };
}

/** Writes into the nearest folder that exists: permissions alone do not say whether that works. */
function examineFolder(runsFolder: string): Finding {
  const name = 'Runs folder';
  let nearest = runsFolder;
  while (!existsSync(nearest)) nearest = path.dirname(nearest);
  try {
    rmdirSync(mkdtempSync(path.join(nearest, '.rlvr-doctor-')));
  } catch (error) {
    return {
      name,
      state: 'failed',
      detail: `${nearest} is not writable (${messageOf(error)}); choose one with --runs-folder`,
    };
  }
  const { bavail, bsize } = statfsSync(nearest);
  const free = bavail * bsize;
  const detail = `${runsFolder}, ${formatValue(free, 'bytes')} free`;
  return free < leastDisk
    ? { name, state: 'warning', detail: `${detail}; checkpoints may not fit` }
    : { name, state: 'ok', detail };
}

function examinePython(): Finding {
  const name = 'Python';
  for (const program of process.platform === 'win32' ? ['py', 'python'] : ['python3', 'python']) {
    const { stdout, status } = spawnSync(program, ['--version'], {
      encoding: 'utf8',
      timeout: 5000,
      windowsHide: true,
    });
    if (status === 0)
      return { name, state: 'ok', detail: `${stdout.trim().replace(/^Python /, '')}, which nothing here needs` };
  }
  return { name, state: 'unavailable', detail: 'not found; nothing here needs it' };
}

function hasNvidiaDriver(): boolean {
  if (existsSync('/proc/driver/nvidia/version')) return true;
  return spawnSync('nvidia-smi', ['-L'], { timeout: 5000, windowsHide: true }).status === 0;
}

function hasTensorflow(): boolean {
  const require = createRequire(import.meta.url);
  return ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'].some((name) => {
    try {
      return require.resolve(name) !== '';
    } catch {
      return false;
    }
  });
}
