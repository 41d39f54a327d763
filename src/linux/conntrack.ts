import { run as runCommand, type Run } from './exec.ts';

type ConnectionFamily = 'IPv4' | 'IPv6';

/** A connection that the kernel remembers, as far as its addresses were changed. */
export interface Connection {
  /** Where it was sent to. */
  readonly address: string;
  readonly port: number;
  /** Who answers it, which is the same if the destination was not changed. */
  readonly endpoint: string;
  readonly endpointPort: number;
}

/** What the kernel remembers about connections, through the `conntrack` command. `run` may be `runIn(namespace)`. */
export function conntrack(run: Run = runCommand) {
  return {
    /** Every remembered connection of a protocol. */
    async list(protocol: string, family: ConnectionFamily): Promise<Connection[]> {
      const { stdout } = await run('conntrack', ['-L', '-p', protocol.toLowerCase(), '-f', family.toLowerCase()]);
      return stdout.split('\n').flatMap(connectionOf);
    },

    /** Makes the kernel forget connections; it is no error when there are none (any more). */
    async forget(protocol: string, family: ConnectionFamily, connection: Connection): Promise<void> {
      const { address, port, endpoint, endpointPort } = connection;
      const original = ['--orig-dst', address, '--orig-port-dst', `${port}`];
      const reply = ['--reply-src', endpoint, '--reply-port-src', `${endpointPort}`];
      const args = ['-D', '-p', protocol.toLowerCase(), '-f', family.toLowerCase(), ...original, ...reply];
      // It exits with 1 when nothing matched.
      await run('conntrack', args, { accept: [1] });
    },
  };
}

export type Conntrack = ReturnType<typeof conntrack>;

/** `udp 17 29 src=.. dst=.. sport=.. dport=.. [UNREPLIED] src=.. dst=.. sport=.. dport=.. ...`: first as sent, then as answered. */
function connectionOf(line: string): Connection[] {
  const values = (name: string) => [...line.matchAll(new RegExp(` ${name}=(\\S+)`, 'g'))].map(([, value]) => value!);
  const [address] = values('dst');
  const [port] = values('dport');
  const [, endpoint] = values('src');
  const [, endpointPort] = values('sport');
  if (!address || !port || !endpoint || !endpointPort) return [];
  return [{ address, port: Number(port), endpoint, endpointPort: Number(endpointPort) }];
}
