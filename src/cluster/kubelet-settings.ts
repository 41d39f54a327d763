import { parseThresholds } from '../kubelet/eviction/thresholds.ts';
import type { KubeletOptions } from '../kubelet/kubelet-options.ts';
import { shutdownGraces } from '../kubelet/node/shutdown.ts';
import { isQuantity } from '../apimachinery/quantity.ts';

/** The kubelet's settings as they are written on a command line; absent is the default. */
export interface KubeletFlags {
  /** `cpu=100m,memory=1Gi` */
  readonly systemReserved?: string | undefined;
  readonly kubeReserved?: string | undefined;
  /** `memory.available<100Mi,nodefs.available<10%` */
  readonly evictionHard?: string | undefined;
  readonly allowedUnsafeSysctls?: string | undefined;
  readonly podMaxPids?: number | undefined;
  /** Seconds; 0: pods outlive the kubelet. */
  readonly shutdownGrace?: number | undefined;
  readonly shutdownGraceCritical?: number | undefined;
}

export type KubeletSettings = Pick<
  KubeletOptions,
  'reserved' | 'eviction' | 'allowedUnsafeSysctls' | 'podPidsLimit' | 'shutdown' | 'guard'
>;

/** @throws Error with a sentence that says what is wrong */
export function kubeletSettings(flags: KubeletFlags): KubeletSettings {
  const { systemReserved, kubeReserved, evictionHard, podMaxPids = 0, shutdownGrace = 0 } = flags;
  const hard = evictionHard === undefined ? undefined : pairs(evictionHard, '<');
  if (hard) parseThresholds({ hard });
  return {
    reserved: [systemReserved, kubeReserved].flatMap((text) => (text ? [amounts(text)] : [])),
    ...(hard && { eviction: { hard } }),
    allowedUnsafeSysctls: flags.allowedUnsafeSysctls?.split(',').filter(Boolean),
    ...(podMaxPids > 0 && { podPidsLimit: podMaxPids }),
    ...(shutdownGrace > 0 && { shutdown: shutdownGraces(shutdownGrace, flags.shutdownGraceCritical ?? 0) }),
  };
}

function amounts(text: string): Record<string, string> {
  const found = pairs(text, '=');
  for (const [name, amount] of Object.entries(found)) {
    if (!isQuantity(amount)) throw new Error(`"${amount}" is no amount of ${name} that can be reserved`);
  }
  return found;
}

function pairs(text: string, between: string): Record<string, string> {
  const list = text.split(',').filter(Boolean);
  return Object.fromEntries(
    list.map((pair) => {
      const [name = '', value] = pair.split(between).map((part) => part.trim());
      if (!name || !value) throw new Error(`"${pair}" must be written as name${between}amount`);
      return [name, value];
    }),
  );
}
