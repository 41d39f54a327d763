import { readFileSync } from 'node:fs';
import { errorMessage } from '../base/log.ts';
import { parseProviders } from '../kubelet/images/credential-config.ts';
import { parseThresholds } from '../kubelet/eviction/thresholds.ts';
import type { EvictionSettings, KubeletOptions } from '../kubelet/kubelet-options.ts';
import { shutdownGraces } from '../kubelet/node/shutdown.ts';
import { parseDuration } from '../apimachinery/duration.ts';
import { isQuantity } from '../apimachinery/quantity.ts';

/** The kubelet's settings as they are written on a command line; absent is the default. */
export interface KubeletFlags {
  /** `cpu=100m,memory=1Gi` */
  readonly systemReserved?: string | undefined;
  readonly kubeReserved?: string | undefined;
  /** `memory.available<100Mi,nodefs.available<10%` */
  readonly evictionHard?: string | undefined;
  readonly evictionSoft?: string | undefined;
  /** `memory.available=1m30s`: for each soft threshold how long it must be crossed. */
  readonly evictionSoftGrace?: string | undefined;
  /** `nodefs.available=500Mi`: what must be free beyond a threshold before its pressure is over. */
  readonly evictionMinReclaim?: string | undefined;
  /** Seconds that a pod gets at most when a soft threshold is met. */
  readonly evictionMaxGrace?: number | undefined;
  /** How long a condition is told after it was last seen: `5m0s`. */
  readonly evictionTransition?: string | undefined;
  /** The file of the kind `CredentialProviderConfig`, and the folder of the plugins that it names. */
  readonly credentialProviderConfig?: string | undefined;
  readonly credentialProviderFolder?: string | undefined;
  readonly allowedUnsafeSysctls?: string | undefined;
  readonly podMaxPids?: number | undefined;
  /** Seconds; 0: pods outlive the kubelet. */
  readonly shutdownGrace?: number | undefined;
  readonly shutdownGraceCritical?: number | undefined;
}

export type KubeletSettings = Pick<
  KubeletOptions,
  'reserved' | 'eviction' | 'credentialProviders' | 'allowedUnsafeSysctls' | 'podPidsLimit' | 'shutdown' | 'guard'
>;

/** @throws Error with a sentence that says what is wrong */
export function kubeletSettings(flags: KubeletFlags): KubeletSettings {
  const { systemReserved, kubeReserved, podMaxPids = 0, shutdownGrace = 0 } = flags;
  const eviction = evictionSettings(flags);
  return {
    reserved: [systemReserved, kubeReserved].flatMap((text) => (text ? [amounts(text)] : [])),
    ...(eviction && { eviction }),
    ...credentialSettings(flags),
    allowedUnsafeSysctls: flags.allowedUnsafeSysctls?.split(',').filter(Boolean),
    ...(podMaxPids > 0 && { podPidsLimit: podMaxPids }),
    ...(shutdownGrace > 0 && { shutdown: shutdownGraces(shutdownGrace, flags.shutdownGraceCritical ?? 0) }),
  };
}

function credentialSettings(flags: KubeletFlags): Pick<KubeletOptions, 'credentialProviders'> {
  const { credentialProviderConfig: file, credentialProviderFolder: folder } = flags;
  if (!file && !folder) return {};
  if (!file || !folder) throw new Error('the configuration of credential providers and their folder go together');
  try {
    return { credentialProviders: { providers: parseProviders(readFileSync(file, 'utf8')), folder } };
  } catch (error) {
    throw new Error(`cannot read the credential providers of ${file}: ${errorMessage(error)}`, { cause: error });
  }
}

/** Undefined when nothing is said, for then the defaults hold. */
function evictionSettings(flags: KubeletFlags): EvictionSettings | undefined {
  const { evictionHard, evictionSoft, evictionSoftGrace, evictionMinReclaim, evictionMaxGrace, evictionTransition } =
    flags;
  const settings: EvictionSettings = {
    ...(evictionHard !== undefined && { hard: pairs(evictionHard, '<') }),
    ...(evictionSoft !== undefined && { soft: pairs(evictionSoft, '<') }),
    ...(evictionSoftGrace !== undefined && { softGraceSeconds: periods(evictionSoftGrace) }),
    ...(evictionMinReclaim !== undefined && { minReclaim: pairs(evictionMinReclaim, '=') }),
    ...(evictionMaxGrace && { maxGraceSeconds: evictionMaxGrace }),
    ...(evictionTransition !== undefined && { transition: seconds(evictionTransition) * 1000 }),
  };
  if (Object.keys(settings).length === 0) return undefined;
  parseThresholds(settings);
  return settings;
}

function periods(text: string): Record<string, number> {
  return Object.fromEntries(Object.entries(pairs(text, '=')).map(([signal, period]) => [signal, seconds(period)]));
}

/** @throws Error with a sentence when it is no duration */
function seconds(text: string): number {
  const found = parseDuration(text) / 1e9;
  if (found <= 0) throw new Error(`"${text}" must be written as a duration, e.g. 1m30s`);
  return found;
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
