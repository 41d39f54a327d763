import { isQuantity, parseQuantity } from '../../apimachinery/quantity.ts';

/** What is watched, by upstream's names: https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/ */
export const signals = [
  'memory.available',
  'nodefs.available',
  'nodefs.inodesFree',
  'imagefs.available',
  'imagefs.inodesFree',
  'pid.available',
] as const;
export type Signal = (typeof signals)[number];

/** An amount, or a share (0 to 1) of what there is. */
export type Amount = { readonly amount: number } | { readonly share: number };

/** Below `least` of what a signal counts the node is under pressure. */
export interface Threshold {
  readonly signal: Signal;
  readonly least: Amount;
  /** Milliseconds for which it must be crossed before pods are evicted; 0: at once, and with next to no grace. */
  readonly grace: number;
  /** How much more than `least` must be free again before the pressure is over. */
  readonly minReclaim: Amount;
}

export interface ThresholdSettings {
  /** By signal: `100Mi`, `10%`. */
  readonly hard?: Readonly<Record<string, string>> | undefined;
  readonly soft?: Readonly<Record<string, string>> | undefined;
  /** By signal, in seconds; each soft threshold must have one. */
  readonly softGraceSeconds?: Readonly<Record<string, number>> | undefined;
  readonly minReclaim?: Readonly<Record<string, string>> | undefined;
}

/** Upstream's defaults. */
export const defaultHard: Readonly<Record<string, string>> = {
  'memory.available': '100Mi',
  'nodefs.available': '10%',
  'nodefs.inodesFree': '5%',
  'imagefs.available': '15%',
  'imagefs.inodesFree': '5%',
};

/**
 * Reads thresholds as the kubelet's configuration has them.
 * @throws Error with a sentence that says which is wrong
 */
export function parseThresholds(settings: ThresholdSettings): Threshold[] {
  const { hard = defaultHard, soft = {}, softGraceSeconds = {}, minReclaim = {} } = settings;
  const read = (list: Readonly<Record<string, string>>, grace: (signal: Signal) => number): Threshold[] =>
    Object.entries(list).map(([name, text]) => {
      const signal = signalOf(name);
      const reclaim = minReclaim[signal] ?? '0';
      return { signal, least: amountOf(text, name), grace: grace(signal), minReclaim: amountOf(reclaim, name) };
    });
  return [...read(hard, () => 0), ...read(soft, (signal) => graceOf(softGraceSeconds, signal))];
}

function graceOf(seconds: Readonly<Record<string, number>>, signal: Signal): number {
  const found = seconds[signal];
  if (found === undefined || found <= 0)
    throw new Error(`the soft eviction threshold of ${signal} needs a grace period`);
  return found * 1000;
}

function signalOf(name: string): Signal {
  const found = signals.find((signal) => signal === name);
  if (!found) throw new Error(`"${name}" is no eviction signal; use one of ${signals.join(', ')}`);
  return found;
}

function amountOf(text: string, name: string): Amount {
  const percent = /^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(text)?.[1];
  if (percent !== undefined && Number(percent) <= 100) return { share: Number(percent) / 100 };
  if (!isQuantity(text) || parseQuantity(text).nanos < 0n)
    throw new Error(`the eviction threshold "${text}" of ${name} must be an amount or a percentage`);
  return { amount: parseQuantity(text).value() };
}

/** The amount itself, of `capacity`. */
export function resolve(amount: Amount, capacity: number): number {
  return 'amount' in amount ? amount.amount : Math.floor(amount.share * capacity);
}
