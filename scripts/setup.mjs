// Makes a clone ready: installs when the lock file changed, builds when the sources changed, says what it does.
// Only Node's own modules: it runs before anything is installed. npm's `prepare` calls it with --installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSetupState, writeSetupState } from './setupState.mjs';
import { lockHash, sourceHash } from './sourceHash.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const oldestNode = [20, 19];

function fail(message) {
  console.error(message);
  process.exit(1);
}

function say(message) {
  console.log(`setup: ${message}`);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return;
  fail(
    `RLVR Lab needs Node ${oldestNode.join('.')} or newer; this is Node ${process.versions.node} (${process.execPath}).`,
  );
}

function timed(action) {
  const start = performance.now();
  action();
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

function run(command, args, options) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (error) fail(`${[command, ...args].join(' ')} could not be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

/** The npm that started this script, else the one on the path. */
function runNpm(args) {
  // npm hands the settings of .npmrc to scripts; the npm started here reads them itself, and would warn of this one twice.
  const { npm_config_onnxruntime_node_install, npm_execpath: npm, ...env } = process.env;
  if (npm?.endsWith('.js')) run(process.execPath, [npm, ...args], { env });
  else run('npm', args, { env, shell: process.platform === 'win32' });
}

/** Whether node_modules holds what the lock file asks for, also when somebody else's `npm install` put it there. */
function matchesLockFile() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.entries(packages).every(
    ([place, { version, optional }]) =>
      place === '' ||
      optional ||
      (version === undefined ? existsSync(join(root, place)) : installedVersion(place) === version),
  );
}

function installedVersion(place) {
  try {
    return JSON.parse(readFileSync(join(root, place, 'package.json'), 'utf8')).version;
  } catch {
    return undefined;
  }
}

function install() {
  const lock = lockHash(root);
  if (readSetupState(root).lock === lock) return;
  if (!matchesLockFile()) {
    say('installing the packages of package-lock.json (npm ci)');
    const seconds = timed(() => runNpm(['ci', '--include=dev']));
    say(`installed in ${seconds}`);
  }
  writeSetupState(root, { lock });
}

function build() {
  const sources = sourceHash(root);
  if (readSetupState(root).sources === sources && existsSync(join(root, 'dist', 'cli.js'))) return;
  if (!existsSync(join(root, 'node_modules', 'esbuild'))) {
    say('not building: the development dependencies are not installed');
    return;
  }
  say('building dist/ (esbuild)');
  const seconds = timed(() => run(process.execPath, [join(root, 'scripts', 'build.mjs')]));
  say(`built in ${seconds}`);
}

checkNode();
if (!process.argv.includes('--installed')) install();
build();
