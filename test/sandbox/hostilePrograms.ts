/** What a program does that means no good, in Python. Each prints what it learns. */
export const hostilePrograms = {
  'loops for ever': 'while True: pass',
  'sleeps and takes no notice of being asked to end': [
    'import signal, time',
    'for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}: signal.signal(number, signal.SIG_IGN)',
    'while True: time.sleep(1000)',
  ].join('\n'),
  'takes memory': 'taken = []\nwhile True: taken.append(bytearray(1 << 20))',
  'takes memory in many processes': [
    'import os, time',
    'for _ in range(6):',
    '    if os.fork() == 0: break',
    'taken = bytearray(100 << 20)',
    'for place in range(0, len(taken), 4096): taken[place] = 1',
    'time.sleep(1000)',
  ].join('\n'),
  'forks for ever': 'import os\nwhile True:\n    try: os.fork()\n    except OSError: pass',
  'prints for ever': 'while True: print("x" * 1000)',
  'prints errors for ever': 'import sys\nwhile True: sys.stderr.write("x" * 1000)',
  'fills the disk': 'file = open("big", "wb")\nwhile True: file.write(bytes(1 << 20))',
} as const;
