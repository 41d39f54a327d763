import type { Kind } from '../apimachinery/kind.ts';
import type { KubeObject, ObjectName } from '../apimachinery/object.ts';
import type { Authorizer } from '../auth/authz/authorizer.ts';
import type { UserInfo } from '../auth/user.ts';
import type { Clock } from '../base/clock.ts';

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** A request as admission sees it. */
export interface AdmissionRequest {
  readonly operation: AdmissionOperation;
  /** Of the object that the path names: its group, version and plural are the resource. */
  readonly kind: Kind;
  /** Empty for the object itself. */
  readonly subresource: string;
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
  /** What was sent (or, on CONNECT, the options); `admit` may change it. Absent on DELETE. */
  readonly object?: KubeObject | undefined;
  /** The stored object. Absent on CREATE and CONNECT. */
  readonly oldObject?: KubeObject | undefined;
  readonly user: UserInfo;
  readonly dryRun: boolean;
  /** Tells the caller something that does not stop the request. */
  readonly warn?: ((text: string) => void) | undefined;
  /** What to do when the request is not carried out after all. Plugins add to it. */
  readonly undos: (() => Promise<void>)[];
}

/** A change of an object that has been stored. */
export interface StoredChange {
  readonly kind: Kind;
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly old: KubeObject;
  /** Absent when the object is gone. */
  readonly now?: KubeObject | undefined;
}

/** How plugins look at other objects. Nobody may change what they are given. */
export interface AdmissionReader {
  /** The object as a cache knows it, or, when `fresh`, as it is now. */
  get<T extends KubeObject>(kind: Kind<T>, name: ObjectName, fresh?: boolean): Promise<T | undefined>;
  /** All objects of a kind as a cache knows them, or those of one namespace. */
  list<T extends KubeObject>(kind: Kind<T>, namespace?: string): Promise<T[]>;
}

/** What plugins work with. */
export interface AdmissionContext extends AdmissionReader {
  readonly authorizer: Authorizer;
  readonly clock: Clock;
  /**
   * Changes a stored object past all checks, for plugins that keep count in one. `change` runs again when somebody else
   * was faster, must not change its argument, and answers undefined when all is well as it is.
   * @returns whether the object exists
   */
  update<T extends KubeObject>(kind: Kind<T>, name: ObjectName, change: (now: T) => T | undefined): Promise<boolean>;
}

/**
 * One rule about requests that change something. `admit` runs before validation and may change the object, `validate`
 * runs last and may not; both refuse by throwing an `ApiError`.
 */
export interface AdmissionPlugin {
  /** Upstream's name, by which it is switched on and off. */
  readonly name: string;
  readonly operations: readonly AdmissionOperation[];
  /** The kinds it is asked about, in any version of theirs. Default: all. */
  readonly kinds?: readonly Kind<any>[];
  /** The subresources it is asked about; empty for the object itself, which is the default. */
  readonly subresources?: readonly string[] | 'all';
  admit?(request: AdmissionRequest, context: AdmissionContext): void | Promise<void>;
  validate?(request: AdmissionRequest, context: AdmissionContext): void | Promise<void>;
  /** Told of every object that was changed or has gone, by the server that did it and by no other. Cannot refuse. */
  stored?(change: StoredChange, context: AdmissionContext): void | Promise<void>;
}

/** Whether two kinds are the same but for their version. */
export function isKind(kind: Kind, other: Kind<any>): boolean {
  return kind === other || (kind.kind === other.kind && kind.group === other.group);
}

/** The object as a cache knows it, or as it is now when the cache knows none: it may be newer than the cache. */
export async function find<T extends KubeObject>(
  reader: AdmissionReader,
  kind: Kind<T>,
  name: ObjectName,
): Promise<T | undefined> {
  return (await reader.get(kind, name)) ?? reader.get(kind, name, true);
}
