import path from 'node:path';
import { plugins } from '../plugins/index.ts';
import { runWorker } from './runWorker.ts';

process.exitCode = await runWorker(path.resolve(process.argv[2] ?? ''), plugins);
