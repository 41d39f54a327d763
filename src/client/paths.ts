import type { Kind } from '../apimachinery/kind.ts';
import type { ObjectName } from '../apimachinery/object.ts';

/** What a path needs to know of a kind. */
type ResourceKind = Pick<Kind, 'group' | 'version' | 'plural' | 'namespaced'>;

type QueryValue = string | number | boolean | undefined;

/** `/api/v1` for the core group, `/apis/<group>/<version>` for the others. */
function versionPath(kind: { group: string; version: string }): string {
  return kind.group ? `/apis/${kind.group}/${kind.version}` : `/api/${kind.version}`;
}

/** The path of a collection: of one namespace, or of all when `namespace` is absent. */
export function collectionPath(kind: ResourceKind, namespace?: string): string {
  const scope = kind.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${versionPath(kind)}${scope}/${kind.plural}`;
}

/** The path of one object, or of one of its subresources. */
export function objectPath(kind: ResourceKind, name: ObjectName, subresource?: string): string {
  const tail = subresource ? `/${subresource}` : '';
  return `${collectionPath(kind, name.namespace)}/${encodeURIComponent(name.name)}${tail}`;
}

/** `path?a=1&b=x`; undefined, empty and false values are left out. */
export function withQuery(path: string, query: Readonly<Record<string, QueryValue>>): string {
  let out = '';
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined || value === '' || value === false) continue;
    out += `${out ? '&' : '?'}${key}=${encodeURIComponent(String(value))}`;
  }
  return path + out;
}
