import { messageOf } from '../core/errors.ts';

process.once('uncaughtException', (error) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
});
