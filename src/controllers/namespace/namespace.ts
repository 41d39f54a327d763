import {
  customResourceDefinition,
  type CustomResourceDefinition,
} from '../../api/apiextensions-v1/custom-resource-definition.ts';
import { namespace as namespaceKind, type Namespace } from '../../api/core-v1/namespace.ts';
import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import { timeOrZero } from '../../apimachinery/time.ts';
import { controller, type ClusterReader, type ReconcileContext } from '../../client/controller.ts';
import { semanticEqual } from '../semantic-equal.ts';
import { builtInKinds, customKind } from '../served-kinds.ts';
import { deleteContent } from './content.ts';
import { deletionConditions, type Remains } from './status.ts';
import { unlessGone } from '../unless-gone.ts';

/** The finalizer in `spec.finalizers` that holds a namespace until it is empty. */
const finalizer = 'kubernetes';
/** Milliseconds between two looks at a namespace that does not become empty: at first, and at most. */
const FIRST_WAIT = 250;
const LONGEST_WAIT = 15_000;

/** Empties each Namespace that is deleted, and lets it go when nothing is left. */
export const namespaceController = controller<Namespace>({
  name: 'namespace-controller',
  for: namespaceKind,
  watches: [{ kind: podKind, keys: endingNamespace }],
  reads: [customResourceDefinition],
  workers: 5,
  reconcile,
});

/** A pod that goes may have been the last one. */
function endingNamespace(changed: Pod, reader: ClusterReader): string[] {
  const { namespace, deletionTimestamp } = changed.metadata;
  if (!deletionTimestamp || !namespace) return [];
  return reader.get(namespaceKind, namespace)?.metadata.deletionTimestamp ? [namespace] : [];
}

/** One look at a namespace; exported for tests. The local copy may be of one that was there before: the server knows. */
export async function reconcile(key: string, context: ReconcileContext): Promise<void | { after: number }> {
  const { reader, client, clock } = context;
  if (!reader.get(namespaceKind, key)?.metadata.deletionTimestamp) return undefined;
  const live = await client.find(namespaceKind, { name: key });
  if (!live?.metadata.deletionTimestamp || !holdsFinalizer(live)) return undefined;
  const remains = await deleteContent(client, key, namespacedKinds(reader));
  const left = await writeStatus(live, remains, context);
  if (!left) return undefined;
  if (remains.objects.length === 0 && remains.errors.length === 0) return finalize(left, context);
  const waited = clock.now() - timeOrZero(left.metadata.deletionTimestamp);
  return { after: Math.min(LONGEST_WAIT, Math.max(FIRST_WAIT, waited / 4)) };
}

function holdsFinalizer(namespace: Namespace): boolean {
  return namespace.spec?.finalizers?.includes(finalizer) ?? false;
}

function namespacedKinds(reader: ClusterReader): Kind[] {
  const custom = reader.list<CustomResourceDefinition>(customResourceDefinition).map(customKind);
  return [...builtInKinds, ...custom.filter((kind) => kind !== undefined)].filter((kind) => kind.namespaced);
}

/** Undefined when the namespace is gone. */
async function writeStatus(
  namespace: Namespace,
  remains: Remains,
  { client, clock }: ReconcileContext,
): Promise<Namespace | undefined> {
  const live = await client.find(namespaceKind, { name: namespace.metadata.name });
  if (!live || live.metadata.uid !== namespace.metadata.uid) return undefined;
  const conditions = deletionConditions(live, remains, clock.now());
  const status = { ...live.status, phase: 'Terminating', conditions };
  if (semanticEqual(status, live.status)) return live;
  return client.updateStatus(namespaceKind, { ...live, status });
}

/** Takes our finalizer away, which lets the API server remove the namespace unless somebody else's holds it. */
async function finalize(namespace: Namespace, { client }: ReconcileContext): Promise<void> {
  const finalizers = (namespace.spec?.finalizers ?? []).filter((name) => name !== finalizer);
  await unlessGone(
    client.update(
      namespaceKind,
      { ...namespace, spec: { ...namespace.spec, finalizers } },
      { subresource: 'finalize' },
    ),
  );
}
