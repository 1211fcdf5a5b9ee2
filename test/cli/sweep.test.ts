import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRun } from '../../core/runs/runJson.ts';
import { listRuns } from '../../core/runs/runStore.ts';
import { temporaryFolder } from '../runs/folder.ts';
import { writeTinyExperiment } from '../runs/tinyExperiment.ts';
import { waitUntil } from '../runs/waitUntil.ts';
import { productOfSuite, runCommand, startCommand } from './product.ts';
import type { CommandResult } from './product.ts';

const product = productOfSuite();
const rlvr = (cwd: string, ...args: readonly string[]): Promise<CommandResult> => runCommand(product(), cwd, args);
const runsOf = (cwd: string): ReturnType<typeof listRuns> => listRuns(path.join(cwd, '.rlvr', 'runs'));

const short = { training: { steps: 2 }, evaluation: { before: false, problems: 4 } };

/** A folder with a sweep of a second a cell. */
function sweepFolder(changes: object = {}): string {
  const cwd = temporaryFolder();
  writeTinyExperiment(cwd, { ...short, matrix: { 'adapter.r': [1, 2], seed: [7] }, ...changes });
  return cwd;
}

interface SweepEnd {
  readonly event: string;
  readonly cells: readonly { readonly index: number; readonly run?: string; readonly status?: string }[];
}
const lastLine = ({ out }: CommandResult): SweepEnd => JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as SweepEnd;

describe('rlvr run of a file with a matrix', () => {
  it('runs one cell after another, none twice, and shows which run is which', async () => {
    const cwd = sweepFolder();
    const alone = await rlvr(cwd, 'run', 'tiny.rlvr.yaml', '--cell', '2');
    expect(alone.code).toBe(0);
    expect(runsOf(cwd).map(({ record }) => record?.cell)).toEqual([
      { sweep: 'tiny', index: 2, of: 2, values: { 'adapter.r': 2, seed: 7 } },
    ]);
    const { code, out, err } = await rlvr(cwd, 'run', 'tiny.rlvr.yaml');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('Cell 1 of 2, adapter.r=1, seed=7\nrun ');
    expect(out).toMatch(/Cell 2 of 2, adapter\.r=2, seed=7: has finished already, as run \S+-tiny-r2-seed7-\w{4}\./);
    const table = out.trimEnd().split('\n').slice(-3);
    expect(table[0]).toMatch(/^cell +adapter\.r +seed +status +before +after \(95 % interval\) +run$/);
    expect(table[1]).toMatch(/^ +1 +1 +7 +finished +\d+\.\d % \(\d+\.\d to \d+\.\d\) +\S+-tiny-r1-seed7-\w{4}$/);
    const again = lastLine(await rlvr(cwd, 'run', 'tiny.rlvr.yaml', '--json'));
    expect(again).toMatchObject({
      event: 'sweep',
      cells: [
        { index: 1, status: 'finished' },
        { index: 2, status: 'finished' },
      ],
    });
    expect(runsOf(cwd)).toHaveLength(2);
    const listed = await rlvr(cwd, 'runs');
    expect(listed.out).toContain('adapter.r=1, seed=7');
    expect((await rlvr(cwd, 'show', again.cells[0]?.run ?? '')).out).toContain('1 of 2 of tiny: adapter.r=1, seed=7');
  });

  it('ends with Ctrl-C, and goes on later with the cell that was stopped', async () => {
    const cwd = sweepFolder({ training: { steps: 3000, checkpoint_every: 1000 }, matrix: { 'adapter.r': [1, 2] } });
    const sweep = startCommand(product(), cwd, ['run', 'tiny.rlvr.yaml']);
    await waitUntil(() => runsOf(cwd).some(({ record }) => (record?.steps ?? 0) >= 2));
    sweep.child.kill('SIGINT');
    const { code, out } = await sweep.ended();
    expect(code).toBe(130);
    expect(out).toContain('0 of 2 cells have finished. `rlvr run tiny.rlvr.yaml` goes on with the others.');
    expect(out).not.toContain('Cell 2 of 2');
    const [stopped] = runsOf(cwd);
    expect([runsOf(cwd).length, stopped?.record?.status]).toEqual([1, 'stopped']);
    const later = startCommand(product(), cwd, ['run', 'tiny.rlvr.yaml']);
    const steps = stopped?.record?.steps ?? 0;
    await waitUntil(() => readRun(stopped?.folder ?? '').steps > steps);
    later.child.kill('SIGINT');
    const next = await later.ended();
    expect(next.out).toContain(`Cell 1 of 2, adapter.r=1: goes on with run ${stopped?.id ?? ''}`);
    expect(runsOf(cwd)).toHaveLength(1);
  });

  it('goes on with the other cells where one fails, and says so', async () => {
    const cwd = sweepFolder({ matrix: { learning_rate: [1e38, 0.01] } });
    const { code, out, err } = await rlvr(cwd, 'run', 'tiny.rlvr.yaml', '--json');
    expect([code, err]).toEqual([1, '']);
    const { cells } = lastLine({ code, out, err });
    expect(cells.map(({ status }) => status)).toEqual(['failed', 'finished']);
  });

  it('begins nothing where a cell is wrong, or the option makes no sense', async () => {
    const cwd = sweepFolder({ matrix: { 'adapter.r': [1, 99], 'adapter.target_modules': [['q_proj']] } });
    const tooLarge = await rlvr(cwd, 'run', 'tiny.rlvr.yaml');
    expect([tooLarge.code, tooLarge.out]).toEqual([2, '']);
    expect(tooLarge.err).toContain('rank 99 is larger than model.layers.0.self_attn.q_proj');
    expect(readdirSync(cwd)).not.toContain('.rlvr');
    expect((await rlvr(cwd, 'run', 'tiny.rlvr.yaml', '--cell', '9')).err).toContain('has no cell "9". There are 2:');
    writeFileSync(
      path.join(cwd, 'sound.yaml'),
      readFileSync(path.join(cwd, 'tiny.rlvr.yaml'), 'utf8').replace('99', '2'),
    );
    expect((await rlvr(cwd, 'run', 'sound.yaml', '--detach')).err).toContain('--detach goes with --cell');
    const shown = await rlvr(cwd, 'show-config', 'sound.yaml');
    expect(shown.out).toContain('   1  tiny-r1-target_modules1  adapter.r=1, adapter.target_modules=["q_proj"]\n');
  });
});

