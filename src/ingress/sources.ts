import { node as nodeKind, type Node } from '../api/core-v1/node.ts';
import { secret as secretKind, type Secret } from '../api/core-v1/secret.ts';
import { service as serviceKind, type Service } from '../api/core-v1/service.ts';
import { endpointSlice, type EndpointSlice } from '../api/discovery-v1/endpoint-slice.ts';
import { keyOf } from '../apimachinery/object.ts';
import type { Informer, Informers } from '../client/informer.ts';
import type { ModelObjects } from './model.ts';

const BY_SERVICE = 'service';

/** Local copies of what Ingresses lead to. Nobody needs them before there is an Ingress. */
export class Sources implements ModelObjects {
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #secrets: Informer<Secret>;
  readonly #nodes: Informer<Node>;

  constructor(informers: Informers, changed: () => void) {
    this.#services = informers.of(serviceKind);
    this.#slices = informers.of(endpointSlice);
    this.#secrets = informers.of(secretKind, { fieldSelector: 'type=kubernetes.io/tls' });
    this.#nodes = informers.of(nodeKind);
    this.#slices.addIndex(BY_SERVICE, ({ metadata }) => {
      const name = metadata.labels?.['kubernetes.io/service-name'];
      return name ? [keyOf({ namespace: metadata.namespace, name })] : [];
    });
    for (const informer of [this.#services, this.#slices, this.#secrets]) {
      (informer as Informer<any>).listen({ added: changed, updated: changed, deleted: changed });
    }
    const readiness = ({ status }: Node) => status?.conditions?.find(({ type }) => type === 'Ready')?.status;
    const updated = (now: Node, old: Node) => readiness(now) !== readiness(old) && changed();
    this.#nodes.listen({ added: changed, updated, deleted: changed });
  }

  all(): Informer<any>[] {
    return [this.#services, this.#slices, this.#secrets, this.#nodes];
  }

  service(namespace: string, name: string): Service | undefined {
    return this.#services.get(keyOf({ namespace, name }));
  }

  slices(namespace: string, name: string): readonly EndpointSlice[] {
    return this.#slices.byIndex(BY_SERVICE, keyOf({ namespace, name }));
  }

  secret(namespace: string, name: string): Secret | undefined {
    return this.#secrets.get(keyOf({ namespace, name }));
  }

  services(): Service[] {
    return this.#services.list();
  }

  nodes(): Node[] {
    return this.#nodes.list();
  }
}
