import { configFields } from './config-fields.ts';
import { difference, EMPTY, intersection, isSubset, union, type FieldSet } from './field-set.ts';
import type { ManagedFields, ManagedFieldsEntry } from './managed-fields.ts';
import { removeFields, withDeclaredFields } from './remove.ts';
import type { ApplyScope, VersionView } from './scope.ts';

/**
 * The merged object without what `previous`, the applier's last entry, owned and nobody owns now. `managers` are all
 * others and the applier with what it applies now.
 */
export function prune(
  scope: ApplyScope,
  merged: object,
  previous: ManagedFieldsEntry,
  managers: ManagedFields,
): object {
  const owned = ownedByVersion(managers);
  const view = viewOf(scope, previous.apiVersion);
  if (!view) return merged;
  if (owned.size === 1 && owned.has(previous.apiVersion)) {
    return view.back(pruneInVersion(view, view.convert(merged), previous.fieldsV1, owned.get(previous.apiVersion)!));
  }
  return pruneAcrossVersions(scope, merged, previous, owned);
}

/** The common case: everybody speaks of the same version. */
function pruneInVersion(view: VersionView, merged: object, last: FieldSet, owned: FieldSet): object {
  if (isSubset(last, owned)) return merged;
  const lost = difference(last, owned);
  const gone = difference(withDeclaredFields(lost, view.type), withDeclaredFields(owned, view.type));
  return removeFields(merged, gone, view.type, owned);
}

/**
 * Removes everything that was owned in the last version, then takes back, version by version, what somebody owns, and at
 * last whatever was not the applier's to remove.
 */
function pruneAcrossVersions(
  scope: ApplyScope,
  merged: object,
  previous: ManagedFieldsEntry,
  owned: ReadonlyMap<string, FieldSet>,
): object {
  const lastView = viewOf(scope, previous.apiVersion)!;
  const last = withDeclaredFields(previous.fieldsV1, lastView.type);
  let pruned = lastView.back(removeFields(lastView.convert(merged), last, lastView.type));
  for (const [apiVersion, fields] of owned) {
    const view = viewOf(scope, apiVersion);
    if (!view) continue;
    const gone = difference(missing(view, merged, pruned), withDeclaredFields(fields, view.type));
    pruned = view.back(removeFields(view.convert(merged), gone, view.type));
  }
  const gone = intersection(missing(lastView, merged, pruned), last);
  return lastView.back(removeFields(lastView.convert(merged), gone, lastView.type));
}

/** What `merged` has and `pruned` has not. */
function missing(view: VersionView, merged: object, pruned: object): FieldSet {
  const fields = (object: object) => withDeclaredFields(storedFields(view, view.convert(object)), view.type);
  return difference(fields(merged), fields(pruned));
}

function storedFields(view: VersionView, object: object): FieldSet {
  try {
    return configFields(object, view.type);
  } catch {
    return EMPTY; // it has what its own version does not know, so nothing can be told to be missing
  }
}

function ownedByVersion(managers: ManagedFields): Map<string, FieldSet> {
  const owned = new Map<string, FieldSet>();
  for (const { apiVersion, fieldsV1 } of managers) {
    owned.set(apiVersion, union(owned.get(apiVersion) ?? EMPTY, fieldsV1));
  }
  return owned;
}

function viewOf(scope: ApplyScope, apiVersion: string): VersionView | undefined {
  return apiVersion === scope.apiVersion ? scope : scope.version(apiVersion);
}
