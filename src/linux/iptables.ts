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

  /** Applies a change in the format of iptables-save, whole or not at all. Chains that it does not name stay as they are. */
  async restore(text: string): Promise<void> {
    await this.#call(`${this.#program}-restore`, ['-w', waitForLock, '--noflush'], { stdin: text });
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

/** The chains of a saved table with their rules (without `-A chain`), in the order they stand there. */
export function parseSave(text: string): Map<string, string[]> {
  const chains = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [, sign, chain = '', rest = ''] = /^(:|-A )(\S+) ?(.*)$/.exec(line) ?? [];
    if (sign === ':') chains.set(chain, []);
    else if (sign) chains.get(chain)?.push(rest);
  }
  return chains;
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
