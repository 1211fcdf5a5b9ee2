import { loadCatalog } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { examineMachine } from '../doctor.ts';
import type { Finding } from '../doctor.ts';
import { exitCodes } from '../exitCodes.ts';
import { writeJson, writeLine } from '../terminal.ts';
import type { Style } from '../terminal.ts';

const styles: Readonly<Record<Finding['state'], Style>> = {
  ok: 'green',
  warning: 'yellow',
  unavailable: 'dim',
  failed: 'red',
};

/** `rlvr doctor`: what works on this machine, and why not. Succeeds where the default experiment can run. */
export async function doctorCommand(context: CommandContext): Promise<number> {
  const { terminal, json, runsFolder } = context;
  const findings = await examineMachine(await loadCatalog(context), runsFolder);
  const works = findings.every(({ state }) => state !== 'failed');
  if (json) {
    writeJson(terminal, { works, findings });
  } else {
    const width = Math.max(...findings.map(({ name }) => name.length));
    const stateWidth = Math.max(...findings.map(({ state }) => state.length));
    for (const { name, state, detail } of findings) {
      writeLine(
        terminal,
        `${terminal.style(styles[state], state.padEnd(stateWidth))}  ${name.padEnd(width)}  ${detail}`,
      );
    }
    const verdict = works ? 'The default experiment can run here.' : 'The default experiment cannot run here.';
    writeLine(terminal, terminal.style('bold', verdict));
  }
  return works ? exitCodes.success : exitCodes.failure;
}