describe('rlvr run --from', () => {
  it('starts from a run with its adapter, and says that this is not the base', async () => {
    const cwd = temporaryFolder();
    writeTinyExperiment(cwd, { ...short, adapter: { type: 'dora', r: 2 } });
    expect((await rlvr(cwd, 'run', 'tiny.rlvr.yaml')).code).toBe(0);
    const [first] = runsOf(cwd);
    writeFileSync(
      path.join(cwd, 'next.rlvr.yaml'),
      JSON.stringify({ ...readRun(first?.folder ?? '').experiment, name: 'next', adapter: { type: 'full' } }),
    );
    const next = await rlvr(cwd, 'run', 'next.rlvr.yaml', '--from', 'latest');
    expect([next.code, next.err]).toEqual([0, '']);
    expect(next.out).toContain('Starts from latest: the adapter is its own (dora), whatever next.rlvr.yaml names.');
    const record = runsOf(cwd)[0]?.record;
    expect(record).toMatchObject({ method: 'dora', start: { from: `${first?.id ?? ''}, step 2`, isImport: false } });
    expect(record?.hashes['start']).toMatch(/^[0-9a-f]{64}$/);
    expect(record?.checks.find(({ name }) => name === 'identity-at-start')?.explanation).toBe(
      `not the base: this run starts from ${first?.id ?? ''}, step 2`,
    );
    const refused = await rlvr(cwd, 'run', 'next.rlvr.yaml', '--from', 'latest', '--set', 'adapter.r=1');
    expect([refused.code, refused.out]).toEqual([2, '']);
    expect(refused.err).toContain('whose parameters are others');
    expect(runsOf(cwd)).toHaveLength(2);
    const exported = await rlvr(cwd, 'export', 'latest', '--format', 'peft', '--out', 'adapter');
    expect(exported.code).toBe(0);
    expect((await rlvr(cwd, 'run', 'next.rlvr.yaml', '--from', './adapter')).code).toBe(0);
    expect(runsOf(cwd)[0]?.record?.start?.from).toMatch(/adapter$/);
  });
});
