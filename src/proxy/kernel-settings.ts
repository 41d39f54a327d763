import type { Log } from '../base/log.ts';
import { errorMessage } from '../base/log.ts';
import { run as runCommand, type Run } from '../linux/exec.ts';
import { sysctl } from '../linux/sysctl.ts';

/** Lets a node port answer on 127.0.0.1, whose packets the kernel otherwise keeps off every other interface. */
const routeLocalnet = 'net.ipv4.conf.all.route_localnet';

const bridged = 'net.bridge.bridge-nf-call-iptables';

/** What the kernel does after `prepareKernel`. */
export interface KernelSettings {
  /** Whether packets between pods on one bridge pass through iptables. */
  readonly filtersBridged: boolean;
  /** Whether `route_localnet` was off before. */
  readonly openedLoopback: boolean;
}

/** Makes the kernel settings that services need; what cannot be set is told in the log. */
export async function prepareKernel(run: Run, log: Log): Promise<KernelSettings> {
  const settings = sysctl(run);
  const set = async (name: string, value: number): Promise<'set' | 'was so' | 'failed'> => {
    try {
      return (await settings.ensure(name, value)) ? 'set' : 'was so';
    } catch (error) {
      log.warn('a kernel setting that services need could not be made', { name, error: errorMessage(error) });
      return 'failed';
    }
  };
  await set('net.ipv4.ip_forward', 1);
  const openedLoopback = (await set(routeLocalnet, 1)) === 'set';
  if ((await settings.get(bridged)) === undefined) {
    await runCommand('modprobe', ['br_netfilter'], { accept: true }).catch(() => {});
  }
  const known = (await settings.get(bridged)) !== undefined;
  return { filtersBridged: known && (await set(bridged, 1)) !== 'failed', openedLoopback };
}

/** Connections that are remembered for each processor, and at least, as upstream's proxy has it. */
const PER_PROCESSOR = 32_768;
const AT_LEAST = 131_072;

/** Seconds for which connections are remembered, as upstream's proxy has them: idle ones a day, half-closed ones an hour. */
const timeouts = {
  'net.netfilter.nf_conntrack_tcp_timeout_established': 86_400,
  'net.netfilter.nf_conntrack_tcp_timeout_close_wait': 3_600,
};

/** Lets the kernel remember as many connections, and as long, as services need. Without, most still work. */
export async function rememberConnections(run: Run, log: Log, processors: number): Promise<void> {
  const settings = sysctl(run);
  const most = 'net.netfilter.nf_conntrack_max';
  try {
    const wanted = Math.max(PER_PROCESSOR * processors, AT_LEAST);
    if (Number(await settings.get(most)) < wanted) await settings.set(most, wanted);
    for (const [name, seconds] of Object.entries(timeouts)) {
      if ((await settings.get(name)) !== undefined) await settings.ensure(name, seconds);
    }
  } catch (error) {
    // A container may not set what all of the machine has in common.
    log.debug('how long connections are remembered could not be set', { error: errorMessage(error) });
  }
}

/** Takes back what would be a danger without our rules. */
export async function closeLoopback(run: Run): Promise<void> {
  await sysctl(run).ensure(routeLocalnet, 0);
}

/** Lets this machine pass IPv6 packets on. It goes on taking its own routes from router advertisements. */
export async function forwardIPv6(run: Run, log: Log): Promise<void> {
  const settings = sysctl(run);
  try {
    if ((await settings.get('net.ipv6.conf.all.forwarding')) === '1') return;
    // Without 2 a machine that passes packets on would not take routes for itself any more.
    await settings.ensure('net.ipv6.conf.all.accept_ra', 2);
    await settings.set('net.ipv6.conf.all.forwarding', 1);
  } catch (error) {
    log.warn('a kernel setting that IPv6 services need could not be made', { error: errorMessage(error) });
  }
}
