import { Allocator, createMemory, growMemory, spaceOf, type Space } from './space.ts';
import { tasks } from './tasks.ts';
import type { Team } from './team.ts';

/** Memory of more than this many bytes goes back when the caller pauses. */
const KEPT = 2 ** 25;

let space: Space | undefined;

function teamOfOne(space: Space): Team {
  return {
    threads: 1,
    space,
    run: (task, numbers, chunks) => {
      for (let chunk = 0; chunk < chunks; chunk++) tasks[task](space, numbers, chunk);
    },
    advance: () => undefined,
  };
}

/** The calling thread as a team of its own, with room for `doubles`: until the next call, which gets the same room. */
export function teamHere(doubles: number): { readonly team: Team; readonly allocator: Allocator } {
  if (space === undefined) {
    space = spaceOf(createMemory(doubles, 1), 0);
  } else if (growMemory(space.memory, doubles, 1)) {
    space = spaceOf(space.memory, 0);
  }
  if (space.memory.buffer.byteLength > KEPT) {
    setImmediate(() => {
      space = undefined;
    });
  }
  return { team: teamOfOne(space), allocator: new Allocator(space.memory, 1) };
}
