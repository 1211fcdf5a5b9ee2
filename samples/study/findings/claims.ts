/** How a claim is judged; every rule was written before results were seen. */
export type ClaimRule =
  | { readonly kind: 'above' | 'below'; readonly methods: readonly string[]; readonly against: string }
  | { readonly kind: 'alike'; readonly methods: readonly string[]; readonly against: string }
  | { readonly kind: 'collapses'; readonly methods: readonly string[]; readonly against: string }
  | { readonly kind: 'principal'; readonly methods: readonly string[]; readonly against: string }
  | { readonly kind: 'flat' | 'matters'; readonly methods: readonly string[]; readonly axis: string };

/** Something that the paper says, and where the study asks it. */
export interface Claim {
  readonly says: string;
  /** Name of a part of the study. */
  readonly part: string;
  readonly rule: ClaimRule;
}

/** An advantage, a deficit or a spread below this many points counts as none. */
export const margin = 0.02;

/** What each rule asks, in words. */
export const ruleWords: Readonly<Record<ClaimRule['kind'], string>> = {
  above:
    'holds where the method is told apart from the other and lies above it; does not where the interval excludes an advantage of 2 points',
  below:
    'holds where the method is told apart from the other and lies below it; does not where the interval excludes a deficit of 2 points',
  alike: 'holds where the interval of the difference lies within 2 points of 0; does not where the two are told apart',
  collapses:
    'holds where at least half of the seeds end below half of the other’s mean accuracy; does not where no seed does, of five or more',
  principal:
    'holds where the share of the update along W’s top k directions is at least three times that by chance; else it does not',
  flat: 'holds where each interval of a difference from the first value lies within 2 points of 0; does not where one lies beyond them',
  matters:
    'holds where the interval of a difference from the first value lies beyond 2 points; does not where all lie within 2 points of 0',
};

const structural = ['dora', 'adalora', 'miss'];
const small = ['vera', 'ia3', 'ln_tuning', 'lora_rank1'];

/** Claims of arXiv 2512.23165 that this scale can ask about, in the order of its sections. */
export const claims: readonly Claim[] = [
  {
    says: 'Structural variants (DoRA, AdaLoRA, MiSS) beat LoRA.',
    part: 'headline',
    rule: { kind: 'above', methods: structural, against: 'lora' },
  },
  {
    says: 'DoRA beats full fine-tuning.',
    part: 'headline',
    rule: { kind: 'above', methods: ['dora'], against: 'full' },
  },
  {
    says: 'LoRA stays below full fine-tuning.',
    part: 'headline',
    rule: { kind: 'below', methods: ['lora'], against: 'full' },
  },
  {
    says: 'Initialisations from the SVD (PiSSA, MiLoRA) collapse, at one learning rate for all methods.',
    part: 'initialisation-shared',
    rule: { kind: 'collapses', methods: ['pissa', 'milora'], against: 'lora' },
  },
  {
    says: 'They collapse by their nature: also at a learning rate of their own.',
    part: 'headline',
    rule: { kind: 'collapses', methods: ['pissa', 'milora'], against: 'lora' },
  },
  {
    says: 'They stay below LoRA at a learning rate of their own.',
    part: 'headline',
    rule: { kind: 'below', methods: ['pissa', 'milora'], against: 'lora' },
  },
  {
    says: 'PiSSA’s update lies on the principal directions; MiLoRA’s drifts there.',
    part: 'initialisation-shared',
    rule: { kind: 'principal', methods: ['pissa', 'milora'], against: 'lora' },
  },
  {
    says: 'Extreme reduction of parameters (VeRA) is a bottleneck.',
    part: 'headline',
    rule: { kind: 'below', methods: ['vera'], against: 'lora' },
  },
  {
    says: 'So are IA3, LayerNorm tuning and rank 1.',
    part: 'floor',
    rule: { kind: 'below', methods: small, against: 'lora' },
  },
  {
    says: 'LoRA+ and LoRA-FA are no worse than LoRA.',
    part: 'others',
    rule: { kind: 'alike', methods: ['loraplus', 'lorafa'], against: 'lora' },
  },
  {
    says: 'The loss (DAPO, GRPO, Dr. GRPO) hardly matters.',
    part: 'ablation-objective',
    rule: { kind: 'flat', methods: ['lora', 'full'], axis: 'objective.type' },
  },
  {
    says: 'The batch size hardly matters.',
    part: 'ablation-batch',
    rule: { kind: 'flat', methods: ['lora', 'full'], axis: 'rollout.batch_size' },
  },
  {
    says: 'The learning rate matters.',
    part: 'ablation-rate',
    rule: { kind: 'matters', methods: ['lora'], axis: 'learning_rate' },
  },
  {
    says: 'Which modules are trained matters.',
    part: 'ablation-targets',
    rule: { kind: 'matters', methods: ['lora'], axis: 'adapter.target_modules' },
  },
  {
    says: 'On larger models DoRA and LoRA are alike.',
    part: 'scaling',
    rule: { kind: 'alike', methods: ['dora'], against: 'lora' },
  },
];

/** Average accuracies of the paper's tables, in percent. */
export const paperAverages: readonly {
  readonly model: string;
  readonly name: string;
  readonly method: string;
  readonly average: number;
}[] = [
  { model: '1.5B', name: 'DoRA', method: 'dora', average: 46.6 },
  { model: '1.5B', name: 'full', method: 'full', average: 44.9 },
  { model: '1.5B', name: 'AdaLoRA', method: 'adalora', average: 44.2 },
  { model: '1.5B', name: 'MiSS', method: 'miss', average: 43.4 },
  { model: '1.5B', name: 'LoRA', method: 'lora', average: 42.5 },
  { model: '1.5B', name: 'VeRA', method: 'vera', average: 40.7 },
  { model: '1.5B', name: 'IA3', method: 'ia3', average: 22.3 },
  { model: '1.5B', name: 'MiLoRA', method: 'milora', average: 18.0 },
  { model: '1.5B', name: 'PiSSA', method: 'pissa', average: 0.2 },
  { model: '7B', name: 'DoRA', method: 'dora', average: 55.0 },
  { model: '7B', name: 'LoRA+', method: 'loraplus', average: 55.0 },
  { model: '7B', name: 'LoRA', method: 'lora', average: 54.8 },
];
