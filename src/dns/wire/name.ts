/**
 * Names are strings of labels with dots between and none at the end; the root is the empty string. Each character is
 * one byte; a dot or backslash that is part of a label has a backslash before it.
 */

/** A message that cannot be read. */
export class MalformedMessage extends Error {}

const LONGEST_NAME = 255;
const POINTER = 0xc0;
/** No name has more labels. */
const MOST_POINTERS = 127;

/**
 * Reads a name, compressed or not.
 * @returns the name, and where the next field begins
 * @throws MalformedMessage; pointers may only lead back, so that reading always ends
 */
export function readName(message: Buffer, at: number): { name: string; next: number } {
  const labels: string[] = [];
  let next = -1;
  let length = 1;
  let pointers = 0;
  for (let limit = at; ;) {
    const size = message[at];
    if (size === undefined) throw new MalformedMessage('a name goes beyond the end');
    if (size === 0) return { name: labels.join('.'), next: next === -1 ? at + 1 : next };
    if (size >= POINTER) {
      const target = ((size & 0x3f) << 8) | (message[at + 1] ?? 0xffff);
      if (at + 1 >= message.length || target >= limit || ++pointers > MOST_POINTERS)
        throw new MalformedMessage('a name leads to no end');
      if (next === -1) next = at + 2;
      at = limit = target;
      continue;
    }
    length += size + 1;
    if (size > 63 || length > LONGEST_NAME || at + 1 + size > message.length)
      throw new MalformedMessage('a name is too long');
    labels.push(escaped(message.toString('latin1', at + 1, at + 1 + size)));
    at += size + 1;
  }
}

function escaped(label: string): string {
  return /[.\\]/.test(label) ? label.replace(/[.\\]/g, '\\$&') : label;
}

/** The labels of a name, as they are on the wire. */
export function labelsOf(name: string): string[] {
  if (name === '') return [];
  if (!name.includes('\\')) return name.split('.');
  return [...name.matchAll(/(?:\\[^]|[^.\\])+/g)].map(([label]) => label.replace(/\\([^])/g, '$1'));
}

/** Whether a name can be written: no empty label, none longer than 63 bytes, not more than 255 in all. */
export function isWritable(name: string): boolean {
  const labels = labelsOf(name);
  const length = labels.reduce((sum, label) => sum + label.length + 1, 1);
  return length <= LONGEST_NAME && labels.every((label) => label.length > 0 && label.length <= 63);
}

/** ASCII letters as small ones: the only ones that DNS does not tell apart. */
export function lowerCase(name: string): string {
  return /[A-Z]/.test(name) ? name.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : name;
}

/** Whether `name` is `zone` or below it. Both in small letters. */
export function isBelow(name: string, zone: string): boolean {
  return name === zone || zone === '' || name.endsWith(`.${zone}`);
}
