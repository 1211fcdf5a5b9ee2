import type { CompiledGraph } from './compile.ts';

/** Graphs by key, at most so many at a time. */
export interface GraphCache {
  /**
   * Lends the graph of a key to `use`, made by `create` where there is none. It stays alive until `use` is done, also
   * when it has to make room in the meantime. A graph that could not be made is asked for anew the next time.
   */
  use<T>(key: string, create: () => Promise<CompiledGraph>, use: (graph: CompiledGraph) => Promise<T> | T): Promise<T>;
  /** Keys of the graphs that are kept, the one used longest ago first. */
  keys(): readonly string[];
  /** Frees every graph; one that is in use as soon as it no longer is. */
  release(): Promise<void>;
}

interface Entry {
  readonly graph: Promise<CompiledGraph>;
  users: number;
  /** Whether it is still in the cache. */
  kept: boolean;
}

/** A cache of at most `capacity` graphs; the one used longest ago makes room. */
export function createGraphCache(capacity: number): GraphCache {
  const entries = new Map<string, Entry>();
  const drop = async (key: string, entry: Entry): Promise<void> => {
    entry.kept = false;
    entries.delete(key);
    if (entry.users === 0) await free(entry);
  };
  const entryOf = (key: string, create: () => Promise<CompiledGraph>): Entry => {
    const entry = entries.get(key) ?? { graph: create(), users: 0, kept: true };
    // A map keeps the order of insertion: the last one used goes to its end.
    entries.delete(key);
    entries.set(key, entry);
    return entry;
  };
  return {
    use: async (key, create, use) => {
      const entry = entryOf(key, create);
      entry.users++;
      try {
        const overflow = [...entries].slice(0, Math.max(entries.size - capacity, 0));
        await Promise.all(overflow.map(([oldKey, old]) => drop(oldKey, old)));
        return await use(await made(key, entry, entries));
      } finally {
        entry.users--;
        if (!entry.kept && entry.users === 0) await free(entry);
      }
    },
    keys: () => [...entries.keys()],
    release: async () => {
      await Promise.all([...entries].map(([key, entry]) => drop(key, entry)));
    },
  };
}

/** The graph once it is made; one that failed leaves the cache, so that the next caller tries again. */
async function made(key: string, entry: Entry, entries: Map<string, Entry>): Promise<CompiledGraph> {
  try {
    return await entry.graph;
  } catch (error) {
    if (entries.get(key) === entry) entries.delete(key);
    throw error;
  }
}

/** A graph that could not be made has told whoever asked for it, and holds nothing. */
async function free({ graph }: Entry): Promise<void> {
  const [outcome] = await Promise.allSettled([graph]);
  if (outcome.status === 'fulfilled') await outcome.value.release();
}
