import { messageOf, RlvrError } from '../../errors.ts';
import type { HubSettings } from './hubSettings.ts';

/** What was wanted of the hub. */
export interface HubAddress {
  readonly id: string;
  readonly revision: string;
  readonly file?: string;
}

/** Whether an error means that the hub could not be reached, or broke off, so that a copy in the cache may serve instead. */
export function isUnreachable(error: unknown): boolean {
  const status = statusOf(error);
  return status === undefined ? !(error instanceof RlvrError) : status === 429 || status >= 500;
}

/** Whether trying once more may help. Nobody answering at all will not change soon. */
export function isPassing(error: unknown): boolean {
  const refused = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EACCES', 'ENETUNREACH', 'CERT_HAS_EXPIRED'];
  return isUnreachable(error) && !refused.includes(codeOf(error) ?? '') && !isAborted(error);
}

function isAborted(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/** An error that says what of the hub is not to be had, why, and what to do. */
export function hubFailure(
  error: unknown,
  { endpoint, cacheFolder, token }: HubSettings,
  address: HubAddress,
): RlvrError {
  if (error instanceof RlvrError) return error;
  const { id, revision, file } = address;
  const status = statusOf(error);
  const what = `${file === undefined ? '' : `${file} of `}the data set ${id} (revision ${revision})`;
  const fields = { ...address, endpoint, status };
  return new RlvrError('dataset/unavailable', `Cannot fetch ${what}: ${reason()}`, fields, { cause: error });

  function reason(): string {
    switch (status) {
      case 401:
        return token === undefined
          ? 'it does not exist, or is private or gated. For the latter set HF_TOKEN to a token that may read it, or run `hf auth login`.'
          : 'the hub refuses the token (HF_TOKEN, or the one that `hf auth login` stored): it may have expired.';
      case 403:
        return `the token may not read it. If it is gated, accept its terms on ${endpoint}/datasets/${id}.`;
      case 404:
        return `there is no such data set, revision or file on ${endpoint}.`;
      case undefined:
        return (
          `${endpoint} cannot be reached (${codeOf(error) ?? messageOf(error)}), and the cache ${cacheFolder} has no whole copy. ` +
          'A copy that was fetched elsewhere can be put there, or named by `path`.'
        );
      default:
        return `${endpoint} answers with status ${status}.`;
    }
  }
}

function statusOf(error: unknown): number | undefined {
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : undefined;
}

/** The system's code of an error, or of what caused it. */
function codeOf(error: unknown): string | undefined {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  return cause === undefined ? undefined : codeOf(cause);
}
