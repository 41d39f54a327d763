import type { Run, RunResult } from '../../src/linux/exec.ts';
import { targetOf } from '../../src/proxy/rule-set.ts';

type Chains = Map<string, string[]>;

const builtIn: Record<string, readonly string[]> = {
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
};

/**
 * A kernel's packet filter in memory, with the commands iptables-save, iptables-restore --noflush and iptables -S, which
 * refuses what the kernel refuses: chains that are not there, and removing chains that are not empty or still led to.
 */
export class MemoryIptables {
  tables = new Map(Object.entries(builtIn).map(([table, chains]) => [table, emptyTable(chains)]));
  /** Inputs of iptables-restore so far. */
  readonly restored: string[] = [];
  /** Until when iptables-save has not answered what it has seen. */
  reading: Promise<void> = Promise.resolve();

  readonly run: Run = async (command, args, options) => {
    const given = String(options?.stdin ?? '');
    if (/^ip6?tables-restore$/.test(command)) return this.#restore(given);
    const table = args[args.indexOf('-t') + 1] ?? 'filter';
    if (/^ip6?tables-save$/.test(command)) return this.#read(table);
    if (args.includes('-S')) return this.#show(table, args.at(-1)!);
    return answer('iptables v1.8.9 (nf_tables)');
  };

  async #read(table: string): Promise<RunResult> {
    const seen = answer(this.save(table));
    await this.reading;
    return seen;
  }

  /** A table as iptables-save shows it. */
  save(table: string): string {
    const chains = this.tables.get(table)!;
    const names = [...chains.keys()].map((name) => `:${name} ${builtIn[table]!.includes(name) ? 'ACCEPT' : '-'} [0:0]`);
    const rules = [...chains].flatMap(([name, list]) => list.map((rule) => `-A ${name} ${rule}`));
    return [`*${table}`, ...names, ...rules, 'COMMIT', ''].join('\n');
  }

  /** Chains with their rules, in an order that does not depend on how they came about, nor that of the jumps to ours. */
  sorted(table: string): [string, string[]][] {
    const chains = [...this.tables.get(table)!].sort(([a], [b]) => (a < b ? -1 : 1));
    return chains.map(([name, rules]) => [name, builtIn[table]!.includes(name) ? rules.toSorted() : rules]);
  }

  flush(table: string): void {
    this.tables.set(table, emptyTable(builtIn[table]!));
  }

  /** Each table of the input is applied whole or not at all. */
  #restore(text: string): RunResult {
    this.restored.push(text);
    let table = '';
    let chains: Chains = new Map();
    for (const line of text.split('\n').filter(Boolean)) {
      if (line.startsWith('*')) {
        table = line.slice(1);
        chains = new Map([...this.tables.get(table)!].map(([name, rules]) => [name, [...rules]]));
      } else if (line === 'COMMIT') {
        checkTargets(chains);
        this.tables.set(table, chains);
      } else apply(line, chains, builtIn[table]!);
    }
    return answer('');
  }

  #show(table: string, chain: string): RunResult {
    const rules = this.tables.get(table)!.get(chain);
    if (!rules) return { code: 1, stdout: '', stderr: 'No chain/target/match by that name.' };
    return answer([`-N ${chain}`, ...rules.map((rule) => `-A ${chain} ${rule}`), ''].join('\n'));
  }
}

function emptyTable(chains: readonly string[]): Chains {
  return new Map(chains.map((name) => [name, []]));
}

function answer(stdout: string): RunResult {
  return { code: 0, stdout, stderr: '' };
}

function apply(line: string, chains: Chains, fixed: readonly string[]): void {
  const [, declared] = /^:(\S+) /.exec(line) ?? [];
  if (declared) return void chains.set(declared, []);
  const [, action, name = '', rest = ''] = /^-([AIDX]) (\S+) ?(.*)$/.exec(line) ?? [];
  const rules = chains.get(name);
  if (!action || !rules) throw new Error(`iptables-restore: no chain "${name}": ${line}`);
  if (action === 'A') rules.push(rest);
  if (action === 'I') insert(rules, rest, line);
  if (action === 'D') take(rules, rest, line);
  if (action === 'X') drop(chains, name, fixed);
}

function insert(rules: string[], rest: string, line: string): void {
  const [, place = '', rule = ''] = /^(\d+) (.*)$/.exec(rest) ?? [];
  if (Number(place) < 1 || Number(place) > rules.length + 1) throw new Error(`index of insertion too big: ${line}`);
  rules.splice(Number(place) - 1, 0, rule);
}

function take(rules: string[], rule: string, line: string): void {
  const at = rules.indexOf(rule);
  if (at < 0) throw new Error(`no such rule: ${line}`);
  rules.splice(at, 1);
}

function drop(chains: Chains, name: string, fixed: readonly string[]): void {
  if (fixed.includes(name)) throw new Error(`${name} is built in`);
  if (chains.get(name)!.length > 0) throw new Error(`${name} is not empty`);
  for (const [other, rules] of chains) {
    if (rules.some((rule) => targetOf(rule) === name)) throw new Error(`${other} leads to ${name}, which is to go`);
  }
  chains.delete(name);
}

function checkTargets(chains: Chains): void {
  const verdicts = /^(ACCEPT|DROP|RETURN|REJECT|DNAT|MARK|MASQUERADE)$/;
  for (const [name, rules] of chains) {
    for (const rule of rules) {
      const target = targetOf(rule);
      if (target && !verdicts.test(target) && !chains.has(target)) throw new Error(`${name} leads to ${target}: none`);
    }
  }
}
