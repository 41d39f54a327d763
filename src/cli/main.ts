import { realClock } from '../base/clock.ts';
import { keepAlive } from '../base/keep-alive.ts';
import { commands } from './index.ts';
import { describeFlags, parseFlags, UsageError, type Flag } from './flags.ts';
import type { Command, Terminal } from './command.ts';

const helpFlag: Flag = { name: 'help', short: 'h', type: 'boolean', default: false, help: 'show this help' };

/**
 * Runs the command that `args` names.
 * @returns the exit code: 0, 1 when the command failed, 2 when the command line is wrong
 */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] =
    args[0] === 'help' && args[1] ? [args[1], '--help'] : args[0] === '--version' ? ['version'] : args;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    terminal.out(overview());
    return 0;
  }
  const command = commands.find((c) => c.name === name);
  if (!command) {
    terminal.err(`cox: unknown command "${name}". Run 'cox help' for the list.`);
    return 2;
  }
  return run(command, rest, terminal);
}

async function run(command: Command, args: readonly string[], terminal: Terminal): Promise<number> {
  const release = keepAlive();
  try {
    const { flags, positional } = parseFlags([...command.flags, helpFlag], args);
    if (flags.help) terminal.out(helpOf(command));
    else await command.run(flags, positional, terminal);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.err(`cox ${command.name}: ${error.message}. Run 'cox ${command.name} --help' for its flags.`);
      return 2;
    }
    terminal.err(`cox ${command.name}: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    release();
  }
}

function overview(): string {
  const width = Math.max(...commands.map((c) => c.name.length)) + 3;
  const lines = commands.map((c) => `  ${c.name.padEnd(width)}${c.summary}`);
  const head = ['cox runs Kubernetes clusters.', '', 'Usage: cox COMMAND [flags]', '', 'Commands:'];
  return [...head, ...lines, '', "Run 'cox COMMAND --help' for a command's flags."].join('\n');
}

function helpOf(command: Command): string {
  const head = [command.summary, ...(command.description ? ['', command.description] : [])];
  const usage = `Usage: cox ${command.name}${command.usage ? ` ${command.usage}` : ''} [flags]`;
  return [...head, '', usage, '', 'Flags:', describeFlags([...command.flags, helpFlag])].join('\n');
}

/** npm passes a Ctrl-C on to a process that the terminal has told already: one press, two signals. */
const SAME_PRESS_MILLISECONDS = 1000;

/** Aborts on the first Ctrl-C or SIGTERM, which asks for a clean end; a second press ends the process at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  const onSignal = (name: string) => {
    if (!controller.signal.aborted) {
      first = realClock.monotonic();
      controller.abort(new Error(name));
    } else if (realClock.monotonic() - first > SAME_PRESS_MILLISECONDS) {
      process.exit(130);
    }
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => onSignal(name));
  return controller.signal;
}

if (import.meta.main) {
  process.exitCode = await main(process.argv.slice(2), {
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    environment: process.env,
    root: process.getuid?.() === 0,
    signal: interruption(),
  });
  // Whatever a failed command left open must not keep the process.
  process.exit();
}
