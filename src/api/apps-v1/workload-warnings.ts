import { dns1123Label } from '../../apimachinery/names.ts';

/** What the author of a new object hears whose name becomes part of names and host names of pods. */
export function podNameWarnings(name: string): string[] {
  const errors = dns1123Label(name);
  if (errors.length === 0) return [];
  const list = `[${errors.join(' ')}]`;
  return [
    'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; ' +
      `a DNS label is recommended: ${list}`,
  ];
}
