import type { Secret } from '../api/core-v1/secret.ts';
import type { Ingress } from '../api/networking-v1/ingress.ts';
import { keyOf } from '../apimachinery/object.ts';
import { resolve, type IngressBackend, type Objects } from './backends.ts';
import { covers, keyPairOf } from './certificates.ts';
import { ingressOptions, type IngressOptions } from './options.ts';
import { compilePattern } from './pattern.ts';
import type { Certificate, HostRoutes, Route, RoutingTable, Upstream } from './table.ts';

/** What a set of Ingresses asks for. */
export interface Model {
  readonly table: RoutingTable;
  /** By the keys that routes name. */
  readonly upstreams: ReadonlyMap<string, Upstream>;
  /** What is wrong with Ingresses, by their keys. What is right of them is served all the same. */
  readonly problems: ReadonlyMap<string, readonly string[]>;
}

export interface ModelObjects extends Objects {
  secret(namespace: string, name: string): Secret | undefined;
}

type HttpPath = NonNullable<NonNullable<NonNullable<Ingress['spec']>['rules']>[number]['http']>['paths'][number];

/** Makes a routing table of Ingresses. Where two ask for the same, the older one gets it. */
export function model(ingresses: readonly Ingress[], objects: ModelObjects): Model {
  const building = new Building(objects);
  for (const ingress of [...ingresses].sort(byAge)) building.add(ingress);
  return building.result();
}

function byAge(a: Ingress, b: Ingress): number {
  const [ageA, ageB] = [a, b].map(({ metadata }) => metadata.creationTimestamp ?? '');
  if (ageA !== ageB) return ageA! < ageB! ? -1 : 1;
  return keyOf(a) < keyOf(b) ? -1 : 1;
}

interface Host {
  readonly routes: Map<string, Route>;
  fallback?: Route;
}

/** An Ingress as it is taken in. */
interface Subject {
  readonly ingress: Ingress;
  readonly key: string;
  readonly namespace: string;
  readonly options: IngressOptions;
  readonly tlsHosts: ReadonlySet<string>;
}

class Building {
  readonly #objects: ModelObjects;
  readonly #hosts = new Map<string, Host>();
  readonly #upstreams = new Map<string, Upstream>();
  readonly #problems = new Map<string, string[]>();
  readonly #certificates: Certificate[] = [];
  #fallback: Route | undefined;

  constructor(objects: ModelObjects) {
    this.#objects = objects;
  }

  add(ingress: Ingress): void {
    const key = keyOf(ingress);
    const options = ingressOptions(ingress);
    this.#complain(key, ...options.problems);
    const tlsHosts = this.#addCertificates(ingress, key);
    const subject = { ingress, key, namespace: ingress.metadata.namespace ?? '', options, tlsHosts };
    const rules = ingress.spec?.rules ?? [];
    for (const { host = '', http } of rules) {
      for (const path of http?.paths ?? []) this.#addPath(subject, host.toLowerCase(), path);
    }
    // A rule without paths sends all to the default backend.
    if (ingress.spec?.defaultBackend) this.#addFallback(subject, ingress.spec.defaultBackend);
  }

  result(): Model {
    const hosts = [...this.#hosts].map(([host, { routes, fallback }]): HostRoutes => {
      return { host, routes: [...routes.values()], ...(fallback && { fallback }) };
    });
    const fallback = this.#fallback && { fallback: this.#fallback };
    const table = { hosts, certificates: this.#certificates, ...fallback };
    return { table, upstreams: this.#upstreams, problems: this.#problems };
  }

  #addPath(subject: Subject, host: string, { path = '/', pathType, backend }: HttpPath): void {
    const match = pathType === 'Exact' ? 'exact' : isPattern(subject, pathType, path) ? 'pattern' : 'prefix';
    const pattern = match === 'pattern' ? compilePattern(path) : undefined;
    if (typeof pattern === 'string') {
      return this.#complain(subject.key, `the path ${JSON.stringify(path)} is not served: ${pattern}`);
    }
    const route = this.#route(subject, host, { path: path || '/', match, backend });
    const { routes } = this.#host(host);
    const identity = `${match} ${match === 'prefix' ? withoutSlash(route.path) : route.path}`;
    const other = routes.get(identity);
    if (!other) routes.set(identity, route);
    else {
      const what = `${host || '*'}${path}`;
      this.#complain(subject.key, `${what} is served by the older Ingress ${other.ingress}`);
    }
  }

