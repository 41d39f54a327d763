import { fieldsSet, type FieldSet } from '../../apimachinery/apply/field-set.ts';
import { equalButForTimes, NO_MANAGERS, type ManagedFields } from '../../apimachinery/apply/managed-fields.ts';
import { hasMoreParts, MOST_TRACKED } from '../../apimachinery/apply/size.ts';
import type { ApplyScope, VersionView, Writer } from '../../apimachinery/apply/scope.ts';
import { trackChange } from '../../apimachinery/apply/track.ts';
import type { TypeCompiler } from '../../apimachinery/apply/type-compiler.ts';
import { equalJson } from '../../apimachinery/json-value.ts';
import { hasStatus, type Kind, type Subresource } from '../../apimachinery/kind.ts';
import { apiVersionOf, parseApiVersion, type AnyObject, type KubeObject } from '../../apimachinery/object.ts';
import type { KindRegistry } from '../../apimachinery/registry.ts';
import { formatTime } from '../../apimachinery/time.ts';
import type { Clock } from '../../base/clock.ts';

/** Who wrote which field of which object: `metadata.managedFields` of every object that is written. */
export class FieldManagers {
  readonly types: TypeCompiler;
  readonly #kinds: KindRegistry;
  readonly #clock: Clock;
  readonly #scopes = new WeakMap<Kind, Map<string, ApplyScope>>();

  constructor(types: TypeCompiler, kinds: KindRegistry, clock: Clock) {
    this.types = types;
    this.#kinds = kinds;
    this.#clock = clock;
  }

  /** A writer of this name, now. */
  writer(manager: string | undefined): Writer {
    return { manager: manager || 'unknown', time: formatTime(this.#clock.now()) };
  }

  /** What a write through `kind`, or through one of its subresources, can own. */
  scope(kind: Kind, subresource: Subresource | undefined): ApplyScope {
    let scopes = this.#scopes.get(kind);
    if (!scopes) this.#scopes.set(kind, (scopes = new Map()));
    const name = subresource?.name ?? '';
    let scope = scopes.get(name);
    if (!scope) scopes.set(name, (scope = this.#scope(kind, name)));
    return scope;
  }

  /** Notes in a new object that `manager` has set all of it. */
  created(kind: Kind, object: AnyObject, manager: string | undefined): void {
    const { metadata } = object;
    if (hasMoreParts(object, MOST_TRACKED)) return setManagers(object, undefined);
    const change = { updated: object, stored: NO_MANAGERS, sent: metadata.managedFields };
    setManagers(object, trackChange(this.scope(kind, undefined), change, this.writer(manager)));
  }

  /** Notes in a changed object what `manager` has changed. `sent` is what it said about the managers itself. */
  updated(
    kind: Kind,
    subresource: Subresource | undefined,
    change: { readonly old: KubeObject; readonly updated: KubeObject; readonly sent: unknown },
    manager: string | undefined,
  ): void {
    const stored = managersOf(change.old);
    if (hasMoreParts(change.updated, MOST_TRACKED)) return setManagers(change.updated, undefined);
    const scope = this.scope(kind, subresource);
    setManagers(change.updated, trackChange(scope, { ...change, stored }, this.writer(manager)));
  }

  #scope(kind: Kind, subresource: string): ApplyScope {
    const type = this.types.object(kind.definition);
    const { skip, reset } = resetOf(kind, subresource);
    return {
      apiVersion: apiVersionOf(kind),
      subresource,
      type,
      skip,
      reset,
      convert: (object) => object,
      back: (object) => object,
      version: (apiVersion) => this.#version(kind, apiVersion),
    };
  }

  /** `kind` as the version of it that is called `apiVersion` has it. */
  #version(kind: Kind, apiVersion: string): VersionView | undefined {
    const { group, version } = parseApiVersion(apiVersion);
    const other = this.#kinds.byKind(group, version, kind.kind);
    if (!other || storedName(other) !== storedName(kind)) return undefined;
    return {
      type: this.types.object(other.definition),
      convert: (object) => convert(object as KubeObject, kind, other),
      back: (object) => convert(object as KubeObject, other, kind),
    };
  }
}

function storedName(kind: Kind): string {
  const { group, plural } = kind.storedAs ?? kind;
  return `${group}/${plural}`;
}

function convert(object: KubeObject, from: Kind, to: Kind): object {
  const stored = from.conversion?.toStored(object) ?? object;
  const converted: KubeObject = to.conversion?.fromStored(stored) ?? stored;
  return converted === object ? { ...object, apiVersion: apiVersionOf(to) } : converted;
}

/** What cannot be written through the object itself or a subresource: each has its part. */
function resetOf(kind: Kind, subresource: string): { skip: ReadonlySet<string>; reset: FieldSet } {
  const paths = kind.resetFields?.[subresource] ?? usualReset(kind, subresource);
  return {
    skip: new Set(paths.filter((path) => path.length === 1).map(([name]) => name!)),
    reset: fieldsSet(paths.filter((path) => path.length > 1)),
  };
}

function usualReset(kind: Kind, subresource: string): readonly (readonly string[])[] {
  if (subresource === '') return hasStatus(kind) ? [['status']] : [];
  return subresource === 'status' ? [['spec']] : [];
}

/** The managers that an object names. It is a stored one, so they are well formed. */
export function managersOf(object: KubeObject): ManagedFields {
  return (object.metadata.managedFields as unknown as ManagedFields | undefined) ?? NO_MANAGERS;
}

/** Sets or removes the managers of an object. */
export function setManagers(object: KubeObject, managers: ManagedFields | undefined): void {
  const { metadata } = object;
  if (managers && managers.length > 0)
    metadata.managedFields = managers as unknown as NonNullable<typeof metadata.managedFields>;
  else delete metadata.managedFields;
}

/** Whether a write would change nothing but the times in `managedFields`, which it need not. */
export function isSameButForTimes(updated: KubeObject, old: KubeObject): boolean {
  const managers = updated.metadata.managedFields;
  if (!equalButForTimes(managers ?? [], old.metadata.managedFields ?? [])) return false;
  const metadata = { ...updated.metadata, managedFields: old.metadata.managedFields };
  return equalJson({ ...updated, metadata }, old);
}
