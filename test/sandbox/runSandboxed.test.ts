import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { offeredIsolation, type Isolation } from '../../core/sandbox/isolation.ts';
import { nodeInterpreter, pythonInterpreter, type Interpreter } from '../../core/sandbox/languages.ts';
import { runSandboxed, type SandboxResult } from '../../core/sandbox/runSandboxed.ts';
import { hostilePrograms } from './hostilePrograms.ts';

const megabyte = 2 ** 20;
const limits = {
  cpuSeconds: 1,
  wallSeconds: 20,
  memoryBytes: 128 * megabyte,
  outputBytes: 65_536,
  processes: 16,
  fileBytes: 4 * megabyte,
};
const offered = offeredIsolation(true);
const missing = 'problem' in offered ? offered.problem : undefined;

function run(
  interpreter: Interpreter,
  source: string,
  changes: { readonly input?: string; readonly isolation?: Isolation } & Partial<typeof limits> = {},
): Promise<SandboxResult> {
  const { input, isolation = offered as Isolation, ...own } = changes;
  const allowed = { ...limits, ...own };
  const memoryBytes = allowed.memoryBytes + interpreter.ownMemoryBytes;
  return runSandboxed(interpreter.program(source, allowed.memoryBytes, input), { ...allowed, memoryBytes }, isolation);
}

const python = (): Interpreter => pythonInterpreter('python3');

/** Processes of this machine whose command line holds a text. */
function processesWith(text: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(text);
    } catch {
      return false;
    }
  });
}

function scratchFolders(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('rlvr-sandbox-'));
}

describe.skipIf(missing !== undefined)(
  `programs in namespaces${missing === undefined ? '' : ` (not here: ${missing})`}`,
  () => {
    // Of this test file alone.
    let own: string;
    const before = process.env['TMPDIR'];
    beforeAll(() => {
      own = mkdtempSync(path.join(tmpdir(), 'rlvr-sandbox-test-'));
      process.env['TMPDIR'] = own;
    });
    afterAll(() => {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
      expect(readdirSync(own)).toEqual([]);
      rmSync(own, { recursive: true });
    });

    it.each([
      ['Python', python, 'print(input()[::-1])'],
      [
        'JavaScript',
        nodeInterpreter,
        'console.log([...require("fs").readFileSync(0, "utf8").trim()].reverse().join(""))',
      ],
      [
        'a JavaScript module',
        nodeInterpreter,
        'import fs from "node:fs";\nconsole.log([...fs.readFileSync(0, "utf8").trim()].reverse().join(""))',
      ],
    ] as const)('runs %s, with input, output and the code that it ends with', async (_name, interpreter, source) => {
      expect(await run(interpreter(), source, { input: 'abc\n' })).toEqual({
        exitCode: 0,
        output: 'cba\n',
        errors: '',
      });
    });

    it('reports errors and the code', async () => {
      const result = await run(python(), 'import sys\nprint("so far")\nsys.exit("no further")');
      expect(result).toEqual({ exitCode: 1, output: 'so far\n', errors: 'no further\n' });
    });

    it.each([
      ['loops for ever', 1, /wall time|152|137/],
      ['sleeps and takes no notice of being asked to end', 1, /wall time/],
      ['takes memory', 20, /memory|MemoryError/],
      ['takes memory in many processes', 20, /memory/],
      ['forks for ever', 1, /wall time|152|137/],
      ['prints for ever', 20, /output/],
      ['prints errors for ever', 20, /output/],
      ['fills the disk', 20, /No space left|File too large/],
    ] as const)('ends a program that %s', async (name, wallSeconds, how) => {
      const { stopped, exitCode, output, errors } = await run(python(), hostilePrograms[name], { wallSeconds });
      expect(`${stopped ?? exitCode} ${errors}`).toMatch(how);
      expect(output.length + errors.length).toBeLessThanOrEqual(limits.outputBytes);
    });

    it.each([
      ['its heap', 'const taken = []; for (;;) taken.push(new Array(1000).fill(1));'],
      ['buffers', 'const taken = []; for (;;) taken.push(Buffer.alloc(1 << 20, 1));'],
    ])('ends a program in JavaScript that takes memory in %s', async (_name, source) => {
      const { stopped, exitCode } = await run(nodeInterpreter(), source, { cpuSeconds: 10 });
      expect(exitCode === 0 || stopped === 'wall time').toBe(false);
    });

    it('lets nobody connect to this machine or beyond', async () => {
      const server = createServer((socket) => socket.end('reached'));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      try {
        const source = [
          'import socket',
          `for place in [("127.0.0.1", ${port}), ("1.1.1.1", 80)]:`,
          '    try: print(socket.create_connection(place, 2).recv(99))',
          '    except OSError: print("refused")',
        ].join('\n');
        expect((await run(python(), source)).output).toBe('refused\nrefused\n');
        const script = `require("net").connect(${port}, "127.0.0.1").on("data", String).on("error", () => console.log("refused"));`;
        expect((await run(nodeInterpreter(), script)).output).toBe('refused\n');
      } finally {
        server.close();
      }
    });

    it('lets nobody see or write files outside, or keep any', async () => {
      const marked = path.join(own, 'outside');
      const source = [
        'import os, sys',
        `print(os.path.exists(${JSON.stringify(own)}), os.path.exists(${JSON.stringify(process.cwd())}))`,
        `for place in ["/usr/written", "/etc/written", ${JSON.stringify(marked)}]:`,
        '    try: open(place, "w").write("x")',
        '    except OSError: print("refused")',
        'open("/work/written", "w").write("x")',
        'print(sorted(os.listdir("/work")), len([name for name in os.listdir("/proc") if name.isdigit()]) < 6)',
      ].join('\n');
      const expected = "False False\nrefused\nrefused\nrefused\n['main.py', 'written'] True\n";
      expect(await run(python(), source)).toEqual({ exitCode: 0, output: expected, errors: '' });
      expect(existsSync(marked) || existsSync('/usr/written')).toBe(false);
    });

    it('gives nothing of this process’s environment', async () => {
      const { output } = await run(python(), 'import os\nprint(sorted(os.environ))');
      expect(output.replaceAll(/'LC_CTYPE', /g, '')).toBe("['HOME', 'LANG', 'PATH', 'PYTHONHASHSEED']\n");
    });

    it('ends children that left the process group, with the program', async () => {
      const name = 'rlvr-daemon-of-a-test';
      const source = [
        'import os, sys, time',
        'if os.fork() == 0:',
        '    os.setsid()',
        `    if os.fork() == 0: os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(1000)", ${JSON.stringify(name)}])`,
        '    os._exit(0)',
        'os.wait()',
        'print("done")',
      ].join('\n');
      expect((await run(python(), source)).output).toBe('done\n');
      expect(processesWith(name)).toEqual([]);
    });

    it('has no privileges, and cannot get any by namespaces of its own', async () => {
      const source = [
        'import ctypes, os',
        'libc = ctypes.CDLL(None, use_errno=True)',
        'status = open("/proc/self/status").read()',
        'print([line.split()[1] for line in status.splitlines() if line.startswith(("CapEff", "CapBnd", "NoNewPrivs"))])',
        'print(libc.unshare(0x10000000) == 0, libc.unshare(0x00020000) == 0)',
      ].join('\n');
      const { output } = await run(python(), source);
      expect(output).toBe("['0000000000000000', '0000000000000000', '1']\nFalse False\n");
    });
  },
);

