// Provisions the Python environment that the Python tests and the TRL benchmark share: built once, in the cache, reused while its pins
// stay and nothing of it is lost. Only Node's own modules: this runs before anything else is known to work.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withLock } from './lockFile.mjs';
import { runPip } from './pip.mjs';

const pinsFolder = join(dirname(fileURLToPath(import.meta.url)), 'python');
const requirements = join(pinsFolder, 'requirements.txt');
/** What environments there are: pins, further pins of what these need, and what building one takes. */
const environments = {
  training: {
    requirements,
    constraints: [join(pinsFolder, 'constraints.txt')],
    neededBytes: 10e9,
    contents: 'torch, TRL, PEFT and transformers: about 3 GB to download and 6 GB on disk on Linux, less elsewhere',
  },
  verifier: {
    requirements: join(pinsFolder, 'verifier.txt'),
    constraints: [],
    neededBytes: 0.3e9,
    contents: 'Math-Verify and SymPy: about 10 MB to download',
  },
};
const pipVersion = '26.3';
const oldestPython = [3, 11];
const completeMarker = '.complete';

/** Prints one line for each pinned package that is missing or of another version, and for each package with a missing file. */
const inspection = `
import os, sys
from importlib.metadata import distributions
found = {}
for package in distributions():
    found[package.name.lower().replace("_", "-")] = package.version.partition("+")[0]
    lost = [str(file) for file in package.files or () if not os.path.exists(package.locate_file(file))]
    if lost:
        print(f"{package.name} has lost {lost[0]}")
for line in open(sys.argv[1], encoding="utf-8"):
    name, pinned, version = line.partition("#")[0].strip().partition("==")
    if pinned and found.get(name) != version:
        print(f"{name} is {found.get(name, 'missing')}, not {version}")
`;

/** A reason why there is no environment, to be shown as it is. */
export class PythonEnvironmentError extends Error {}

/** `RLVR_CACHE`, else `rlvr-lab` in the user's cache folder. */
export function cacheFolder() {
  return process.env.RLVR_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'rlvr-lab');
}

/**
 * The path of a Python interpreter that has everything that is pinned for `training` or `verifier`; provisions it where needed.
 * Run its tools as `python -m <tool>`. Throws PythonEnvironmentError.
 * @param {(line: string) => void} [log]
 * @param {keyof typeof environments} [name]
 * @returns {Promise<string>}
 */
export async function pythonEnvironment(log = (line) => process.stderr.write(`${line}\n`), name = 'training') {
  const system = systemPython();
  const environment = environments[name];
  const folder = join(cacheFolder(), `python-${environmentKey(system, environment)}`);
  if (environmentProblem(folder, environment.requirements) !== undefined) {
    makeFolder(dirname(folder));
    await withLock(`${folder}.lock`, log, async () => {
      const problem = environmentProblem(folder, environment.requirements);
      if (problem === undefined) return;
      if (existsSync(folder)) log(`The Python environment in ${folder} cannot be used and is made anew: ${problem}`);
      await build(system, folder, environment, log);
    });
  }
  return interpreterIn(folder);
}

/**
 * What is wrong with an environment, undefined for one that can be used. One that was complete can lose its interpreter to an upgrade of
 * the system's Python, and its files to whatever cleans caches.
 * @param {string} folder
 * @param {string} [pins] the requirements file
 * @returns {string | undefined}
 */
export function environmentProblem(folder, pins = requirements) {
  if (!existsSync(join(folder, completeMarker))) return 'it was never finished';
  try {
    const problems = execFileSync(interpreterIn(folder), ['-c', inspection, pins], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
    });
    return problems.trim().split('\n')[0] || undefined;
  } catch (error) {
    return `its Python does not run: ${error.message.split('\n')[0]}`;
  }
}

function environmentKey(system, environment) {
  const hash = createHash('sha256');
  for (const file of [environment.requirements, ...environment.constraints]) hash.update(readFileSync(file));
  hash.update(
    [pipVersion, system.version.slice(0, 2).join('.'), system.executable, process.platform, process.arch].join('\0'),
  );
  return hash.digest('hex').slice(0, 12);
}

