/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * The plain JSON form of a `@kubernetes/client-node` model class: dates are RFC 3339 strings and the `_` that the
 * generator puts before reserved words (`_default`, `_continue`) is gone.
 */
export type Plain<T> = T extends Date
  ? string
  : T extends string | number | boolean | null | undefined
    ? T
    : T extends (infer U)[]
      ? Plain<U>[]
      : T extends object
        ? { [K in keyof T as K extends `_${infer R}` ? R : K]: Plain<T[K]> }
        : T;

/** See https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta */
export interface ObjectMeta {
  name: string;
  generateName?: string;
  /** Absent on cluster-scoped objects. */
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: Json[];
  selfLink?: string;
}

/** A link from a dependent to the object that owns it. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** What every stored object has. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** An object whose fields we do not know statically. */
export interface AnyObject extends KubeObject {
  [field: string]: any;
}

/** The type of a stored object, made of its client-node class: `type Pod = Resource<V1Pod>`. */
export type Resource<T> = Omit<Plain<T>, 'apiVersion' | 'kind' | 'metadata'> & KubeObject;

/** What a client may send to create a `T`: the server fills in the rest of the metadata. */
export type New<T extends KubeObject> = Omit<T, keyof KubeObject> & {
  apiVersion?: string;
  kind?: string;
  metadata: Partial<ObjectMeta>;
};

/** A list as the API returns it. */
export interface ListOf<T extends KubeObject> {
  apiVersion: string;
  kind: string;
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: T[];
}

/** Namespace (absent for cluster-scoped objects) and name. */
export interface ObjectName {
  namespace?: string | undefined;
  name: string;
}

/** `namespace/name`, or `name` alone for cluster-scoped objects: the key of queues and stores. */
export function keyOf(name: ObjectName | KubeObject): string {
  const { namespace, name: n } = 'metadata' in name ? name.metadata : name;
  return namespace ? `${namespace}/${n}` : n;
}

/** The inverse of `keyOf`. */
export function parseKey(key: string): ObjectName {
  const slash = key.indexOf('/');
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The reference that marks `owner`, an object of `kind`, as the controller of a dependent. */
export function controllerRef(
  owner: KubeObject,
  kind: { group: string; version: string; kind: string },
): OwnerReference {
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** The owner reference with `controller: true`, if there is one. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((ref) => ref.controller);
}

/** `v1` for the core group, `group/version` for the others. */
export function apiVersionOf(kind: { group: string; version: string }): string {
  return kind.group ? `${kind.group}/${kind.version}` : kind.version;
}

/** The inverse of `apiVersionOf`. */
export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}
