import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../errors.ts';
import { decompose, NotFinite, operationsOf } from '../space/decompose.ts';
import { Allocator, spaceOf } from '../space/space.ts';
import type { Team } from '../space/team.ts';
import { controlOf, dismiss, help, isCancelled, lead } from './control.ts';
import type { Job, Report } from './messages.ts';

const MILLISECONDS_BETWEEN_REPORTS = 50;

class Cancelled extends Error {}

function report(message: Report): void {
  parentPort?.postMessage(message);
}

/** Leads a decomposition, with news of its progress. */
function work({ memory, threads, used, request }: Extract<Job, { kind: 'lead' }>): Report {
  const space = spaceOf(memory, 0);
  const control = controlOf(memory);
  const all = operationsOf(request);
  let operations = 0;
  let told = performance.now();
  const team: Team = {
    threads,
    space,
    run: (task, numbers, chunks) => lead(space, task, numbers, chunks),
    advance: (count) => {
      operations += count;
      if (isCancelled(control)) throw new Cancelled();
      const now = performance.now();
      if (now - told < MILLISECONDS_BETWEEN_REPORTS) return;
      told = now;
      report({ kind: 'progress', share: Math.min(operations / all, 1) });
    },
  };
  try {
    const allocator = new Allocator(memory, threads);
    allocator.release(used);
    return { kind: 'found', decomposition: decompose(team, request, allocator) };
  } catch (error) {
    if (error instanceof Cancelled) return { kind: 'cancelled' };
    return { kind: 'failed', message: messageOf(error), isNotFinite: error instanceof NotFinite };
  } finally {
    dismiss(memory);
  }
}

parentPort?.on('message', (job: Job) => {
  if (job.kind === 'lead') {
    report(work(job));
  } else {
    help(spaceOf(job.memory, job.thread));
    report({ kind: 'helped' });
  }
});
