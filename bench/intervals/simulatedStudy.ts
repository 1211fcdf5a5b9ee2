import { meanOf } from '../../core/study/statistics/moments.ts';
import type { SeedProblemTable } from '../../core/study/statistics/crossedVariance.ts';
import { randomStream, type RandomStream } from '../../core/tensor/random.ts';
import { normalProbability } from '../../core/training/normalDistribution.ts';

/** What is simulated: methods whose true accuracy is known. */
export interface Scenario {
  readonly seeds: number;
  readonly problems: number;
  /** Standard deviation over seeds of a method's accuracy, in points. */
  readonly seedDeviation: number;
  /** Share of seeds that end at accuracy 0. */
  readonly collapse: number;
  /** Completions for each problem. */
  readonly samples: number;
}

/** One simulated comparison with the truth that its intervals should hold. */
export interface SimulatedStudy {
  readonly baseline: SeedProblemTable;
  readonly method: SeedProblemTable;
  /** Accuracy of the method over all seeds and problems there could be. */
  readonly accuracy: number;
  /** The same on the problems at hand. */
  readonly accuracyHere: number;
  /** Of the method less the baseline, over all seeds and problems. */
  readonly difference: number;
}

/** On the probit scale: how much problems differ, how a method's strengths differ between problems, and a policy's own part. */
const SPREAD = { problem: 1.2, ofMethod: 0.3, rest: 0.3 } as const;
const LEVELS = { baseline: 0.2, method: 0.35 } as const;

/**
 * Draws a comparison of two methods. A completion is correct with probability Phi(level + seed + problem + ...), all terms normal, so that
 * the true accuracy is Phi(level / sqrt(1 + sum of variances)) exactly; a share of seeds collapses to 0.
 */
export function simulateStudy(scenario: Scenario, seed: number): SimulatedStudy {
  const random = randomStream(seed, 'coverage', JSON.stringify(scenario));
  const difficulty = random.normals(scenario.problems);
  const baseline = simulateMethod(scenario, LEVELS.baseline, difficulty, random);
  const method = simulateMethod(scenario, LEVELS.method, difficulty, random);
  return {
    baseline: baseline.table,
    method: method.table,
    accuracy: method.truth,
    accuracyHere: method.truthHere,
    difference: method.truth - baseline.truth,
  };
}

function simulateMethod(
  { seeds, problems, seedDeviation, collapse, samples }: Scenario,
  level: number,
  difficulty: Float32Array,
  random: RandomStream,
): { table: number[][]; truth: number; truthHere: number } {
  const ofMethod = random.normals(problems);
  const ofSeed = seedSpread(seedDeviation / 100, level);
  const places = Array.from(difficulty, (value, problem) => {
    return level + SPREAD.problem * value + SPREAD.ofMethod * (ofMethod[problem] ?? 0);
  });
  const table = Array.from(random.normals(seeds), (shift) => {
    const own = random.normals(problems);
    const collapsed = random.uniform() < collapse;
    const draws = random.uniforms(problems * samples);
    return places.map((place, problem) => {
      const chance = collapsed ? 0 : normalProbability(place + ofSeed * shift + SPREAD.rest * (own[problem] ?? 0));
      let correct = 0;
      for (let sample = 0; sample < samples; sample++) {
        correct += (draws[problem * samples + sample] ?? 1) < chance ? 1 : 0;
      }
      return correct / samples;
    });
  });
  const within = 1 + ofSeed ** 2 + SPREAD.rest ** 2;
  const between = SPREAD.problem ** 2 + SPREAD.ofMethod ** 2;
  const survives = 1 - collapse;
  return {
    table,
    truth: survives * normalProbability(level / Math.sqrt(within + between)),
    truthHere: survives * meanOf(places.map((place) => normalProbability(place / Math.sqrt(within)))),
  };
}

/** The spread over seeds on the probit scale that makes a method's accuracy vary by `deviation`: by the slope at its level. */
function seedSpread(deviation: number, level: number): number {
  const scale = Math.sqrt(1 + SPREAD.problem ** 2 + SPREAD.ofMethod ** 2 + SPREAD.rest ** 2);
  const density = Math.exp(-0.5 * (level / scale) ** 2) / Math.sqrt(2 * Math.PI);
  return (deviation * scale) / density;
}
