import { parseDocument } from 'yaml';
import { RlvrError } from '../../errors.ts';
import { matchesPattern } from '../rows/matchFiles.ts';
import { tableEndings, type TableFormat } from '../rows/readRows.ts';

/** The files of a data set by the hub's names of its splits. */
export interface DataFiles {
  readonly splits: Readonly<Record<string, readonly string[]>>;
  /** Whether the data set itself says so; else it was concluded from the files that are there. */
  readonly isDeclared: boolean;
}

/** What there is to choose from. */
export interface Listing {
  readonly id: string;
  readonly files: readonly string[];
  /** The text of README.md, if there is one. */
  readonly card: string | undefined;
}

type Patterns = Readonly<Record<string, readonly string[]>>;

/**
 * Which files belong to which split, as the `datasets` library finds it: by the card's `configs`, else by the files' names. Throws
 * `dataset/invalid` where a configuration has to be chosen, or is not there.
 */
export function dataFilesOf({ id, files, card }: Listing, config: string | undefined): DataFiles {
  const declared = declaredPatterns(id, card, config);
  if (declared?.patterns !== undefined) {
    const splits = Object.entries(declared.patterns).map(([split, patterns]) => [split, matching(files, patterns)]);
    return { splits: Object.fromEntries(splits) as DataFiles['splits'], isDeclared: true };
  }
  const folder = declared?.folder ?? config ?? '';
  const inside = folder === '' ? files : files.filter((file) => file.startsWith(`${folder}/`));
  return { splits: bySplitNames(inside), isDeclared: false };
}

/** The files that match any of some patterns, in the order of their names. */
export function matching(files: readonly string[], patterns: readonly string[]): readonly string[] {
  return files.filter((file) => patterns.some((pattern) => matchesPattern(file, pattern.replace(/^\.\//u, '')))).sort();
}

/** Whether all parts are there of files that are one of several (`train-00000-of-00003.parquet`), and at least one file. */
export function isWhole(files: readonly string[]): boolean {
  const parts = new Map<string, { count: number; of: number }>();
  for (const file of files) {
    const [, before, of, after] = /^(.*)-\d{5}-of-(\d{5})(.*)$/u.exec(file) ?? [];
    if (of === undefined) continue;
    const key = `${before} ${after}`;
    parts.set(key, { count: (parts.get(key)?.count ?? 0) + 1, of: Number(of) });
  }
  return files.length > 0 && [...parts.values()].every(({ count, of }) => count === of);
}

interface Declared {
  readonly folder: string;
  readonly patterns: Patterns | undefined;
}

function declaredPatterns(id: string, card: string | undefined, config: string | undefined): Declared | undefined {
  const configs = card === undefined ? [] : configsOf(card);
  if (configs.length === 0) return undefined;
  const names = configs.map(({ config_name: name }) => String(name));
  const chosen =
    config === undefined
      ? (configs.find((each) => each['default'] === true || each['config_name'] === 'default') ??
        (configs.length === 1 ? configs[0] : undefined))
      : configs.find((each) => each['config_name'] === config);
  if (chosen === undefined) {
    const message =
      config === undefined
        ? `The data set ${id} has several configurations: choose one by \`config\`.`
        : `The data set ${id} has no configuration "${config}".`;
    throw new RlvrError('dataset/invalid', `${message} There are: ${names.join(', ')}.`, { id, choices: names });
  }
  const folder = typeof chosen['data_dir'] === 'string' ? chosen['data_dir'].replace(/^\.?\/|\/+$/gu, '') : '';
  return { folder, patterns: patternsOf(chosen['data_files'], folder === '' ? '' : `${folder}/`) };
}

function configsOf(card: string): readonly Readonly<Record<string, unknown>>[] {
  const [, head] = /^\ufeff?---\r?\n([\s\S]*?)\r?\n---/u.exec(card) ?? [];
  const data = head === undefined ? undefined : parseHead(head);
  const configs = (data as { configs?: unknown } | undefined)?.configs;
  return Array.isArray(configs)
    ? configs.filter((each): each is Record<string, unknown> => typeof each === 'object' && Boolean(each))
    : [];
}

function parseHead(head: string): unknown {
  try {
    const document = parseDocument(head, { logLevel: 'silent' });
    return document.errors.length > 0 ? undefined : document.toJS({ maxAliasCount: 100 });
  } catch {
    return undefined;
  }
}

/** `data_files` in its forms: a path, paths, `[{split, path}]`, or paths by split. */
function patternsOf(written: unknown, prefix: string): Patterns | undefined {
  const paths = (value: unknown): readonly string[] =>
    (Array.isArray(value) ? (value as readonly unknown[]) : [value])
      .filter((each) => typeof each === 'string')
      .map((each) => prefix + each);
  if (typeof written === 'string') return { train: paths(written) };
  if (Array.isArray(written)) {
    const entries = written as readonly unknown[];
    if (entries.every((each) => typeof each === 'string')) return { train: paths(entries) };
    return Object.fromEntries(
      entries.map((each) => {
        const { split, path } = (each ?? {}) as { split?: unknown; path?: unknown };
        return [typeof split === 'string' ? split : 'train', paths(path)];
      }),
    );
  }
  if (typeof written !== 'object' || !written) return undefined;
  return Object.fromEntries(Object.entries(written).map(([split, value]) => [split, paths(value)]));
}

const splitWords: Readonly<Record<string, RegExp>> = {
  validation: /(?:^|[^a-z])(?:validation|valid|val|dev)(?:[^a-z]|$)/iu,
  test: /(?:^|[^a-z])(?:test|testing|eval|evaluation)(?:[^a-z]|$)/iu,
};
const preferred: readonly TableFormat[] = ['parquet', 'jsonl', 'json'];
const noTables = /(?:^|\/)(?:dataset_infos?|dataset_dict|state|config|.*_config)\.json$/u;

/** Splits by the words in the files' paths; what names none is for training. */
function bySplitNames(files: readonly string[]): DataFiles['splits'] {
  const tables = preferred
    .map((format) => files.filter((file) => formatOf(file) === format && !noTables.test(file)))
    .find((list) => list.length > 0);
  const splits: Record<string, string[]> = {};
  for (const file of (tables ?? []).toSorted()) {
    const split = Object.entries(splitWords).find(([, word]) => word.test(file))?.[0] ?? 'train';
    (splits[split] ??= []).push(file);
  }
  return splits;
}

function formatOf(file: string): TableFormat | undefined {
  return tableEndings[/\.[^./]+$/u.exec(file)?.[0].toLowerCase() ?? ''];
}
