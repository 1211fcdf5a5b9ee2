import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createCatalog } from '../../core/container.ts';
import { RlvrError } from '../../core/errors.ts';
import { plugins } from '../../plugins/index.ts';
import { configFor } from './pluginConfigs.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'engines-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(
  createCatalog(plugins)
    .all('engine')
    .map((engine) => [engine.id, engine] as const),
)('%s', (_id, engine) => {
  it('says whether it can run here, and what that means, without failing', async () => {
    const { available, explanation, devices } = await engine.capabilities();
    expect(explanation).not.toBe('');
    expect(devices.length > 0).toBe(available);
    expect(await engine.capabilities()).toEqual({ available, explanation, devices });
  });

  it.each(['', 'not-there'])('refuses a folder that holds no run with an error of its own ("%s")', async (name) => {
    const job = {
      runFolder: path.join(folder, name),
      signal: new AbortController().signal,
      onDidReport: () => undefined,
    };
    const refusal = engine.run(configFor(engine), job);
    await expect(refusal).rejects.toBeInstanceOf(RlvrError);
    await expect(refusal).rejects.toThrow(/run/);
  });
});
