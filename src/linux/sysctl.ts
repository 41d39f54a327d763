import { run as runCommand, CommandError, type Run } from './exec.ts';

/** Kernel settings by their dotted name, e.g. `net.ipv4.ip_forward`. */
export interface Sysctl {
  /** The value; undefined when this kernel has no such setting. */
  get(name: string): Promise<string | undefined>;
  /** @throws Error with one sentence when it cannot be set */
  set(name: string, value: string | number): Promise<void>;
  /** Sets it unless it has that value; returns whether it had to. */
  ensure(name: string, value: string | number): Promise<boolean>;
}

/**
 * Reads and writes below /proc/sys. With `run` being `runIn(namespace)` the settings are those of that namespace,
 * because a process sees under /proc/sys/net those of its own.
 */
export function sysctl(run: Run = runCommand): Sysctl {
  return {
    async get(name) {
      const { stdout, code } = await run('cat', [pathOf(name)], { accept: [1] });
      return code === 0 ? stdout.trim() : undefined;
    },

    async set(name, value) {
      try {
        await run('tee', [pathOf(name)], { stdin: String(value) });
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        throw new Error(`the kernel setting ${name} cannot be set to ${value}: ${error.message}`, { cause: error });
      }
    },

    async ensure(name, value) {
      if ((await this.get(name)) === String(value)) return false;
      await this.set(name, value);
      return true;
    },
  };
}

/** `/proc/sys/net/ipv4/ip_forward`. In the last part of a per-interface name a slash stands for a dot of the interface. */
function pathOf(name: string): string {
  if (name.includes('..') || name.startsWith('.')) throw new Error(`"${name}" is no name of a kernel setting`);
  return `/proc/sys/${name.replace(/[./]/g, (c) => (c === '.' ? '/' : '.'))}`;
}
