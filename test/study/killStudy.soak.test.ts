import { expect, it } from 'vitest';
import { randomStream } from '../../core/tensor/random.ts';
import { productOfSuite } from '../cli/product.ts';
import { temporaryFolder } from '../runs/folder.ts';
import { finishStudy, killStudy } from './killStudy.ts';
import { lasting, resultsIn, writeTinyStudy } from './studyHarness.ts';

const product = productOfSuite();
const studies = 20;

it(`comes to the same results however often and whenever ${studies} studies are killed`, async () => {
  const whole = temporaryFolder();
  writeTinyStudy(whole);
  expect(await finishStudy(product(), whole)).toBe(0);
  for (let study = 0; study < studies; study++) {
    const folder = temporaryFolder();
    writeTinyStudy(folder);
    const random = randomStream(study, 'moments');
    for (let kill = 0; kill < 4; kill++) await killStudy(product(), folder, random);
    expect(await finishStudy(product(), folder)).toBe(0);
    expect(lasting(resultsIn(folder))).toEqual(lasting(resultsIn(whole)));
  }
});
