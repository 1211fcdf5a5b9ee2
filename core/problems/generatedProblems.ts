import type { OpenDataset, Problem, ProblemSource } from '../contracts/dataset.ts';
import { RlvrError } from '../errors.ts';
import { randomStream, type RandomStream } from '../tensor/random.ts';
import { contentHash } from './contentHash.ts';
import { identifyProblem } from './identifyProblem.ts';

/** A problem as a generator makes it. */
export interface DraftProblem extends Omit<Problem, 'id'> {
  /** What tells it from other problems; the question where left out. Two drafts with one key are the same problem. */
  readonly key?: string;
}

/** A recipe for endless problems. */
export interface ProblemGenerator {
  readonly id: string;
  /** Raised whenever the same draws begin to give other problems. */
  readonly version: number;
  readonly config: object;
  /** One problem; undefined where these draws lead to none. */
  draw(random: RandomStream): DraftProblem | undefined;
}

/** Draws in a row without a new problem of the split, after which the split counts as exhausted. */
const MOST_DRAWS = 20_000;

/**
 * Problems of one split by index: problem `index` is drawn from a random stream of its own until one lies in the split
 * (`identifyProblem`). In the training split problems may come again; in the others all are distinct. Throws `dataset/empty` where
 * no more can be found.
 */
export function openGenerator(generator: ProblemGenerator, { split, seed }: OpenDataset): ProblemSource {
  const heldOut: Problem[] = [];
  const known = new Set<string>();

  function drawAt(index: number): Problem {
    const random = randomStream(seed, 'problem', generator.id, split, index);
    for (let attempt = 0; attempt < MOST_DRAWS; attempt++) {
      const draft = generator.draw(random);
      const identity = draft && identifyProblem(draft.key ?? draft.question);
      if (draft && identity?.split === split && !known.has(identity.id)) {
        const { key: _, ...problem } = draft;
        return { id: identity.id, ...problem };
      }
    }
    throw noMoreProblems(generator, split, index, heldOut.length);
  }

  function problem(index: number): Problem {
    if (split === 'train') {
      return drawAt(index);
    }
    while (heldOut.length <= index) {
      const next = drawAt(heldOut.length);
      heldOut.push(next);
      known.add(next.id);
    }
    return heldOut[index] ?? drawAt(index);
  }

  problem(0);
  const { id, version, config } = generator;
  return { size: undefined, hash: contentHash({ id, version, config, split, seed }), problem };
}

function noMoreProblems(generator: ProblemGenerator, split: string, index: number, found: number): RlvrError {
  const holds = found === 0 ? 'no problem' : `no more than ${found} distinct problems`;
  return new RlvrError(
    'dataset/empty',
    `The ${split} split of the data set "${generator.id}" holds ${holds} with these settings, and problem ${index + 1} was asked ` +
      `for (${MOST_DRAWS} draws in a row gave none that is new and in the split). Widen its ranges, or ask for fewer problems.`,
    { dataset: generator.id, split, index, found, config: generator.config },
  );
}
