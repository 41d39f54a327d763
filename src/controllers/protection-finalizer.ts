import type { Kind } from '../apimachinery/kind.ts';
import type { KubeObject } from '../apimachinery/object.ts';
import type { Client } from '../client/client.ts';
import { unlessGone } from './unless-gone.ts';

/** What is to be done about a finalizer that protects what is in use. */
export type Protection = 'add' | 'check' | 'none';

/** `check`: the object is deleted, and only what uses it may hold it. */
export function protectionOf({ metadata }: KubeObject, finalizer: string): Protection {
  const has = metadata.finalizers?.includes(finalizer) ?? false;
  if (metadata.deletionTimestamp) return has ? 'check' : 'none';
  return has ? 'none' : 'add';
}

/** Adds the finalizer to an object, or takes it away. One that is gone meanwhile is all right. */
export async function setFinalizer<T extends KubeObject>(
  client: Client,
  kind: Kind<T>,
  object: T,
  finalizer: string,
  wanted: boolean,
): Promise<void> {
  const others = (object.metadata.finalizers ?? []).filter((one) => one !== finalizer);
  const finalizers = wanted ? [...others, finalizer] : others;
  await unlessGone(client.update(kind, { ...object, metadata: { ...object.metadata, finalizers } }));
}
