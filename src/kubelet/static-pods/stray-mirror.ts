import { errorMessage, type Log } from '../../base/log.ts';
import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import type { Client } from '../../client/client.ts';

/** Removes a mirror from a node without manifests: there is nothing that it could show. */
export function removeStrayMirror({ metadata: { name, namespace, uid } }: Pod, client: Client, log: Log): void {
  client
    .delete(podKind, { name, namespace }, { gracePeriodSeconds: 0, preconditions: { uid } })
    .catch((error) => log.debug('cannot remove a mirror', { pod: name, error: errorMessage(error) }));
}
