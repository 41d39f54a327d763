import { run as runCommand, runIn, type Run } from './exec.ts';

/** A network namespace that stands for a machine, with one cable to a bridge of this machine. */
export interface NodeNamespace {
  /** As `ip netns` knows it. */
  readonly name: string;
  /** This machine's end of the cable, at most 15 letters. */
  readonly cable: string;
  /** The namespace's address with its prefix length, and that of the bridge: its way to everywhere. */
  readonly address: string;
  readonly gateway: string;
}

/** A bridge of this machine with its address and prefix length. */
export interface NodeBridge {
  readonly name: string;
  readonly address: string;
}

/** Where `ip netns` keeps its namespaces. */
export const namespaceFolder = '/run/netns';

/** What is there already is left as it is. */
export async function ensureBridge({ name, address }: NodeBridge, run: Run = runCommand): Promise<void> {
  if (!(await exists(name, run))) await run('ip', ['link', 'add', name, 'type', 'bridge']);
  await run('ip', ['address', 'replace', address, 'dev', name]);
  await run('ip', ['link', 'set', name, 'up']);
}

/** Makes the namespace and its cable; what is there already is left as it is. */
export async function ensureNamespace(
  { name, cable, address, gateway }: NodeNamespace,
  bridge: string,
  run: Run = runCommand,
): Promise<void> {
  const { stdout } = await run('ip', ['netns', 'list']);
  if (!stdout.split('\n').some((line) => line.split(' ')[0] === name)) await run('ip', ['netns', 'add', name]);
  const inside = run === runCommand ? runIn(name) : run;
  if (!(await exists(cable, run))) {
    await run('ip', ['link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name]);
    await run('ip', ['link', 'set', cable, 'master', bridge, 'up']);
  }
  await inside('ip', ['link', 'set', 'lo', 'up']);
  await inside('ip', ['address', 'replace', address, 'dev', 'eth0']);
  await inside('ip', ['link', 'set', 'eth0', 'up']);
  await inside('ip', ['route', 'replace', 'default', 'via', gateway]);
}

/** Leads packets to what lies behind a namespace into it. */
export async function routeInto(
  { address }: NodeNamespace,
  podCidrs: readonly string[],
  bridge: string,
  run: Run = runCommand,
): Promise<void> {
  for (const podCidr of podCidrs)
    await run('ip', ['route', 'replace', podCidr, 'via', address.split('/')[0]!, 'dev', bridge]);
}

/** Pulls the cable, or plugs it in again. */
export async function setCable(cable: string, plugged: boolean, run: Run = runCommand): Promise<void> {
  await run('ip', ['link', 'set', cable, plugged ? 'up' : 'down']);
}

/** What is not there is no error. */
export async function removeNamespace({ name, cable, address }: NodeNamespace, run: Run = runCommand): Promise<void> {
  for (const args of [
    ['route', 'flush', 'via', address.split('/')[0]!],
    ['link', 'delete', cable],
    ['netns', 'delete', name],
  ])
    await run('ip', args, { accept: true });
}

async function exists(link: string, run: Run): Promise<boolean> {
  const { code } = await run('ip', ['link', 'show', link], { accept: [1] });
  return code === 0;
}
