import type { Quantity } from '../../apimachinery/quantity.ts';
import type { QuotaUse } from '../../apimachinery/quota-use.ts';
import { ONE, whole } from './quota-names.ts';
import type { Service } from './service.ts';

const covered = new Set(['services', 'services.nodeports', 'services.loadbalancers']);

/** What services use: themselves, ports of the nodes, and load balancers. */
export const serviceQuota: QuotaUse<Service> = {
  covers: (name) => covered.has(name),
  chargedUpdates: [''],
  use(service) {
    const use = new Map<string, Quantity>([['services', ONE]]);
    use.set('services.nodeports', whole(nodePorts(service)));
    use.set('services.loadbalancers', whole(service.spec?.type === 'LoadBalancer' ? 1 : 0));
    return use;
  },
};

/** Every port of a service that is open to the outside gets a node port, unless a load balancer needs none. */
function nodePorts({ spec }: Service): number {
  const ports = spec?.ports ?? [];
  if (spec?.type === 'NodePort') return ports.length;
  if (spec?.type !== 'LoadBalancer') return 0;
  return spec.allocateLoadBalancerNodePorts === false ? ports.filter((p) => p.nodePort).length : ports.length;
}
