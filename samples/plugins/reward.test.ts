import { assertClose } from 'rlvr-lab/conformance/assertClose';
import { reward } from './reward.ts';

async function scoreOf(completion: string, reference = '7'): Promise<number | undefined> {
  const score = reward.create(reward.config.parse({}));
  const sample = { prompt: '', completionIds: [], finished: true, maxCompletionTokens: 10, completion, reference };
  return (await score(sample)).value;
}

export const tests = {
  'takes the last number': async () => {
    assertClose(
      [(await scoreOf('3+4=7'))!, (await scoreOf('7, no: 8'))!, (await scoreOf('none'))!],
      [1, 0, 0],
      0,
      'scores',
    );
  },
  'leaves out what it cannot judge': async () => {
    if ((await scoreOf('7', 'seven')) !== undefined) throw new Error('a reference without a number was judged');
  },
};
