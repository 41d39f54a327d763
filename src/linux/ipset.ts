import { CommandError, run as runCommand, type Run, type RunOptions, type RunResult } from './exec.ts';

/** A set of addresses in the kernel, as `ipset save` writes it. */
export interface SavedSet {
  /** e.g. `hash:ip` */
  readonly type: string;
  /** `inet` or `inet6` */
  readonly family: string;
  /** With what follows the address, as `nomatch`. */
  readonly members: ReadonlySet<string>;
}

/** Sets of addresses that rules of the packet filter can ask, through the `ipset` command. `run` may be `runIn(namespace)`. */
export class Ipset {
  readonly #run: Run;

  constructor(run: Run = runCommand) {
    this.#run = run;
  }

  /** All sets by name. */
  async save(): Promise<Map<string, SavedSet>> {
    return parseSets((await this.#call(['save'])).stdout);
  }

  /** Does what the lines say (`create`, `add`, `del`, `destroy`), one after the other; what is so already is no error. */
  async restore(text: string): Promise<void> {
    await this.#call(['-exist', 'restore'], { stdin: text });
  }

  async #call(args: readonly string[], options?: RunOptions): Promise<RunResult> {
    try {
      return await this.#run('ipset', args, options);
    } catch (error) {
      // Through `ip netns exec` a missing program is that command's failure.
      if (error instanceof CommandError && (error.missing || /exec of .* failed/.test(error.stderr)))
        throw new Error('ipset is not installed; on Debian: apt-get install ipset', { cause: error });
      throw error;
    }
  }
}

/** Reads what `ipset save` writes. Pure. */
export function parseSets(text: string): Map<string, SavedSet> {
  const sets = new Map<string, SavedSet & { members: Set<string> }>();
  for (const line of text.split('\n')) {
    const [verb, name = '', type = '', ...rest] = line.split(' ');
    if (verb === 'create') sets.set(name, { type, family: rest[rest.indexOf('family') + 1] ?? '', members: new Set() });
    if (verb === 'add') sets.get(name)?.members.add([type, ...rest].join(' '));
  }
  return sets;
}
