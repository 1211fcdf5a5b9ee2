import { didYouMean } from '../didYouMean.ts';
import { parsePath } from '../experiment/overrides.ts';
import { forbiddenKeys } from '../experiment/source.ts';
import type { PathPart } from '../experiment/source.ts';
import type { ParsedStudy, StudyIssue } from './readStudy.ts';
import { reportSeeds, tuningSeeds } from './seedList.ts';
import { studyMethods, studyModels, studyTasks } from './studyMethods.ts';
import type { StudyMethod } from './studyMethods.ts';
import type { PartDefinition, RatePolicy, StudyDefinition } from './studySchema.ts';

/** Settings that the study itself gives to its trials. */
const ownKeys: readonly string[] = [
  'name',
  'seed',
  'adapter.type',
  'engine.threads',
  'evaluation.split',
  'evaluation.data_seed',
];

/** Throws the error that lists what does not fit together in a study, as far as that shows without its experiments. */
export function checkStudy({ definition, refuse }: Pick<ParsedStudy, 'definition' | 'refuse'>): void {
  const issues = [
    ...checkNames(definition),
    ...checkSeeds(definition),
    ...checkRates(definition),
    ...checkKeys(definition),
  ];
  if (issues.length > 0) throw refuse(issues);
}

function checkNames(definition: StudyDefinition): readonly StudyIssue[] {
  const methods = studyMethods(definition).map(({ name }) => name);
  const models = studyModels(definition).map(({ name }) => name);
  const tasks = studyTasks(definition);
  const twice = methods.flatMap((name, i): StudyIssue[] => {
    const message = `a method of the name "${name}" stands in the list already; give one of them another name`;
    return methods.indexOf(name) < i ? [{ path: ['methods', i], message }] : [];
  });
  const empty = (['models', 'tasks', 'parts'] as const).flatMap((key): StudyIssue[] => {
    const named = definition[key];
    const isEmpty = named !== undefined && Object.keys(named).length === 0;
    return isEmpty ? [{ path: [key], message: 'expected at least one name with its settings' }] : [];
  });
  const known = (
    path: readonly PathPart[],
    names: readonly string[] | undefined,
    choices: readonly string[],
    what: string,
  ): readonly StudyIssue[] =>
    (names ?? []).flatMap((name, i): StudyIssue[] => {
      const list = `There are: ${choices.join(', ')}.`;
      if (!choices.includes(name))
        return [
          { path: [...path, i], message: `the study has no ${what} "${name}".${didYouMean(name, choices)} ${list}` },
        ];
      return names?.indexOf(name) === i
        ? []
        : [{ path: [...path, i], message: `"${name}" stands in the list already` }];
    });
  const parts = Object.entries(definition.parts ?? {}).flatMap(([name, part]) => {
    const path = ['parts', name];
    const axes = Object.entries(part.axes).flatMap(([key, axis]) =>
      Array.isArray(axis) ? [] : known([...path, 'axes', key, 'methods'], axis.methods, methods, 'method'),
    );
    return [
      ...known([...path, 'methods'], part.methods, methods, 'method'),
      ...known([...path, 'models'], part.models, models, 'model'),
      ...known([...path, 'tasks'], part.tasks, tasks, 'task'),
      ...known([...path, 'baselines'], part.baselines, methods, 'method'),
      ...axes,
    ];
  });
  const differs = definition.differs.flatMap(({ methods: named }, i) =>
    known(['differs', i, 'methods'], named, methods, 'method'),
  );
  const targets = definition.target_accuracy;
  const aims = typeof targets === 'object' ? Object.keys(targets) : [];
  const unknownAims = aims.flatMap((task): StudyIssue[] =>
    tasks.includes(task)
      ? []
      : [{ path: ['target_accuracy', task], message: `the study has no task "${task}".${didYouMean(task, tasks)}` }],
  );
  return [
    ...twice,
    ...empty,
    ...known(['baselines'], definition.baselines, methods, 'method'),
    ...parts,
    ...differs,
    ...unknownAims,
  ];
}

/** Repeated seeds, and seeds that choose a rate and are reported as well. */
function checkSeeds(definition: StudyDefinition): readonly StudyIssue[] {
  const { seeds, tuning, parts = {} } = definition;
  const lists: readonly (readonly [readonly PathPart[], number | readonly number[] | undefined])[] = [
    [['seeds'], seeds],
    ...Object.entries(parts).map(([name, part]) => [['parts', name, 'seeds'], part.seeds] as const),
    [['tuning', 'seeds'], tuning?.seeds],
  ];
  const repeated = lists.flatMap(([path, list]) =>
    typeof list === 'object'
      ? list.flatMap((seed, i): StudyIssue[] =>
          list.indexOf(seed) < i
            ? [
                {
                  path: [...path, i],
                  message: `the seed ${seed} stands in the list already: a repeated seed is no new evidence`,
                },
              ]
            : [],
        )
      : [],
  );
  if (tuning === undefined) return repeated;
  const reported = new Set(lists.slice(0, -1).flatMap(([, list]) => (list === undefined ? [] : reportSeeds(list))));
  const shared = tuningSeeds(tuning.seeds).flatMap((seed, i): StudyIssue[] =>
    reported.has(seed)
      ? [
          {
            path: typeof tuning.seeds === 'number' ? ['tuning', 'seeds'] : ['tuning', 'seeds', i],
            message: `the seed ${seed} is reported as well; what chooses a learning rate must not be what is told`,
          },
        ]
      : [],
  );
  return [...repeated, ...shared];
}

