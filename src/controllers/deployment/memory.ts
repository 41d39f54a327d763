import type { ReconcileContext } from '../../client/controller.ts';
import { OwnedVersions, WrittenVersions } from '../written-versions.ts';

/** What a reconcile works with. */
export interface Round extends ReconcileContext {
  /** The versions of the deployment's replica sets that were written here, by uid. */
  readonly written: WrittenVersions;
}

/**
 * The versions of deployments and replica sets that were written here and that the local copy may not show yet: what is
 * decided by an older state would only meet conflicts.
 */
export class Memory {
  readonly deployments = new WrittenVersions();
  readonly sets = new OwnedVersions();

  forget(key: string): void {
    this.deployments.forget(key);
    this.sets.forget(key);
  }
}
