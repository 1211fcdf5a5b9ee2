import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSafetensors } from '../../core/model/safetensors.ts';
import { serializeSafetensors } from '../../core/model/writeSafetensors.ts';
import { goldenPath } from '../goldenFolder.ts';

const folder = goldenPath('transformers');
const files = existsSync(folder)
  ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.safetensors'))
  : [];

describe('files of the reference implementation', () => {
  if (files.length === 0) {
    it.skip('no transformers/**/*.safetensors in the golden folder');
    return;
  }
  it.each(files)('%s is read and written back byte for byte', (name) => {
    const file = path.join(folder, name);
    const tensors = openSafetensors(file);
    const copy = tensors.names.map(
      (tensor) => [tensor, { ...tensors.info(tensor), data: tensors.read(tensor) }] as const,
    );
    const bytes = Buffer.concat(serializeSafetensors(new Map(copy), Object.fromEntries(tensors.metadata)));
    tensors.close();
    expect(bytes.equals(readFileSync(file))).toBe(true);
  });
});
