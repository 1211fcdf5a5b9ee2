import { RlvrError, messageOf } from '../errors.ts';

/** One thing that every plugin of a kind must do. `judge` throws where the subject does not do it. */
export interface Behaviour<Subject> {
  /** What the plugin does, as a sentence without subject: "merges to what its forward computes". */
  readonly name: string;
  /** Without it nothing else can be judged: the behaviours after it are then left out. */
  readonly isBasic?: boolean;
  judge(subject: Subject): void | Promise<void>;
}

/** How a plugin did in one behaviour. */
export interface Verdict {
  readonly behaviour: string;
  readonly outcome: 'passed' | 'failed' | 'not judged';
  /** Why it failed: plugin, method, layer and numbers. */
  readonly problem?: string;
}

/** Whoever wants to know what is going on, also while a plugin computes and nothing else can happen in the process. */
export type BehaviourObserver = (behaviour: string) => void;

/** Where in a plugin something was found to be wrong. */
export interface PluginPlace {
  /** Kind and id, as in `adapter "lora"`. */
  readonly plugin: string;
  readonly method?: string | undefined;
  readonly layer?: string | undefined;
}

/** `adapter "lora", method merged, layer model.layers.0.self_attn.q_proj`. */
export function placeInWords({ plugin, method, layer }: PluginPlace): string {
  return [
    plugin,
    ...(method === undefined ? [] : [`method ${method}`]),
    ...(layer === undefined ? [] : [`layer ${layer}`]),
  ].join(', ');
}

/** An error for a plugin that does something else than its contract says; `problem` gives the numbers. */
export function nonconformity(place: PluginPlace, problem: string): RlvrError {
  return new RlvrError('plugin/nonconforming', `${placeInWords(place)}: ${problem}.`, { ...place });
}

/** Throws `nonconformity` where there is a problem; `what` stands before it. */
export function demandNone(place: PluginPlace, what: string, problem: string | undefined): void {
  if (problem !== undefined) throw nonconformity(place, `${what}: ${problem}`);
}

/** Judges one subject by all behaviours, in order. What a plugin throws counts as a failure of the behaviour. */
export async function judgeAll<Subject extends { readonly plugin: string }>(
  subject: Subject,
  behaviours: readonly Behaviour<Subject>[],
  onWillJudge: BehaviourObserver = () => undefined,
): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  let missing: string | undefined;
  for (const { name, isBasic, judge } of behaviours) {
    if (missing !== undefined) {
      verdicts.push({ behaviour: name, outcome: 'not judged', problem: `because it does not do this: ${missing}` });
      continue;
    }
    onWillJudge(name);
    try {
      await judge(subject);
      verdicts.push({ behaviour: name, outcome: 'passed' });
    } catch (error) {
      const isPlaced = error instanceof RlvrError && error.code.startsWith('plugin/');
      const problem = isPlaced ? error.message : `${subject.plugin}: ${messageOf(error)}`;
      verdicts.push({ behaviour: name, outcome: 'failed', problem });
      if (isBasic === true) missing = name;
    }
  }
  return verdicts;
}
