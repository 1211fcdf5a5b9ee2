import { expect, it } from 'vitest';
import { registerTraceKernels } from '../../../core/tensor/kernels/register.ts';
import { tf } from '../../../core/tensor/tf.ts';
import { binaryCases, logicCases } from './binaryCases.ts';
import { unaryCases } from './elementwiseCases.ts';
import { indexingCases } from './indexingCases.ts';
import { matMulCases } from './matmulCases.ts';
import { reductionCases } from './reductionCases.ts';
import { shapeCases } from './shapeCases.ts';

const tables = [unaryCases, binaryCases, logicCases, indexingCases, matMulCases, reductionCases, shapeCases];

it('registers no kernel that is not compared with the CPU backend', () => {
  registerTraceKernels();
  const registered = tf.getKernelsForBackend('trace').map(({ kernelName }) => kernelName);
  expect(tables.flatMap((table) => Object.keys(table)).sort()).toEqual(registered.sort());
  expect(tables.flatMap((table) => Object.values(table)).filter((cases) => cases.length === 0)).toEqual([]);
});
