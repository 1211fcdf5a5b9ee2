import { RlvrError } from '../../../core/errors.ts';
import { offeredIsolation, type Isolation, type OfferedIsolation } from '../../../core/sandbox/isolation.ts';

/**
 * What keeps programs apart from this machine. Throws `config/invalid` where it cannot cut them off from the network and the experiment
 * does not say that they may have it.
 */
export function demandIsolation(
  network: 'none' | 'allowed',
  offered: OfferedIsolation = offeredIsolation(network === 'none'),
): Isolation {
  if (!('problem' in offered)) return offered;
  if (network === 'allowed') return { withoutNetwork: false, hasNamespaces: false };
  const message =
    `network: the reward "code" runs what the model writes, and this machine cannot cut that off from the network ` +
    `(${offered.problem}). It needs Linux with user namespaces (unshare, setpriv and prlimit of util-linux); ` +
    'with `network: allowed` programs run with limits alone, and see the network and your files.';
  throw new RlvrError('config/invalid', message, { path: 'network', problem: offered.problem });
}
