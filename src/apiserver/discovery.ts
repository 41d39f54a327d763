import { createHash } from 'node:crypto';
import type { Kind, Subresource } from '../apimachinery/kind.ts';
import { apiVersionOf } from '../apimachinery/object.ts';
import type { KindRegistry } from '../apimachinery/registry.ts';
import { sortedVersions } from '../apimachinery/version-order.ts';
import { toDocument, type CachedDocument } from './cached-document.ts';

/** The three forms that `/api` and `/apis` come in. */
type Form = 'legacy' | 'v2' | 'v2beta1';

interface Cache {
  readonly version: number;
  readonly documents: Map<string, CachedDocument>;
}

const caches = new WeakMap<KindRegistry, Cache>();

/**
 * The discovery document at `path` (`/api`, `/apis`, `/api/v1`, `/apis/<group>`, `/apis/<group>/<version>`), in the form
 * that the `accept` header asks for, or undefined when there is no such group or version. Cached until the registry changes.
 * `serverAddress` (`192.0.2.1:6443`) is where clients find the server; empty when it does not listen.
 */
export function discoveryDocument(
  registry: KindRegistry,
  path: string,
  accept = '',
  serverAddress = '',
): CachedDocument | undefined {
  const parts = path.split('/').filter(Boolean);
  const form = parts.length === 1 ? acceptedForm(accept) : 'legacy';
  const { documents } = cacheOf(registry);
  const key = `${form} ${parts.join('/')} ${serverAddress}`;
  const known = documents.get(key);
  if (known) return known;
  const content = build(registry, parts, form, serverAddress);
  if (!content) return undefined;
  const document = toDocument(content, contentTypeOf(form));
  documents.set(key, document);
  return document;
}

function cacheOf(registry: KindRegistry): Cache {
  const cache = caches.get(registry);
  if (cache?.version === registry.version) return cache;
  const fresh: Cache = { version: registry.version, documents: new Map() };
  caches.set(registry, fresh);
  return fresh;
}

/** The first form in the header that we know; without one, plain lists, which every client understands. */
function acceptedForm(accept: string): Form {
  for (const range of accept.split(',')) {
    const [type, ...parameters] = range.split(';').map((p) => p.trim());
    if (type !== 'application/json' && type !== '*/*') continue;
    const values = new Map(parameters.map((p) => p.split('=', 2).map((s) => s.trim()) as [string, string]));
    if (values.get('as') !== 'APIGroupDiscoveryList') return 'legacy';
    const version = values.get('v');
    if (values.get('g') === 'apidiscovery.k8s.io' && (version === 'v2' || version === 'v2beta1')) return version;
  }
  return 'legacy';
}

function contentTypeOf(form: Form): string {
  return form === 'legacy'
    ? 'application/json'
    : `application/json;g=apidiscovery.k8s.io;v=${form};as=APIGroupDiscoveryList`;
}

function build(
  registry: KindRegistry,
  parts: readonly string[],
  form: Form,
  serverAddress: string,
): object | undefined {
  const [root, first = '', second = ''] = parts;
  const core = root === 'api';
  if ((!core && root !== 'apis') || parts.length > (core ? 2 : 3)) return undefined;
  if (parts.length === 1 && form !== 'legacy') return aggregated(registry, core, form);
  if (parts.length === 1) return core ? coreVersions(registry, serverAddress) : groupList(registry);
  if (core) return resourceList(registry, '', first);
  return parts.length === 2 ? apiGroup(registry, first) : resourceList(registry, first, second);
}

/** The built-in groups that clients prefer, in order, where two groups have a resource of one name. */
const preferredGroups = [
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'internal.apiserver.k8s.io',
  'resource.k8s.io',
  'storagemigration.k8s.io',
];