describe('programs without namespaces', () => {
  const isolation = { hasNamespaces: false, withoutNetwork: false };

  it('run with the limits that there are, and nothing of them stays', async () => {
    const folders = scratchFolders().length;
    expect((await run(python(), 'print(input())', { input: 'abc\n', isolation })).output).toBe('abc\n');
    expect((await run(python(), hostilePrograms['prints for ever'], { isolation })).stopped).toBe('output');
    const sleeper = hostilePrograms['sleeps and takes no notice of being asked to end'];
    expect((await run(python(), sleeper, { isolation, wallSeconds: 1 })).stopped).toBe('wall time');
    expect(scratchFolders().length).toBeLessThanOrEqual(folders);
  });

  it('in JavaScript see their own folder alone', async () => {
    const source = [
      'const fs = require("fs");',
      'const tasks = [',
      '  () => fs.readFileSync("/etc/hosts"),',
      '  () => fs.writeFileSync("/tmp/written", ""),',
      '  () => require("child_process").execSync("ls"),',
      '];',
      'for (const task of tasks)',
      '  try { task(); console.log("done"); } catch (error) { console.log(error.code); }',
    ].join('\n');
    expect((await run(nodeInterpreter(), source, { isolation })).output).toBe('ERR_ACCESS_DENIED\n'.repeat(3));
  });

  it('that cannot be started say why', async () => {
    const program = { files: {}, command: () => ['/nonexistent/interpreter'] };
    expect((await runSandboxed(program, limits, isolation)).exitCode).toBe(127);
    expect(() => pythonInterpreter('no-such-python')).toThrow(/"no-such-python" cannot be run/);
  });
});