  #addFallback(subject: Subject, backend: IngressBackend): void {
    const hosts = (subject.ingress.spec?.rules ?? []).map(({ host = '' }) => host.toLowerCase());
    for (const host of new Set(hosts)) {
      this.#host(host).fallback ??= this.#route(subject, host, { path: '/', match: 'prefix', backend });
    }
    this.#fallback ??= this.#route(subject, '', { path: '/', match: 'prefix', backend });
  }

  #route(
    { key, namespace, options, tlsHosts }: Subject,
    host: string,
    { path, match, backend }: { path: string; match: Route['match']; backend: IngressBackend },
  ): Route {
    const resolved = resolve(backend, namespace, this.#objects);
    if (resolved.problem) this.#complain(key, resolved.problem);
    this.#upstreams.set(resolved.key, resolved.upstream);
    const { redirect, protocol = resolved.protocol } = options;
    const redirectToHttps = redirect === 'always' || (redirect === 'tls' && covers([...tlsHosts], host));
    const upstream = resolved.key;
    return { path, match, upstream, protocol, ingress: key, options: { ...options.route, redirectToHttps } };
  }

  /** @returns the hosts for which the Ingress wants TLS */
  #addCertificates({ metadata, spec }: Ingress, key: string): Set<string> {
    const all = new Set<string>();
    const ruled = (spec?.rules ?? []).flatMap(({ host }) => host ?? []);
    for (const { hosts: named = [], secretName } of spec?.tls ?? []) {
      const hosts = (named.length > 0 ? named : ruled).map((host) => host.toLowerCase());
      for (const host of hosts) all.add(host);
      if (secretName) this.#addCertificate(hosts, metadata.namespace ?? '', secretName, key);
    }
    return all;
  }

  #addCertificate(hosts: readonly string[], namespace: string, name: string, key: string): void {
    const secret = this.#objects.secret(namespace, name);
    const pair = secret ? keyPairOf(secret) : `there is no secret of this name and the type kubernetes.io/tls`;
    if (typeof pair === 'string') {
      return this.#complain(key, `the secret ${namespace}/${name} cannot be used for TLS: ${pair}`);
    }
    const uncovered = hosts.filter((host) => !covers(pair.names, host));
    for (const host of uncovered) this.#complain(key, `the certificate of the secret ${name} is not for ${host}`);
    this.#certificates.push({ hosts: hosts.length > 0 ? hosts : pair.names, cert: pair.cert, key: pair.key });
  }

  #host(name: string): Host {
    let host = this.#hosts.get(name);
    if (!host) this.#hosts.set(name, (host = { routes: new Map() }));
    return host;
  }

  #complain(key: string, ...problems: string[]): void {
    if (problems.length === 0) return;
    const before = this.#problems.get(key) ?? [];
    this.#problems.set(key, [...new Set([...before, ...problems])]);
  }
}

/** Only what is written like a pattern is one: `/api` stays a prefix of whole elements. */
function isPattern({ options }: Subject, pathType: string, path: string): boolean {
  return options.patterns && pathType === 'ImplementationSpecific' && /[\\^$*+?()[\]{}|]/.test(path);
}

/** `/a/` and `/a` are the same prefix. */
export function withoutSlash(path: string): string {
  return path.endsWith('/') && path.length > 1 ? path.slice(0, -1) : path;
}
