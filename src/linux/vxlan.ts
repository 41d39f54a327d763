import { run as runCommand, type Run } from './exec.ts';

/** The end of a tunnel between machines, whose other ends are entered one by one. */
export interface TunnelEnd {
  /** The address of this machine that its packets carry. */
  readonly local: string;
  readonly mac: string;
  /** Its own addresses, without a prefix length. */
  readonly addresses: readonly string[];
  readonly mtu?: number | undefined;
}

/** The number of the network and the port of https://www.rfc-editor.org/rfc/rfc7348. */
const NETWORK = 7386;
const PORT = 4789;

/** A VXLAN device by name, through iproute2. `run` may be `runIn(namespace)`. */
export function vxlan(run: Run = runCommand, name = 'vxlan0') {
  const show = async (): Promise<any> => {
    const { stdout, code } = await run('ip', ['-j', '-d', 'link', 'show', name], { accept: [1] });
    return code === 0 ? JSON.parse(stdout)[0] : undefined;
  };
  const list = async (command: string, args: readonly string[]): Promise<any[]> => {
    const { stdout } = await run(command, ['-j', ...args]);
    return stdout.trim() ? JSON.parse(stdout) : [];
  };
  return {
    /** Makes the device as it should be; one that is bound to another address is made anew. */
    async ensure({ local, mac, addresses, mtu }: TunnelEnd): Promise<void> {
      const present = await show();
      const data = present?.linkinfo?.info_data;
      const fits = data && data.id === NETWORK && data.port === PORT && (data.local ?? data.local6) === local;
      if (present && !fits) await run('ip', ['link', 'delete', name]);
      const size = mtu ? ['mtu', String(mtu)] : [];
      if (!fits) {
        const type = ['type', 'vxlan', 'id', String(NETWORK), 'dstport', String(PORT), 'local', local, 'nolearning'];
        await run('ip', ['link', 'add', name, 'address', mac, ...size, ...type]);
      } else if (present.address !== mac || (mtu && present.mtu !== mtu)) {
        await run('ip', ['link', 'set', name, 'address', mac, ...size]);
      }
      for (const address of addresses)
        await run('ip', ['address', 'replace', `${address}/${address.includes(':') ? 128 : 32}`, 'dev', name]);
      await run('ip', ['link', 'set', name, 'up']);
    },

    /** The other ends that are entered. */
    async entries(): Promise<{ neighbours: string[]; forwarding: { mac: string; to: string }[] }> {
      const [neighbours, forwarding] = await Promise.all([
        list('ip', ['neigh', 'show', 'dev', name, 'nud', 'permanent']),
        list('bridge', ['fdb', 'show', 'dev', name]),
      ]);
      return {
        neighbours: neighbours.map((one) => one.dst),
        forwarding: forwarding.flatMap((one) => (one.dst ? [{ mac: one.mac, to: one.dst }] : [])),
      };
    },

    /** It is no error when there is none. */
    async remove(): Promise<void> {
      if (await show()) await run('ip', ['link', 'delete', name], { accept: [1] });
    },
  };
}
