import { rm } from 'node:fs/promises';
import { compileNodeSelectorTerms, type SelectableNode } from '../../api/core-v1/node-selector.ts';
import { persistentVolume, type PersistentVolume } from '../../api/core-v1/persistent-volume.ts';
import { isLocalPathIn } from '../../api/storage-v1/local-path.ts';
import { isApiError } from '../../apimachinery/api-error.ts';
import { errorMessage, type Log } from '../../base/log.ts';
import type { Client } from '../../client/client.ts';
import type { Informer } from '../../client/informer.ts';

export interface LocalPathCleanerOptions {
  readonly client: Client;
  readonly log: Log;
  readonly volumes: Informer<PersistentVolume>;
  readonly node: () => SelectableNode;
  /** Below it lie the folders of this node's provisioned volumes. */
  readonly folder: string;
}

/** Removes the folders of provisioned volumes whose claims are gone, and then the volumes. */
export class LocalPathCleaner {
  readonly #options: LocalPathCleanerOptions;
  #busy = new Set<string>();

  constructor(options: LocalPathCleanerOptions) {
    this.#options = options;
    options.volumes.listen({ added: (one) => void this.#look(one), updated: (one) => void this.#look(one) });
  }

  /** Looks at all volumes again: what failed may work now. */
  retry(): void {
    for (const volume of this.#options.volumes.list()) void this.#look(volume);
  }

  async #look(volume: PersistentVolume): Promise<void> {
    const { client, log, folder, node } = this.#options;
    const { name, uid } = volume.metadata;
    if (this.#busy.has(name) || !isToRemove(volume, folder, node())) return;
    this.#busy.add(name);
    try {
      await rm(volume.spec!.local!.path, { recursive: true, force: true });
      await client.delete(persistentVolume, { name }, { preconditions: { uid } });
    } catch (error) {
      if (!isApiError(error, 'NotFound', 'Conflict'))
        log.warn('cannot remove a volume', { volume: name, error: errorMessage(error) });
    } finally {
      this.#busy.delete(name);
    }
  }
}

/** Whether a volume and its folder are this node's to remove. */
export function isToRemove(volume: PersistentVolume, folder: string, node: SelectableNode): boolean {
  const { spec, status } = volume;
  if (!isLocalPathIn(folder, volume) || spec?.persistentVolumeReclaimPolicy !== 'Delete') return false;
  if (status?.phase !== 'Released') return false;
  return compileNodeSelectorTerms(spec.nodeAffinity?.required?.nodeSelectorTerms)(node);
}