function checkRates(definition: StudyDefinition): readonly StudyIssue[] {
  const { tuning } = definition;
  const issues: StudyIssue[] = [];
  const policies: readonly (readonly [readonly PathPart[], RatePolicy | undefined])[] = [
    [['learning_rate'], definition.learning_rate],
    ...Object.entries(definition.parts ?? {}).map(
      ([name, part]: [string, PartDefinition]) => [['parts', name, 'learning_rate'], part.learning_rate] as const,
    ),
  ];
  for (const [path, policy] of policies) {
    if (policy === 'tuned' && tuning === undefined)
      issues.push({ path, message: 'the study has no `tuning`, which says how rates are chosen' });
    if (policy === 'shared' && definition.shared_learning_rate === undefined)
      issues.push({ path, message: 'the study has no `shared_learning_rate`' });
  }
  if (tuning === undefined) return issues;
  if (tuning.steps.some((steps, i) => i > 0 && steps <= (tuning.steps[i - 1] ?? 0)))
    issues.push({ path: ['tuning', 'steps'], message: 'each rung must have more steps than the one before' });
  if (tuning.learning_rates !== undefined && tuning.factors !== undefined)
    issues.push({ path: ['tuning', 'factors'], message: '`learning_rates` and `factors` exclude each other' });
  const grids = studyMethods(definition).map((method) => ({ method, grid: tuningGrid(definition, method) }));
  for (const { method, grid } of grids) {
    if (grid === undefined) {
      const hint =
        tuning.factors === undefined
          ? '`tuning.learning_rates`, or its own list'
          : 'the rate that `tuning.factors` multiply';
      issues.push({
        path: [...method.path, 'learning_rate'],
        message: `"${method.name}" has no rates to be tuned over: give ${hint}`,
      });
    } else if (new Set(grid).size < grid.length) {
      issues.push({ path: [...method.path, 'learning_rate'], message: 'a rate stands in the list twice' });
    }
  }
  const sizes = new Map(grids.flatMap(({ method, grid }) => (grid === undefined ? [] : [[method.name, grid.length]])));
  if (new Set(sizes.values()).size > 1) {
    const list = [...sizes].map(([name, size]) => `${name} ${size}`).join(', ');
    issues.push({
      path: ['methods'],
      message: `every method gets the same number of rates to be tuned over, but these have: ${list}`,
    });
  }
  return issues;
}

/** Axes and overrides of keys that are the study's own, and axes without choice. */
function checkKeys(definition: StudyDefinition): readonly StudyIssue[] {
  const check = (path: readonly PathPart[], key: string): readonly StudyIssue[] => {
    const parts = parsePath(key);
    if (parts === undefined) return [{ path, message: 'expected the path of a key, for example training.steps' }];
    const forbidden = parts.find((part) => forbiddenKeys.has(part));
    if (forbidden !== undefined) return [{ path, message: `the key "${forbidden}" is not allowed` }];
    return ownKeys.includes(parts.join('.')) ? [{ path, message: `the study itself sets "${key}" in its trials` }] : [];
  };
  const overrides = (path: readonly PathPart[], values: Readonly<Record<string, unknown>>): readonly StudyIssue[] =>
    Object.keys(values).flatMap((key) => check([...path, 'overrides', key], key));
  return [
    ...studyMethods(definition).flatMap((method) => overrides(method.path, method.overrides)),
    ...studyModels(definition).flatMap((model) => overrides(['models', model.name], model.overrides)),
    ...Object.entries(definition.tasks ?? {}).flatMap(([name, task]) => overrides(['tasks', name], task.overrides)),
    ...Object.entries(definition.parts ?? {}).flatMap(([name, part]) => [
      ...overrides(['parts', name], part.overrides),
      ...Object.entries(part.axes).flatMap(([key, axis]) => {
        const values = Array.isArray(axis) ? axis : axis.values;
        const path = ['parts', name, 'axes', key];
        const written = values.map((value) => JSON.stringify(value));
        const twice = written.findIndex((value, i) => written.indexOf(value) < i);
        const repeated =
          twice < 0 ? [] : [{ path, message: `${written[twice] ?? 'nothing'} stands in the list already` }];
        return [...check(path, key), ...repeated];
      }),
    ]),
  ];
}

/** The rates that a method is tuned over, in ascending order; undefined where it has none. */
export function tuningGrid(
  { tuning }: StudyDefinition,
  { learning_rate: own }: Pick<StudyMethod, 'learning_rate'>,
): readonly number[] | undefined {
  const sorted = (rates: readonly number[] | undefined): readonly number[] | undefined =>
    rates && [...rates].sort((a, b) => a - b);
  if (typeof own === 'object') return sorted(own);
  const factors = tuning?.factors;
  if (factors === undefined) return sorted(tuning?.learning_rates);
  return own === undefined ? undefined : sorted(factors.map((factor) => Number((own * factor).toPrecision(6))));
}
