import { readFileSync } from 'node:fs';

/** A Kubernetes API server to measure. */
export interface Target {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly token: string;
  /** Whether it speaks without TLS. */
  readonly plain?: boolean;
  /** The server's process, where its memory and CPU time can be read. */
  readonly pid?: number;
}

/** `https://host:port` and a bearer token. */
export function targetOf(name: string, url: string, token: string, pid?: number): Target {
  const { hostname, port } = new URL(url);
  return { name, host: hostname, port: Number(port || 443), token, ...(pid !== undefined && { pid }) };
}

/** Processor time that a process has used, in microseconds, or undefined when it cannot be read. */
export function processorTime(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything; user and system time are the 14th and 15th field, in 1/100 s.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return undefined;
  }
}

/** Resident memory of a process in MB (10^6 bytes), or undefined when it cannot be read. */
export function residentMemory(pid: number): number | undefined {
  try {
    const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : (Number(kilobytes) * 1024) / 1e6;
  } catch {
    return undefined;
  }
}
