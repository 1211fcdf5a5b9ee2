/**
 * A program of Node.js that loads a function and calls it: `host.mjs MODULE EXPORT`. Calls come as lines of JSON (lists of arguments) on
 * standard input, answers go as lines of JSON to descriptor 3. The function runs in a thread, so that a program whose starter is gone ends
 * even while the function loops.
 */
export const nodeHost = `
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

if (isMainThread) {
  const tell = (answer) => writeSync(3, JSON.stringify(answer) + '\\n');
  const worker = new Worker(new URL(import.meta.url), { workerData: process.argv.slice(2) });
  worker.on('message', tell);
  worker.on('error', (error) => {
    tell({ problem: String(error?.message ?? error) });
  });
  worker.on('exit', () => process.exit(1));
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => worker.postMessage(line));
  lines.on('close', () => process.exit(0));
} else {
  const [file, name] = workerData;
  const module = await import(pathToFileURL(file).href);
  const call = module[name];
  if (typeof call !== 'function') {
    const names = Object.keys(module).join(', ');
    throw new TypeError('it has no function "' + name + '"; it exports ' + (names === '' ? 'nothing' : names));
  }
  const answerTo = async (line) => {
    try {
      const value = await call(...JSON.parse(line));
      if (typeof value === 'number' && !Number.isFinite(value)) return { problem: 'gave ' + value };
      if (typeof value === 'number' || typeof value === 'boolean') return { value: Number(value) };
      if (value === undefined || value === null) return {};
      return { problem: 'gave a ' + typeof value };
    } catch (error) {
      return { problem: 'threw: ' + String(error?.message ?? error) };
    }
  };
  parentPort.on('message', async (line) => parentPort.postMessage(await answerTo(line)));
  parentPort.postMessage({ ready: true });
}
`;

/** The same in Python: `host.py FILE FUNCTION`. */
export const pythonHost = `
import importlib.util, inspect, json, math, os, queue, sys, threading

def tell(answer):
    os.write(3, (json.dumps(answer) + "\\n").encode())

def load(file, name):
    sys.path.insert(0, os.path.dirname(os.path.abspath(file)))
    spec = importlib.util.spec_from_file_location("user_function", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    call = getattr(module, name, None)
    if not callable(call):
        raise TypeError(f'it has no function "{name}"')
    return call

def places(call):
    kinds = inspect.signature(call).parameters.values()
    if any(p.kind is p.VAR_POSITIONAL for p in kinds):
        return None
    return sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in kinds)

def answer_to(call, count, line):
    try:
        value = call(*json.loads(line)[:count])
    except BaseException as error:
        return {"problem": f"threw: {type(error).__name__}: {error}"}
    if value is None:
        return {}
    if hasattr(value, "item"):
        value = value.item()
    if not isinstance(value, (bool, int, float)):
        return {"problem": f"gave a {type(value).__name__}"}
    value = float(value)
    return {"value": value} if math.isfinite(value) else {"problem": f"gave {value}"}

def read(lines):
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)

lines = queue.Queue()
threading.Thread(target=read, args=(lines,), daemon=True).start()
try:
    call = load(sys.argv[1], sys.argv[2])
    count = places(call)
except BaseException as error:
    tell({"problem": f"{type(error).__name__}: {error}"})
    os._exit(1)
tell({"ready": True})
while True:
    tell(answer_to(call, count, lines.get()))
`;
