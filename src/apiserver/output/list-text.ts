import { stringify } from 'yaml';

/** How a list of documents is written: its head, then one item after the other, then its end. */
export interface ListText {
  /** Items that are written before others get their turn on the event loop. */
  readonly slice: number;
  /** @param head what stands before the items; @param field under which name they stand */
  open(head: object, field: string): string;
  item(item: object, first: boolean): string;
  close(empty: boolean): string;
}

/** One document, in the same form. */
export type WriteDocument = (object: object) => string;

/** Keys are in the order of the alphabet, as upstream writes them. */
const yamlOptions = { aliasDuplicateObjects: false, version: '1.1', sortMapEntries: true } as const;

export const writeJson: WriteDocument = (object) => JSON.stringify(object);
export const writePretty: WriteDocument = (object) => `${JSON.stringify(object, undefined, 2)}\n`;
export const writeYaml: WriteDocument = (object) => stringify(object, yamlOptions);

export const jsonList: ListText = {
  slice: 250,
  open: (head, field) => JSON.stringify({ ...head, [field]: [] }).slice(0, -2),
  item: (item, first) => (first ? '' : ',') + JSON.stringify(item),
  close: () => ']}',
};

export const prettyList: ListText = {
  slice: 150,
  open: (head, field) => JSON.stringify({ ...head, [field]: [] }, undefined, 2).slice(0, -3),
  item: (item, first) => `${first ? '\n' : ',\n'}    ${JSON.stringify(item, undefined, 2).replaceAll('\n', '\n    ')}`,
  close: (empty) => (empty ? ']\n}\n' : '\n  ]\n}\n'),
};

/** The library that writes YAML takes its time. */
export const yamlList: ListText = {
  slice: 10,
  open: (head, field) => `${stringify(head, yamlOptions)}${field}:`,
  item: (item, first) => (first ? '\n' : '') + stringify([item], yamlOptions),
  close: (empty) => (empty ? ' []\n' : ''),
};

/**
 * A whole list as text. Long ones are written in slices, so that they do not keep the event loop from others.
 * @param items made when their turn comes
 */
export async function writeList<T>(
  text: ListText,
  head: object,
  field: string,
  sources: readonly T[],
  item: (source: T) => object,
): Promise<Buffer> {
  const parts: Buffer[] = [Buffer.from(text.open(head, field))];
  await inSlices(sources.length, text.slice, (from, to) => {
    let written = '';
    for (let i = from; i < to; i++) written += text.item(item(sources[i]!), i === 0);
    parts.push(Buffer.from(written));
  });
  parts.push(Buffer.from(text.close(sources.length === 0)));
  return Buffer.concat(parts);
}

/** Calls `work` for the numbers up to `count`, a slice at a time, with a turn of the event loop between two slices. */
export async function inSlices(count: number, slice: number, work: (from: number, to: number) => void): Promise<void> {
  for (let from = 0; from < count; from += slice) {
    if (from > 0) await new Promise((resolve) => setImmediate(resolve));
    work(from, Math.min(from + slice, count));
  }
}
