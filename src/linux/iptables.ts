import { nextTurn } from '../base/turn.ts';
import { CommandError, run as runCommand, type Run, type RunOptions, type RunResult } from './exec.ts';

export type Table = 'filter' | 'nat' | 'mangle' | 'raw';

/** Which kernel interface the installed iptables speaks. */
export type IptablesBackend = 'nft' | 'legacy';

/** Seconds to wait for another program that is changing the rules. */
const waitForLock = '5';

/** The packet filter of one IP version, through the commands of the iptables package. `run` may be `runIn(namespace)`. */
export class Iptables {
  readonly #run: Run;
  readonly #program: string;

  constructor(run: Run = runCommand, version: 4 | 6 = 4) {
    this.#run = run;
    this.#program = version === 6 ? 'ip6tables' : 'iptables';
  }

  /** @throws Error with one sentence when iptables is missing or may not be used */
  async backend(): Promise<IptablesBackend> {
    const { stdout } = await this.#call(this.#program, ['--version']);
    return stdout.includes('nf_tables') ? 'nft' : 'legacy';
  }

  /** All rules of a table in the form that `restore` takes. */
  async save(table: Table): Promise<string> {
    return (await this.#call(`${this.#program}-save`, ['-t', table])).stdout;
  }

  /**
   * Applies a change in the format of iptables-save, whole or not at all. Chains that it does not name stay as they are.
   * @throws RefusedLine when iptables says which line it cannot take
   */
  async restore(text: string): Promise<void> {
    const timeout = 120_000;
    const program = `${this.#program}-restore`;
    try {
      await this.#call(program, ['-w', waitForLock, '--noflush'], { stdin: text, timeout });
    } catch (error) {
      const { cause } = error as Error;
      throw (cause instanceof CommandError && refusedLine(program, cause.stderr, text)) || error;
    }
  }

  /** Whether a chain is there and has rules; cheap, however many other chains there are. */
  async hasRules(table: Table, chain: string): Promise<boolean> {
    return (await this.#rulesOf(table, chain)).length > 0;
  }

  /** Whether rules of a chain lead to each of these others; as cheap. */
  async leads(table: Table, chain: string, targets: readonly string[]): Promise<boolean> {
    const rules = await this.#rulesOf(table, chain);
    return targets.every((target) => rules.some((rule) => ` ${rule} `.includes(` -j ${target} `)));
  }

  async #rulesOf(table: Table, chain: string): Promise<string[]> {
    const args = ['-w', waitForLock, '-t', table, '-S', chain];
    const { stdout } = await this.#call(this.#program, args, { accept: [1] });
    return stdout.split('\n').filter((line) => line.startsWith('-A '));
  }

  async #call(command: string, args: readonly string[], options?: RunOptions): Promise<RunResult> {
    try {
      return await this.#run(command, args, options);
    } catch (error) {
      if (error instanceof CommandError) throw explained(command, error);
      throw error;
    }
  }
}

/** A line that iptables or the kernel does not take, because of which nothing of its table was changed. */
export class RefusedLine extends Error {
  readonly table: Table;
  /** As it was given: `-A chain rule`, or what else it was. */
  readonly line: string;
  /** In the words of iptables. */
  readonly reason: string;

  constructor(program: string, refused: { table: Table; line: string; reason: string }) {
    super(`${program} refused "${refused.line.slice(0, 300)}" of the table ${refused.table}: ${refused.reason}`);
    this.name = 'RefusedLine';
    this.table = refused.table;
    this.line = refused.line;
    this.reason = refused.reason;
  }
}

/**
 * Reads what iptables-restore complains of: `Chain 'X' does not exist` and `Error occurred at line: 4`, or of the kernel's
 * refusal `line 4: RULE_APPEND failed (No such file or directory): rule in chain Y`. Pure.
 */
export function refusedLine(program: string, stderr: string, input: string): RefusedLine | undefined {
  const number = Number(
    /^Error occurred at line: (\d+)$|\bline (\d+)(?=: | failed)/m.exec(stderr)?.slice(1).find(Boolean),
  );
  if (!(number > 0)) return undefined;
  const lines = input.split('\n').slice(0, number);
  const line = lines[number - 1];
  const table = lines.findLast((one) => one.startsWith('*'))?.slice(1);
  // Who cannot tell which it was names the last of all.
  if (line === undefined || table === undefined || line === 'COMMIT') return undefined;
  const said = stderr.split('\n').map((one) => one.replace(/^\S+ v[\d.]+ \(\w+\):/, '').trim());
  const reason = said.find((one) => one !== '' && !one.startsWith('Warning:')) ?? '';
  return new RefusedLine(program, { table: table as Table, line, reason });
}

/** Lines that are read in one turn of the event loop. */
const LINES = 5_000;

/** The chains of a saved table with their rules (without `-A chain`), in the order they stand there. */
export function parseSave(text: string): Map<string, string[]> {
  const chains = new Map<string, string[]>();
  for (const line of linesOf(text)) parseLine(line, chains);
  return chains;
}

/** `parseSave` for tables that may be large: everybody else has their turn meanwhile. */
export async function parseLargeSave(text: string): Promise<Map<string, string[]>> {
  const chains = new Map<string, string[]>();
  let count = 0;
  for (const line of linesOf(text)) {
    parseLine(line, chains);
    if (++count % LINES === 0) await nextTurn();
  }
  return chains;
}

function* linesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    yield text.slice(start, end);
    start = end + 1;
  }
}

function parseLine(line: string, chains: Map<string, string[]>): void {
  if (line.startsWith(':')) chains.set(line.slice(1, line.indexOf(' ')), []);
  if (!line.startsWith('-A ')) return;
  const space = line.indexOf(' ', 3);
  const chain = space < 0 ? line.slice(3) : line.slice(3, space);
  chains.get(chain)?.push(space < 0 ? '' : line.slice(space + 1));
}

function explained(command: string, error: CommandError): Error {
  const options = { cause: error };
  if (error.missing || /exec of .* failed/.test(error.stderr)) {
    return new Error(`${command} is not installed; on Debian: apt-get install iptables`, options);
  }
  if (/Permission denied|must be root/i.test(error.stderr)) {
    return new Error(`${command} may only be used by root; run this as root, or without a node (--no-node)`, options);
  }
  return new Error(error.message, options);
}
