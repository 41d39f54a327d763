import type { AdmissionChain } from '../../admission/chain.ts';
import type { AdmissionOperation, AdmissionRequest } from '../../admission/plugin.ts';
import { gvkKey, type Kind } from '../../apimachinery/kind.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { KindRegistry } from '../../apimachinery/registry.ts';
import type { UserInfo } from '../../auth/user.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import type { Entry, Storage } from '../../storage/storage.ts';
import type { FieldManagers } from './field-managers.ts';
import type { RegistryExtension } from './extensions/extension.ts';

/** What the verbs of the registry work with. */
export interface Registry {
  readonly storage: Storage;
  readonly kinds: KindRegistry;
  readonly admission: AdmissionChain;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Keeps account of who wrote which field. */
  readonly fieldManagers: FieldManagers;
  /** What belongs to single kinds, by `gvkKey`. */
  readonly extensions: ReadonlyMap<string, RegistryExtension>;
}

/** Which object, or (without a name) which collection. */
export interface Target {
  readonly kind: Kind;
  /** Empty for cluster-scoped kinds and for all namespaces. */
  readonly namespace: string;
  readonly name: string;
}

/** By whom, and whether for real. */
export interface WriteOptions {
  readonly user: UserInfo;
  readonly dryRun: boolean;
  /** Takes what the writer is to be warned of. */
  warn?(text: string): void;
  /** Under which name what is written is owned; see `metadata.managedFields`. */
  readonly fieldManager?: string;
  /** True when the object says already who manages its fields: server-side apply does. */
  readonly managersGiven?: boolean;
  /** Lets others have their turn, where what is written is large. */
  readonly pause?: (() => Promise<void>) | undefined;
}

/** What belongs to this kind alone, if anything. */
export function extensionOf(registry: Registry, kind: Kind): RegistryExtension | undefined {
  return registry.extensions.get(gvkKey(kind));
}

/** Where objects of a kind are kept: `/registry/apps/deployments/`, and `/registry/core/pods/` for the core group. */
export function kindPrefix(kind: Kind): string {
  const { group, plural } = kind.storedAs ?? kind;
  return `/registry/${group || 'core'}/${plural}/`;
}

/** Where a collection is kept: of one namespace, or of all. */
export function collectionPrefix({ kind, namespace }: Pick<Target, 'kind' | 'namespace'>): string {
  return kind.namespaced && namespace ? `${kindPrefix(kind)}${namespace}/` : kindPrefix(kind);
}

/** Where to look for the objects of a collection: when only one `name` can match, close to where that one is kept. */
export function listPrefix(target: Pick<Target, 'kind' | 'namespace'>, name: string | undefined): string {
  const prefix = collectionPrefix(target);
  return name !== undefined && (target.namespace || !target.kind.namespaced) ? prefix + name : prefix;
}

/** Where one object is kept. */
export function objectKey(target: Target): string {
  return collectionPrefix(target) + target.name;
}

/** An entry that is not stored: the outcome of a dry run. */
export function unstored(key: string, revision: number, object: KubeObject): Entry {
  return {
    key,
    revision,
    object,
    get bytes() {
      return Buffer.from(JSON.stringify(object));
    },
  };
}

/** The request as admission sees it. */
export function admissionRequest(
  operation: AdmissionOperation,
  target: Target,
  options: WriteOptions,
  rest: { subresource?: string; object?: KubeObject; oldObject?: KubeObject },
): AdmissionRequest {
  const { kind, namespace, name } = target;
  return { operation, kind, namespace, name, subresource: '', undos: [], ...options, ...rest };
}
