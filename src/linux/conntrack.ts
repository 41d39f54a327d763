import { run as runCommand, type Run } from './exec.ts';

/** Which of the connections that the kernel remembers; what is left out matches all. */
export interface ConnectionFilter {
  /** Where the connection was sent to. */
  readonly address?: string;
  readonly port: number;
  /** Where it went instead. */
  readonly endpoint?: string;
}

/** What the kernel remembers about connections, through the `conntrack` command. `run` may be `runIn(namespace)`. */
export function conntrack(run: Run = runCommand) {
  return {
    /** Makes the kernel forget connections; it is no error when there are none. */
    async forget(protocol: string, { address, port, endpoint }: ConnectionFilter): Promise<void> {
      const filters = [
        ...(address ? ['--orig-dst', address] : []),
        '--dport',
        String(port),
        ...(endpoint ? ['--reply-src', endpoint] : []),
      ];
      // It exits with 1 when nothing matched.
      await run('conntrack', ['-D', '-p', protocol.toLowerCase(), ...filters], { accept: [1] });
    },
  };
}

export type Conntrack = ReturnType<typeof conntrack>;
