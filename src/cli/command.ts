import type { Flag, FlagValues } from './flags.ts';

/** What a command sees of the process it runs in, so that tests can stand in for it. */
export interface Terminal {
  /** A line of the command's result. */
  readonly out: (line: string) => void;
  /** Progress and remarks. */
  readonly err: (line: string) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether the command runs as root. */
  readonly root: boolean;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

/** One command of `cox`; `index.ts` lists them. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Further lines for `--help`. */
  readonly description?: string;
  /** What comes behind the name in the usage line. */
  readonly usage?: string;
  readonly flags: readonly Flag[];
  /** Runs it. A thrown error's message is shown to the user and makes the exit code 1. */
  run(flags: FlagValues, positional: readonly string[], terminal: Terminal): Promise<void>;
}
