import { run as runCommand, type Run } from '../linux/exec.ts';
import { Iptables } from '../linux/iptables.ts';
import { readIfAny } from './families.ts';
import { openedLoopbackChain } from './fixed-rules.ts';
import { jumpsTo, readInstalled } from './installed.ts';
import { closeLoopback } from './kernel-settings.ts';
import { removalText } from './restore-text.ts';
import { tables } from './rule-set.ts';

/** Removes exactly our chains and the rules that lead to them. For `cox down`: no proxy may run. */
export async function removeProxyRules({ run = runCommand }: { run?: Run } = {}): Promise<void> {
  for (const family of ['IPv4', 'IPv6'] as const) {
    const iptables = new Iptables(run, family === 'IPv4' ? 4 : 6);
    const installed = family === 'IPv4' ? await readInstalled(iptables) : await readIfAny(iptables);
    if (!installed) continue;
    const chains = tables.flatMap((table) =>
      [...installed.chains[table].keys()].map((chain) => [table, chain] as const),
    );
    const text = removalText(jumpsTo(installed), chains);
    if (!text) continue;
    if (installed.chains.filter.has(openedLoopbackChain)) await closeLoopback(run);
    await iptables.restore(text);
  }
}
