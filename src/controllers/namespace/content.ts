import { pod } from '../../api/core-v1/pod.ts';
import { isApiError } from '../../apimachinery/api-error.ts';
import { gvkKey, type Kind } from '../../apimachinery/kind.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { errorMessage } from '../../base/log.ts';
import type { Client } from '../../client/client.ts';
import type { Remains } from './status.ts';
import { unlessGone } from '../unless-gone.ts';

/**
 * Deletes everything in a namespace, of these kinds, and says what is left. Pods go first, and nothing else goes until
 * they are gone: what they still need (secrets, policies, volumes) must outlive them.
 */
export async function deleteContent(client: Client, namespace: string, kinds: readonly Kind[]): Promise<Remains> {
  const isPod = (kind: Kind) => gvkKey(kind) === gvkKey(pod);
  const pods = await deleteKinds(client, namespace, kinds.filter(isPod));
  if (pods.objects.length > 0 || pods.errors.length > 0) return pods;
  return deleteKinds(
    client,
    namespace,
    kinds.filter((kind) => !isPod(kind)),
  );
}

async function deleteKinds(client: Client, namespace: string, kinds: readonly Kind[]): Promise<Remains> {
  const objects: { kind: Kind; items: KubeObject[] }[] = [];
  const errors: string[] = [];
  const one = async (kind: Kind) => {
    try {
      const items = await deleteKind(client, namespace, kind);
      if (items.length > 0) objects.push({ kind, items });
    } catch (error) {
      errors.push(errorMessage(error));
    }
  };
  await Promise.all(kinds.map(one));
  objects.sort((a, b) => (gvkKey(a.kind) < gvkKey(b.kind) ? -1 : 1));
  return { objects, errors: errors.sort() };
}

/** What is left of one kind. A kind that is no longer served has nothing left. */
async function deleteKind(client: Client, namespace: string, kind: Kind): Promise<KubeObject[]> {
  try {
    const { items } = await client.list(kind, { namespace });
    if (items.length === 0) return [];
    if (items.some((item) => !item.metadata.deletionTimestamp)) await deleteAll(client, namespace, kind, items);
    return (await client.list(kind, { namespace })).items;
  } catch (error) {
    if (isApiError(error, 'NotFound', 'MethodNotAllowed')) return [];
    throw error;
  }
}

async function deleteAll(client: Client, namespace: string, kind: Kind, items: readonly KubeObject[]): Promise<void> {
  if (kind.verbs.includes('deletecollection')) {
    return client.deleteCollection(kind, { namespace, propagationPolicy: 'Background' });
  }
  for (const { metadata } of items) {
    await unlessGone(client.delete(kind, metadata, { propagationPolicy: 'Background' }));
  }
}
