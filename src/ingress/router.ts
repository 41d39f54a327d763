import { compilePattern, LONGEST_MATCHED } from './pattern.ts';
import { withoutSlash } from './model.ts';
import type { HostRoutes, Route, RoutingTable } from './table.ts';

/** A route that takes a request, and for a pattern what its groups hold. */
export interface Match {
  readonly route: Route;
  readonly groups?: readonly (string | undefined)[];
}

interface Pattern {
  readonly route: Route;
  readonly pattern: RegExp;
}

/** The routes of one host. */
class Host {
  readonly #exact = new Map<string, Match>();
  readonly #prefixes = new Map<string, Match>();
  /** The longest first. */
  readonly #patterns: Pattern[] = [];
  /** How many elements the longest prefix has. */
  #depth = 0;
  readonly fallback: Match | undefined;

  constructor({ routes, fallback }: HostRoutes) {
    for (const route of routes) this.#add(route);
    this.#patterns.sort((a, b) => b.route.path.length - a.route.path.length);
    this.fallback = fallback && { route: fallback };
  }

  #add(route: Route): void {
    if (route.match === 'exact') this.#exact.set(route.path, { route });
    else if (route.match === 'pattern') {
      const pattern = compilePattern(route.path);
      if (typeof pattern !== 'string') this.#patterns.push({ route, pattern });
    } else {
      const prefix = withoutSlash(route.path);
      this.#prefixes.set(prefix, { route });
      this.#depth = Math.max(this.#depth, prefix.split('/').length);
    }
  }

  /**
   * Exact paths go before all others, patterns (which somebody wrote for more than a prefix) before prefixes. A path that
   * is too long for patterns has no route here: it must not get round them.
   */
  match(path: string): Match | undefined {
    const exact = this.#exact.get(path);
    if (exact || this.#patterns.length === 0) return exact ?? this.#longestPrefix(path);
    return path.length > LONGEST_MATCHED ? undefined : (this.#byPattern(path) ?? this.#longestPrefix(path));
  }

  #byPattern(path: string): Match | undefined {
    for (const { route, pattern } of this.#patterns) {
      const groups = pattern.exec(path);
      if (groups) return { route, groups };
    }
    return undefined;
  }

  /** Looks at no more elements than prefixes have, however long the path is. */
  #longestPrefix(path: string): Match | undefined {
    let end = 0;
    for (let elements = 1; elements < this.#depth && end >= 0; elements++) end = path.indexOf('/', end + 1);
    if (end < 0) end = path.length;
    for (; end > 0; end = path.lastIndexOf('/', end - 1)) {
      const match = this.#prefixes.get(path.slice(0, end));
      if (match) return match;
    }
    return this.#prefixes.get('/');
  }
}

/** Finds the route for a request: precise hosts go before wildcards, those before routes for all hosts. */
export class Router {
  readonly #hosts: ReadonlyMap<string, Host>;
  readonly #fallback: Match | undefined;

  constructor({ hosts, fallback }: RoutingTable) {
    this.#hosts = new Map(hosts.map((one) => [one.host, new Host(one)]));
    this.#fallback = fallback && { route: fallback };
  }

  /** @param path without `.` and `..` elements, and without a query */
  find(host: string, path: string): Match | undefined {
    const dot = host.indexOf('.');
    const names = dot > 0 ? [host, `*${host.slice(dot)}`, ''] : [host, ''];
    let fallback: Match | undefined;
    for (const name of names) {
      const found = this.#hosts.get(name);
      const match = found?.match(path);
      if (match) return match;
      fallback ??= found?.fallback;
    }
    return fallback ?? this.#fallback;
  }
}
