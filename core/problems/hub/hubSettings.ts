import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** How the Hugging Face hub is reached, as its Python library reads it from the environment. */
export interface HubSettings {
  /** Where copies of files lie and go. */
  readonly cacheFolder: string;
  /** Address without a slash at its end. */
  readonly endpoint: string;
  readonly isOffline: boolean;
  readonly token: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `HF_HUB_CACHE`, `HF_HOME` and `XDG_CACHE_HOME` say where the cache is; `HF_ENDPOINT` names a mirror; `HF_HUB_OFFLINE` forbids the
 * network; the token is `HF_TOKEN`, or what `hf auth login` has stored.
 */
export function hubSettings(environment: Environment = process.env): HubSettings {
  const value = (...names: readonly string[]): string | undefined =>
    names.map((name) => environment[name]?.trim()).find((text) => text !== undefined && text !== '');
  const isOn = (...names: readonly string[]): boolean =>
    names.some((name) => ['1', 'on', 'yes', 'true'].includes(environment[name]?.trim().toLowerCase() ?? ''));
  const cacheHome = expandHome(value('XDG_CACHE_HOME') ?? path.join(homedir(), '.cache'));
  const home = expandHome(value('HF_HOME') ?? path.join(cacheHome, 'huggingface'));
  const tokenFile = expandHome(value('HF_TOKEN_PATH') ?? path.join(home, 'token'));
  const storedToken = isOn('HF_HUB_DISABLE_IMPLICIT_TOKEN') ? undefined : readToken(tokenFile);
  return {
    cacheFolder: expandHome(value('HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE') ?? path.join(home, 'hub')),
    endpoint: (value('HF_ENDPOINT') ?? 'https://huggingface.co').replace(/\/+$/u, ''),
    isOffline: isOn('HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE', 'HF_DATASETS_OFFLINE'),
    token: value('HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN') ?? storedToken,
  };
}

function expandHome(folder: string): string {
  return path.resolve(folder === '~' || folder.startsWith('~/') ? path.join(homedir(), folder.slice(1)) : folder);
}

function readToken(file: string): string | undefined {
  try {
    const token = readFileSync(file, 'utf8').trim();
    return token === '' ? undefined : token;
  } catch {
    return undefined;
  }
}
