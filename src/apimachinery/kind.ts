import type { FieldError } from './field-error.ts';
import type { KubeObject } from './object.ts';
import type { QuotaUse } from './quota-use.ts';
import type { Column } from './table.ts';

/** The verbs of the API's own documentation. */
export type Verb = 'create' | 'get' | 'list' | 'watch' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** Every verb, in the order discovery lists them. */
export const allVerbs: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

/**
 * A subresource that is a view of its parent: read with `get`, written with `set`. Subresources that do something
 * else (log, exec, token, ...) are declared with `connect: true` here and implemented in `apiserver/subresources/`.
 */
export interface Subresource<T extends KubeObject = KubeObject> {
  readonly name: string;
  readonly verbs: readonly string[];
  /** The kind of the body when it differs from the parent's, as `autoscaling/v1 Scale`. */
  readonly kind?: { readonly group: string; readonly version: string; readonly kind: string };
  /** The OpenAPI definition of that body. */
  readonly definition?: string;
  /** Where the parent keeps what the body of another kind has as `spec.replicas`. Default: at the same place. */
  readonly sharedField?: readonly string[];
  /** With `get`: how what that shows is shown in tables. */
  readonly view?: Kind<any>;
  /** As what a GET names the parent that is not there, where that is not the parent's own resource. */
  readonly missingAs?: { readonly group: string; readonly plural: string };
  /** True when code in `apiserver/subresources/` serves it. */
  readonly connect?: boolean;
  /** Of a status: true when the labels, annotations and other metadata that come with it are ignored too. */
  readonly keepsMetadata?: boolean;
  /** What a GET shows. Default: the parent itself. */
  get?(parent: T): object;
  /**
   * Applies what was sent to a copy of the stored parent and returns the parent to store. `sent` has been decoded and
   * defaulted as the subresource's kind. Default (status): the sent status on the stored rest.
   */
  set?(parent: T, sent: any, context?: StrategyContext): T;
  /** Errors of the change. Default: the kind's `validateUpdate`. */
  validate?(updated: T, old: T): FieldError[];
}

/** Reads one field of an object as field selectors compare it. (A method's type, so that `Kind<Pod>` is a `Kind`.) */
export type FieldReader<T extends KubeObject> = { read(object: T): string }['read'];

/** Turns an object into the form in which its kind is stored, and back. Both answer new objects and lose nothing. */
export interface Conversion<T extends KubeObject = KubeObject> {
  toStored(object: T): KubeObject;
  fromStored(stored: any): T;
}

/** Who writes an object, as authentication found it. */
export interface Caller {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What strategy functions may know beyond the object. */
export interface StrategyContext {
  /** Now, in milliseconds. */
  readonly now: number;
  /** The user name of the caller. */
  readonly user: string;
  /** All that is known of the caller, for kinds that record it. */
  readonly caller?: Caller;
  /** Through which subresource the object is written; empty for the object itself. */
  readonly subresource?: string;
}

/**
 * Everything that the system knows about one kind. The shared code never asks which kind it holds: it reads these
 * properties. A custom resource definition becomes the same value.
 *
 * Functions get objects that they may change (defaults, prepare) or must not (validate, columns, fields).
 */
export interface Kind<T extends KubeObject = KubeObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly Verb[];
  /** The full name of its OpenAPI definition, e.g. `io.k8s.api.core.v1.Pod`. */
  readonly definition: string;
  /** Columns of `kubectl get`, besides none: name and age are declared too. */
  readonly columns: readonly Column<T>[];
  /** Field selectors besides `metadata.name` and `metadata.namespace`, and how to read them. */
  readonly selectableFields: Readonly<Record<string, FieldReader<T>>>;
  readonly subresources: readonly Subresource<T>[];
  /** Whether `metadata.generation` counts changes of anything but metadata and status. */
  readonly hasGeneration: boolean;
  /** With `hasGeneration`: what of the metadata counts too, when the object itself is written. */
  readonly generationCounts?: readonly ('labels' | 'annotations')[];
  /** True for kinds that are questions (TokenReview, ...): created, answered, never stored. */
  readonly ephemeral: boolean;
  /** Seconds after which a stored object goes by itself (events). */
  readonly ttl?: number;
  /** Group and plural under which objects are stored when another version or group of the same kind shares them. */
  readonly storedAs?: { readonly group: string; readonly plural: string };
  /** With `storedAs`: how an object of this version becomes the stored one and back, without loss. */
  readonly conversion?: Conversion<T>;
  /**
   * By subresource (empty for the object itself): fields that a write there leaves as they are, so that nobody comes to own
   * them. Default: the status, and through the status subresource the spec.
   */
  readonly resetFields?: Readonly<Record<string, readonly (readonly string[])[]>>;
  /** What every caller is warned of, when the kind is deprecated. */
  readonly deprecation?: string;
  /** True when the creator's status is kept: nodes register with theirs. */
  readonly statusOnCreate?: boolean;
  /** True when an update must name the version that it changes (patches always do). */
  readonly versionedUpdate?: boolean;
  /** True when finalizers need no domain before them, as in custom resources. */
  readonly plainFinalizers?: boolean;
  /** Whether PUT on a name that does not exist creates it. */
  readonly createOnUpdate: boolean;

