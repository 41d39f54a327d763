import { isIPv6, type BlockList } from 'node:net';
import { blockListOf } from '../apimachinery/ip-address.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { Balancer } from './balancer.ts';
import { rewritten } from './pattern.ts';
import { Router, type Match } from './router.ts';
import type { Route, RoutingTable, Upstream } from './table.ts';
import type { Target } from './target.ts';

const NOWHERE: RoutingTable = { hosts: [], certificates: [] };

/** What a data plane knows at the moment: where requests go, and who is there to answer them. */
export class Routing {
  readonly #clock: Clock;
  readonly #random: Random;
  #router = new Router(NOWHERE);
  readonly #balancers = new Map<string, Balancer>();
  /** The clients that routes serve, by the list of their ranges: many routes have the same. */
  #sources = new Map<string, BlockList>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  routes(table: RoutingTable): void {
    this.#router = new Router(table);
    this.#sources = new Map();
  }

  /** `undefined` in place of an upstream: nobody needs it any more. */
  upstreams(changed: Iterable<readonly [key: string, upstream: Upstream | undefined]>): void {
    for (const [key, upstream] of changed) {
      const balancer = this.#balancers.get(key);
      if (!upstream) this.#balancers.delete(key);
      else if (balancer) balancer.update(upstream);
      else this.#balancers.set(key, new Balancer(upstream, this.#clock, Math.floor(this.#random() * 1000)));
    }
  }

  find({ host, normal }: Target): Match | undefined {
    return this.#router.find(host, normal);
  }

  balancer({ upstream }: Route): Balancer | undefined {
    return this.#balancers.get(upstream);
  }

  /** Whether a client is one of those that the route serves. */
  serves({ options: { sources } }: Route, client: string): boolean {
    if (!sources) return true;
    const key = sources.join();
    let list = this.#sources.get(key);
    if (!list) this.#sources.set(key, (list = blockListOf(sources)));
    return list.check(client, isIPv6(client) ? 'ipv6' : 'ipv4');
  }
}

/** The path and query with which a request goes to the backend. */
export function backendPath({ route, groups }: Match, { path, query }: Target): string {
  const { rewrite } = route.options;
  return (rewrite === undefined ? path : rewritten(rewrite, groups)) + query;
}
