import { CONTROL, type Space } from '../space/space.ts';
import { tasks } from '../space/tasks.ts';
import type { TaskName } from '../space/team.ts';

/** The words at the start of a memory through which threads agree who does what. */
const state = 0;
const done = 1;
const task = 2;
const stop = 3;
const cancelled = 4;
const failed = 5;
const WORDS = 16;
const NUMBERS = WORDS / 2;
/** The lowest bits of `state` count the chunks that nobody has taken yet; those above them change with every task. */
const CHUNK_BITS = 8;
const MOST_CHUNKS = 2 ** CHUNK_BITS - 1;
/** Looks at a word before a thread goes to sleep: about a tenth of a millisecond. */
const LOOKS = 8000;

const names = Object.keys(tasks) as TaskName[];

/** The control words of a memory. */
export function controlOf(memory: WebAssembly.Memory): Int32Array<SharedArrayBuffer> {
  return new Int32Array(memory.buffer, 0, WORDS);
}

/** Asks the threads that work in a memory to end. */
export function cancel(memory: WebAssembly.Memory): void {
  Atomics.store(controlOf(memory), cancelled, 1);
}

/** Whether they are asked to. */
export function isCancelled(control: Int32Array<SharedArrayBuffer>): boolean {
  return Atomics.load(control, cancelled) === 1;
}

/** Waits until a word is no longer `value`: first awake, then asleep. */
function waitWhile(control: Int32Array<SharedArrayBuffer>, word: number, value: number): void {
  for (let look = 0; look < LOOKS; look++) {
    if (Atomics.load(control, word) !== value) return;
  }
  Atomics.wait(control, word, value);
}

/** Does chunks of the present task until there are none left. */
function doChunks(control: Int32Array<SharedArrayBuffer>, space: Space): void {
  const numbers = space.values.subarray(NUMBERS, CONTROL);
  for (;;) {
    const before = Atomics.load(control, state);
    const left = before & MOST_CHUNKS;
    if (left === 0) return;
    // Fails where another thread was quicker, or where a new task has begun meanwhile.
    if (Atomics.compareExchange(control, state, before, before - 1) !== before) continue;
    const name = names[Atomics.load(control, task)];
    try {
      if (name !== undefined) tasks[name](space, numbers, left - 1);
    } catch (error) {
      Atomics.store(control, failed, 1);
      console.error(error);
    }
    Atomics.add(control, done, 1);
    Atomics.notify(control, done);
  }
}

/** What a helping thread does: chunks of every task, until the leader says that it was the last one. */
export function help(space: Space): void {
  const control = controlOf(space.memory);
  while (Atomics.load(control, stop) === 0) {
    doChunks(control, space);
    const seen = Atomics.load(control, state);
    if ((seen & MOST_CHUNKS) === 0 && Atomics.load(control, stop) === 0) waitWhile(control, state, seen);
  }
}

/** Has all threads do a task; returns when it is done. */
export function lead(space: Space, name: TaskName, numbers: readonly number[], chunks: number): void {
  if (chunks > MOST_CHUNKS) throw new RangeError(`A task has at most ${MOST_CHUNKS} chunks, not ${chunks}.`);
  const control = controlOf(space.memory);
  Atomics.store(control, done, 0);
  Atomics.store(control, task, names.indexOf(name));
  space.values.set(numbers, NUMBERS);
  const next = ((Atomics.load(control, state) >>> CHUNK_BITS) + 1) << CHUNK_BITS;
  Atomics.store(control, state, next | chunks);
  Atomics.notify(control, state);
  doChunks(control, space);
  for (;;) {
    const count = Atomics.load(control, done);
    if (count === chunks) break;
    waitWhile(control, done, count);
  }
  if (Atomics.load(control, failed) === 1) throw new Error(`A thread failed at '${name}'.`);
}

/** Sends the helping threads home. */
export function dismiss(memory: WebAssembly.Memory): void {
  const control = controlOf(memory);
  Atomics.store(control, stop, 1);
  Atomics.add(control, state, 1 << CHUNK_BITS);
  Atomics.notify(control, state);
}
