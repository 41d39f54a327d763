/** The kernel's capabilities without `CAP_`, by their numbers: `man 7 capabilities`. */
const names = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE ' +
  'NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN ' +
  'SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE ' +
  'MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
).split(' ');

/** Those that every Docker Engine knows by name; the rest is what CAP_SYS_ADMIN allows too. */
const known = names.slice(0, names.indexOf('AUDIT_READ') + 1);

/** What the engine gives to a container that asks for nothing. */
const defaults = new Set(
  (
    'CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL ' +
    'AUDIT_WRITE'
  ).split(' '),
);

/**
 * The capabilities that nobody on this machine can have, though its kernel knows them: those outside of the bounding set.
 * @param status the text of /proc/self/status
 * @param last the number of the kernel's last capability
 */
export function lackingCapabilities(status: string, last: number): string[] {
  const mask = /^CapBnd:\s+([0-9a-f]{1,16})$/m.exec(status)?.[1];
  if (!mask) return [];
  const bounding = BigInt(`0x${mask}`);
  return names.filter((_, bit) => bit <= last && ((bounding >> BigInt(bit)) & 1n) === 0n);
}

/** A capability as pods name it, without the prefix that some write. */
export function capabilityName(text: string): string {
  return text.toUpperCase().replace(/^CAP_/, '');
}

/** What a container gets, and what it asked for in vain. */
export interface Capabilities {
  readonly add: readonly string[];
  readonly drop: readonly string[];
  readonly refused: readonly string[];
}

/**
 * What can be given of what a container asks for: a container that wants more than the machine permits runs with less,
 * for the kernel would not start it otherwise.
 */
export function permittedCapabilities(
  { add = [], drop = [], all }: { add?: readonly string[]; drop?: readonly string[]; all: boolean },
  lacking: readonly string[],
): Capabilities {
  if (lacking.length === 0) return { add, drop, refused: [] };
  const asked = add.map(capabilityName);
  const dropped = drop.map(capabilityName);
  if (all || asked.includes('ALL')) {
    const given = known.filter((name) => !lacking.includes(name) && (all || !dropped.includes(name)));
    return { add: given, drop: ['ALL'], refused: lacking };
  }
  const unasked = dropped.includes('ALL') ? [] : lacking.filter((name) => defaults.has(name));
  return {
    add: asked.filter((name) => !lacking.includes(name)),
    drop: [...new Set([...dropped, ...unasked])],
    refused: lacking.filter((name) => asked.includes(name)),
  };
}
