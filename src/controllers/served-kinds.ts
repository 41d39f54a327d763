import type { CustomResourceDefinition } from '../api/apiextensions-v1/custom-resource-definition.ts';
import { kinds as builtIn } from '../api/index.ts';
import { defineKind, type Kind } from '../apimachinery/kind.ts';

/** One `Kind` for each set of stored objects: several versions or groups of one kind show the same objects. */
function distinct(kinds: readonly Kind[]): Kind[] {
  const seen = new Set<string>();
  return kinds.filter((kind) => {
    const { group, plural } = kind.storedAs ?? kind;
    const key = `${group}/${plural}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Every built-in kind whose objects can be listed, watched and deleted. */
export const builtInKinds: readonly Kind[] = distinct(
  builtIn.filter(
    ({ ephemeral, verbs }) => !ephemeral && (['list', 'watch', 'delete'] as const).every((v) => verbs.includes(v)),
  ),
);

/** The kind that an established custom resource definition brings; undefined while it is not served. */
export function customKind(definition: CustomResourceDefinition): Kind | undefined {
  const { group, scope, names, versions } = definition.spec;
  const established = definition.status?.conditions?.some((c) => c.type === 'Established' && c.status === 'True');
  const version = versions.find((v) => v.served && v.storage) ?? versions.find((v) => v.served);
  if (!established || !version || definition.metadata.deletionTimestamp) return undefined;
  const { kind, plural } = names;
  return defineKind({ group, version: version.name, kind, plural, namespaced: scope === 'Namespaced' });
}
