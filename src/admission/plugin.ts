import type { Kind } from '../apimachinery/kind.ts';
import type { KubeObject, ObjectName } from '../apimachinery/object.ts';
import type { UserInfo } from '../auth/user.ts';

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** A request as admission sees it. */
export interface AdmissionRequest {
  readonly operation: AdmissionOperation;
  readonly kind: Kind;
  /** Empty for the object itself. */
  readonly subresource: string;
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
  /** The object to be stored; `admit` may change it. Absent on DELETE. */
  readonly object?: KubeObject | undefined;
  /** The stored object. Absent on CREATE. */
  readonly oldObject?: KubeObject | undefined;
  readonly user: UserInfo;
  readonly dryRun: boolean;
}

/** How plugins look at other objects. */
export interface AdmissionReader {
  /** The object as a cache knows it, or, when `fresh`, as it is now. Nobody may change it. */
  get<T extends KubeObject>(kind: Kind<T>, name: ObjectName, fresh?: boolean): Promise<T | undefined>;
}

/**
 * One rule about requests that change something. `admit` runs before validation and may change the object, `validate`
 * runs last and may not; both refuse by throwing an `ApiError`.
 */
export interface AdmissionPlugin {
  readonly name: string;
  readonly operations: readonly AdmissionOperation[];
  admit?(request: AdmissionRequest, reader: AdmissionReader): void | Promise<void>;
  validate?(request: AdmissionRequest, reader: AdmissionReader): void | Promise<void>;
}
