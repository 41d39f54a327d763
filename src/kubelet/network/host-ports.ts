import { Iptables, parseSave } from '../../linux/iptables.ts';

/** Chains of single pods that the portmap plugin makes begin so. */
const podChain = 'CNI-DN-';
/** Chains that it makes once and never removes. */
const sharedChains = ['CNI-HOSTPORT-DNAT', 'CNI-HOSTPORT-MASQ', 'CNI-HOSTPORT-SETMARK'];

/** Whether any pod of this machine has host ports. */
export async function anyHostPorts(iptables = new Iptables()): Promise<boolean> {
  return (await iptables.save('nat')).includes(`:${podChain}`);
}

/** Removes the portmap plugin's shared chains when no pod uses them any more. */
export async function removeSharedChains(iptables = new Iptables()): Promise<void> {
  const text = sharedChainsRemoval(await iptables.save('nat'));
  if (text) await iptables.restore(text);
}

/** What iptables-restore is fed for that, given the nat table; empty when there is nothing to remove. Pure. */
export function sharedChainsRemoval(nat: string): string {
  const chains = parseSave(nat);
  const ours = sharedChains.filter((name) => chains.has(name));
  if (ours.length === 0 || [...chains.keys()].some((name) => name.startsWith(podChain))) return '';
  const jumps = [...chains].flatMap(([chain, rules]) =>
    rules.filter((rule) => ours.some((name) => rule.endsWith(`-j ${name}`))).map((rule) => `-D ${chain} ${rule}`),
  );
  const lines = ['*nat', ...jumps, ...ours.map((name) => `-F ${name}`), ...ours.map((name) => `-X ${name}`), 'COMMIT'];
  return `${lines.join('\n')}\n`;
}
