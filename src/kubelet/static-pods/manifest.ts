import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import { formatTime } from '../../apimachinery/time.ts';

/** What the annotations of static pods and their mirrors are called. */
export const annotation = {
  source: 'kubernetes.io/config.source',
  hash: 'kubernetes.io/config.hash',
  seen: 'kubernetes.io/config.seen',
  mirror: 'kubernetes.io/config.mirror',
} as const;

/** Bytes: a manifest that is longer is none. */
const LONGEST = 10 * 2 ** 20;

export interface Manifest {
  readonly path: string;
  readonly text: string;
}

/** The files of a folder that may be manifests, by name; a path that is a file is one itself. Hidden files are left out. */
export async function readManifests(path: string): Promise<Manifest[]> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return [];
  const paths = found.isDirectory() ? (await readdir(path)).sort().map((name) => join(path, name)) : [path];
  const manifests: Manifest[] = [];
  for (const file of paths) {
    if (basename(file).startsWith('.')) continue;
    const info = await stat(file).catch(() => undefined);
    if (!info?.isFile() || info.size > LONGEST) continue;
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text?.trim()) manifests.push({ path: file, text });
  }
  return manifests;
}

/**
 * The pod that a manifest describes, as it runs on this node: `<name>-<node>`, bound to the node, and tolerating
 * whatever befalls it. Its uid follows from node, file and content, so that the next kubelet finds it again.
 * @throws Error with a sentence when it describes none
 */
export function staticPod({ path, text }: Manifest, nodeName: string, now: number): Pod {
  const read: unknown = parse(text, { maxAliasCount: 100 });
  if (!isObject(read) || read.kind !== 'Pod' || read.apiVersion !== 'v1') throw new Error('it is no Pod of version v1');
  if (!isObject(read.metadata) || typeof read.metadata.name !== 'string') throw new Error('metadata.name is required');
  if (!isObject(read.spec)) throw new Error('spec is required');
  const given = read as unknown as Pod;
  const uid = createHash('md5').update(`${nodeName}\0${path}\0${text}`).digest('hex');
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...{ resourceVersion: '', creationTimestamp: '' },
      ...(given.metadata.labels && { labels: given.metadata.labels }),
      name: `${given.metadata.name}-${nodeName.toLowerCase()}`,
      namespace: given.metadata.namespace || 'default',
      uid,
      annotations: {
        ...given.metadata.annotations,
        [annotation.source]: 'file',
        [annotation.hash]: uid,
        [annotation.seen]: formatTime(now),
      },
    },
    spec: {
      ...given.spec!,
      nodeName,
      tolerations: [...(given.spec!.tolerations ?? []), { operator: 'Exists', effect: 'NoExecute' }],
    },
  };
  return checked(pod);
}

function checked(pod: Pod): Pod {
  podKind.setDefaults?.(pod);
  const [error] = podKind.validate?.(pod) ?? [];
  if (error) throw new Error(`${error.field}: ${error.message}`);
  return pod;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