function compareGroups(a: string, b: string): number {
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

/** Those of custom resources come last. */
function rank(group: string): number {
  const index = preferredGroups.indexOf(group);
  return index < 0 ? preferredGroups.length : index;
}

/** The groups that have names, or the one that has none; each with its versions, the preferred one first. */
function groupsOf(registry: KindRegistry, core: boolean): [string, string[]][] {
  const groups = [...registry.groups()].filter(([group]) => (group === '') === core);
  groups.sort(([a], [b]) => compareGroups(a, b));
  return groups.map(([group, versions]) => [group, sortedVersions(versions)]);
}

function coreVersions(registry: KindRegistry, serverAddress: string): object {
  const addresses = serverAddress ? [{ clientCIDR: '0.0.0.0/0', serverAddress }] : [];
  const versions = groupsOf(registry, true)[0]?.[1] ?? [];
  return { kind: 'APIVersions', versions, serverAddressByClientCIDRs: addresses };
}

function groupList(registry: KindRegistry): object {
  const groups = groupsOf(registry, false).map(([group, versions]) => groupOf(group, versions));
  return { kind: 'APIGroupList', apiVersion: 'v1', groups };
}

function apiGroup(registry: KindRegistry, group: string): object | undefined {
  const versions = registry.groups().get(group);
  return versions && { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(group, sortedVersions(versions)) };
}

function groupOf(group: string, versions: readonly string[]) {
  const list = versions.map((version) => ({ groupVersion: apiVersionOf({ group, version }), version }));
  return { name: group, versions: list, preferredVersion: list[0] };
}

/** The kinds of a group and version by the name of their resource. */
function kindsOf(registry: KindRegistry, group: string, version: string): Kind[] {
  const kinds = registry.all().filter((k) => k.group === group && k.version === version);
  return kinds.sort((a, b) => (a.plural < b.plural ? -1 : 1));
}

function resourceList(registry: KindRegistry, group: string, version: string): object | undefined {
  const kinds = kindsOf(registry, group, version);
  if (kinds.length === 0) return undefined;
  const resources = kinds.flatMap((kind) => [
    legacyResource(registry, kind),
    ...subresourcesOf(kind).map((s) => legacySubresource(kind, s)),
  ]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf({ group, version }), resources };
}

function subresourcesOf(kind: Kind): Subresource[] {
  return [...kind.subresources].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function legacyResource(registry: KindRegistry, kind: Kind): object {
  return {
    name: kind.plural,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: kind.verbs,
    ...namesOf(kind),
    ...(isStored(kind) && { storageVersionHash: storageVersionHash(storedKind(registry, kind)) }),
  };
}

/** Questions, bindings and what is made up when asked are not stored, and nobody can watch them. */
function isStored(kind: Kind): boolean {
  return kind.verbs.includes('watch');
}

/** The kind as which objects are stored: another one when several versions or groups share them. */
function storedKind(registry: KindRegistry, kind: Kind): Kind {
  const { storedAs, conversion } = kind;
  if (!storedAs || !conversion) return kind;
  const shared = registry
    .all()
    .find((k) => k.group === storedAs.group && k.plural === storedAs.plural && !k.conversion);
  return shared ?? kind;
}

/** Clients compare it to find out whether the version in which objects are stored has changed. */
function storageVersionHash({ group, version, kind }: Kind): string {
  return createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64');
}

/** Group and version are said only where they differ from the list's. */
function legacySubresource(kind: Kind, { name, verbs, kind: body }: Subresource): object {
  const foreign = body && (body.group !== kind.group || body.version !== kind.version);
  return {
    name: `${kind.plural}/${name}`,
    singularName: '',
    namespaced: kind.namespaced,
    ...(foreign && { group: body.group, version: body.version }),
    kind: (body ?? kind).kind,
    verbs,
  };
}

function namesOf(kind: Kind): object {
  return {
    ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
    ...(kind.categories.length > 0 && { categories: kind.categories }),
  };
}

function aggregated(registry: KindRegistry, core: boolean, form: 'v2' | 'v2beta1'): object {
  const items = groupsOf(registry, core).map(([group, versions]) => ({
    metadata: group ? { name: group } : {},
    versions: versions.map((version) => ({
      version,
      resources: kindsOf(registry, group, version).map(aggregatedResource),
      freshness: 'Current',
    })),
  }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${form}`, metadata: {}, items };
}

function aggregatedResource(kind: Kind): object {
  const subresources = subresourcesOf(kind).map(({ name, verbs, kind: body }) => ({
    subresource: name,
    responseKind: gvk(body ?? kind),
    verbs,
  }));
  return {
    resource: kind.plural,
    responseKind: gvk(kind),
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: kind.verbs,
    ...namesOf(kind),
    ...(subresources.length > 0 && { subresources }),
  };
}

function gvk({ group, version, kind }: { group: string; version: string; kind: string }) {
  return { group, version, kind };
}