/** The first Python of RLVR_PYTHON, python3 and python that is new enough and can make virtual environments. */
function systemPython() {
  const wanted = process.env.RLVR_PYTHON;
  const problems = [];
  for (const command of wanted ? [wanted] : ['python3', 'python']) {
    const facts = interrogate(command);
    if (facts === undefined) problems.push(`${command}: not found or does not run`);
    else if (!newEnough(facts.version)) problems.push(`${command}: is Python ${facts.version.join('.')}`);
    else if (!facts.venv)
      problems.push(`${command}: its venv module is missing (Debian, Ubuntu: apt install python3-venv)`);
    else return facts;
  }
  const list = problems.map((problem) => `\n  ${problem}`).join('');
  throw new PythonEnvironmentError(
    `Python ${oldestPython.join('.')} or newer with its venv module is needed.${list}\n` +
      "Install one (python.org, or the system's packages python3 and python3-venv), or name one in the variable RLVR_PYTHON.",
  );
}

function interrogate(command) {
  const program =
    'import importlib.util as u, json, sys; ' +
    'print(json.dumps({"version": list(sys.version_info[:3]), "executable": sys.executable, ' +
    '"venv": all(u.find_spec(m) is not None for m in ("venv", "ensurepip"))}))';
  try {
    return JSON.parse(
      execFileSync(command, ['-c', program], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        timeout: 30_000,
      }),
    );
  } catch {
    return undefined;
  }
}

function newEnough([major, minor]) {
  return major > oldestPython[0] || (major === oldestPython[0] && minor >= oldestPython[1]);
}

async function build(system, folder, environment, log) {
  removeAbandoned(folder);
  checkSpace(dirname(folder), environment.neededBytes);
  log(`Making a Python environment in ${folder}`);
  log(`It holds ${environment.contents}. Done once.`);
  const building = `${folder}.building-${process.pid}`;
  try {
    execFileSync(system.executable, ['-m', 'venv', building], { stdio: ['ignore', 'ignore', 'pipe'] });
    const python = interpreterIn(building);
    await runPip(python, ['install', '--quiet', '--upgrade', `pip==${pipVersion}`], log);
    await runPip(python, ['install', '--progress-bar', 'raw', ...pinArguments(environment)], log);
    moveScripts(dirname(python), building, folder);
    writeFileSync(join(building, completeMarker), '');
    rmSync(folder, { recursive: true, force: true });
    renameSync(building, folder);
  } catch (error) {
    rmSync(building, { recursive: true, force: true });
    throw new PythonEnvironmentError(
      `The Python environment could not be made in ${folder}.\n${error.stderr || error.message}`,
    );
  }
  log('The Python environment is complete.');
}

function removeAbandoned(folder) {
  const prefix = `${basename(folder)}.building-`;
  for (const name of readdirSync(dirname(folder))) {
    if (name.startsWith(prefix)) rmSync(join(dirname(folder), name), { recursive: true, force: true });
  }
}

function pinArguments({ requirements: pins, constraints }) {
  return ['-r', pins, ...constraints.flatMap((file) => ['-c', file])];
}

function checkSpace(folder, neededBytes) {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= neededBytes) return;
  throw new PythonEnvironmentError(
    `${folder} has ${((bavail * bsize) / 1e9).toFixed(1)} GB free and the Python environment needs ${neededBytes / 1e9} GB ` +
      'while it is made. Free some, or name another folder in the variable RLVR_CACHE.',
  );
}

function makeFolder(folder) {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new PythonEnvironmentError(
      `The cache folder ${folder} cannot be made (${error.message}). Name another one in RLVR_CACHE.`,
    );
  }
}

/** Scripts in a virtual environment name their interpreter by its absolute path, which the rename changes. */
function moveScripts(folder, from, to) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(folder, entry.name);
    const text = readFileSync(path, 'latin1');
    if (text.includes(from) && !text.includes('\0')) writeFileSync(path, text.replaceAll(from, to), 'latin1');
  }
}

function interpreterIn(folder) {
  return process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    console.log(await pythonEnvironment());
  } catch (error) {
    if (!(error instanceof PythonEnvironmentError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