  /** Fills in what was left out. Runs on every decoded object, so it must change nothing that is set. */
  setDefaults?(object: T): void;
  /** Errors in the name itself. Default: a DNS-1123 subdomain. */
  validateName?(name: string): string[];
  /**
   * Errors of a new object; updates are checked with it too. The schema has been checked before. `old` is there on an
   * update: what was accepted once and has not changed may be accepted again.
   */
  validate?(object: T, old?: T): FieldError[];
  /** Errors of a change: immutable fields and the like. */
  validateUpdate?(object: T, old: T): FieldError[];
  /** Sentences for the writer about what is allowed but unwise. Asked for after the validation; `old` on an update. */
  warnings?(object: T, old?: T): string[];
  /** Sets fields that callers cannot choose on create. The status has been removed before if there is a `status` subresource. */
  prepareForCreate?(object: T, context: StrategyContext): void;
  /** Restores or sets fields that callers cannot change. The status has been restored before. */
  prepareForUpdate?(object: T, old: T, context: StrategyContext): void;
  /**
   * Seconds between marking the object as deleted and its removal; undefined or 0 removes it at once. `requested` is
   * the caller's `gracePeriodSeconds`.
   */
  gracePeriod?(object: T, requested: number | undefined): number;
  /**
   * Whether a delete leaves dependents alone unless told otherwise (`Orphan`); default: `Background`. `Unsupported`: the
   * garbage collector has no business with this kind.
   */
  readonly defaultPropagation?: 'Orphan' | 'Background' | 'Unsupported';
  /** True when the answer to a delete is the object that went, not a `Status`. */
  readonly returnsDeleted?: boolean;
  /** What its objects use of resource quotas besides their number. */
  readonly quota?: QuotaUse<T>;
}

/** What a kind's file must say; the rest has defaults. */
export type KindDeclaration<T extends KubeObject> = Pick<
  Kind<T>,
  'group' | 'version' | 'kind' | 'plural' | 'namespaced'
> &
  Partial<Kind<T>>;

/** Completes a declaration: singular, verbs, and the definition's name by the rule that the built-in groups follow. */
export function defineKind<T extends KubeObject>(declaration: KindDeclaration<T>): Kind<T> {
  const { group, version, kind } = declaration;
  return {
    singular: kind.toLowerCase(),
    shortNames: [],
    categories: [],
    verbs: allVerbs,
    definition: `io.k8s.api.${group.split('.')[0] || 'core'}.${version}.${kind}`,
    columns: [],
    selectableFields: {},
    subresources: [],
    hasGeneration: false,
    ephemeral: false,
    createOnUpdate: false,
    ...declaration,
  };
}

/** The `status` subresource of a kind: get, update and patch of the status alone. */
export const statusSubresource: Subresource<any> = { name: 'status', verbs: ['get', 'patch', 'update'] };

/** The same, where the metadata sent with a status is ignored as the spec is. */
export const bareStatusSubresource: Subresource<any> = { ...statusSubresource, keepsMetadata: true };

/** Whether `kind` has a status of its own that ordinary writes cannot touch. */
export function hasStatus(kind: Kind): boolean {
  return kind.subresources.some((s) => s.name === 'status');
}

/** A kind's group, version and kind in one string, for maps. */
export function gvkKey(gvk: { group: string; version: string; kind: string }): string {
  return `${gvk.group}/${gvk.version}/${gvk.kind}`;
}
