import { dataset } from './dataset.ts';

export const tests = {
  'gives the sum as the reference': async () => {
    const source = await dataset.open(dataset.config.parse({}), { split: 'train', seed: 1, baseFolder: '.' });
    for (let index = 0; index < 20; index++) {
      const { question, reference } = source.problem(index);
      const [a, b] = [...question.matchAll(/\d+/g)].map(Number);
      if (a! + b! !== Number(reference)) throw new Error(`${question} ${reference}`);
    }
  },
};
