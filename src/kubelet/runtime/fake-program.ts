/** How a simulated container behaves. Times are milliseconds. */
export interface Program {
  /** How long it takes from being created to running. Default 0. */
  readonly startsIn?: number | undefined;
  /** How long it runs; undefined runs until it is stopped. */
  readonly runsFor?: number | undefined;
  readonly exitCode: number;
  /** How long it takes to end after its stop signal. */
  readonly stopsIn: number;
  /** What it writes to its standard output. */
  readonly output: string;
  /** What it writes to its standard error, after all of that. Default: nothing. */
  readonly errors?: string | undefined;
}

const forever: Program = { exitCode: 0, stopsIn: 0, output: '' };
const toErrors = /\s*1?>&2$/;

/**
 * Understands a few commands, so that simulated jobs end: `true`, `false`, `sleep N`, `exit N`, `echo ...`, with or
 * without `/bin/` in front, and those strung together by `&&` or `;` in `sh -c`, where `echo ... >&2` writes to standard
 * error. Everything else runs for ever.
 */
export function programOf(command: readonly string[]): Program {
  const words = isShell(command) ? (command[2] ?? '').trim() : command.join(' ');
  const steps = words
    .split(/&&|;/)
    .map((s) => s.trim())
    .filter(Boolean);
  let runsFor = 0;
  let output = '';
  let errors = '';
  for (const step of steps) {
    const [file = '', argument = ''] = step.split(/\s+/);
    const name = file.replace(/^(\/usr)?\/bin\//, '');
    if (name === 'true') continue;
    if (name === 'false') return { ...forever, runsFor, exitCode: 1, output, errors };
    if (name === 'exit') return { ...forever, runsFor, exitCode: Number(argument) || 0, output, errors };
    if (name === 'echo') {
      const line = said(step.slice(file.length).trim().replace(toErrors, ''));
      if (toErrors.test(step)) errors += line;
      else output += line;
    } else if (name === 'sleep' && Number(argument) >= 0) runsFor += Number(argument) * 1000;
    else return { ...forever, output, errors };
  }
  return steps.length === 0 ? forever : { ...forever, runsFor, output, errors };
}

function said(words: string): string {
  return `${words.replace(/^(['"])(.*)\1$/, '$2')}\n`;
}

function isShell(command: readonly string[]): boolean {
  return /(^|\/)(ba|a)?sh$/.test(command[0] ?? '') && command[1] === '-c';
}
