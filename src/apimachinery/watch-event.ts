import type { Status } from './api-error.ts';
import type { KubeObject } from './object.ts';

/** One event of a watch, as it goes over the wire. */
export type WatchEvent<T extends KubeObject = KubeObject> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T }
  | { type: 'BOOKMARK'; object: T }
  | { type: 'ERROR'; object: Status };
