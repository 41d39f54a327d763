import { expect } from 'chai';
import { node as nodeKind } from '../../../src/api/core-v1/node.ts';
import { service as serviceKind, type Service } from '../../../src/api/core-v1/service.ts';
import { isApiError } from '../../../src/apimachinery/api-error.ts';
import { serviceLbController } from '../../../src/controllers/service-lb/service-lb.ts';
import { crashTest } from '../crash-test.ts';
import { World } from '../world.ts';

const FINALIZER = 'service.kubernetes.io/load-balancer-cleanup';
const NAME = 'service-lb-controller';

function aNode(name: string, address: string, labels = {}) {
  const conditions = [{ type: 'Ready', status: 'True' }];
  return { metadata: { name, labels }, status: { addresses: [{ type: 'InternalIP', address }], conditions } } as any;
}

function balanced(name: string, port = 80, spec: object = {}) {
  const metadata = { namespace: 'default', name };
  return { metadata, spec: { type: 'LoadBalancer', ports: [{ port }], ...spec } } as any;
}

function addresses({ status }: Service): (string | undefined)[] {
  return (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip);
}

describe('service load balancer controller', () => {
  let world: World;
  afterEach(() => world?.stop());
  const at = (name: string) => ({ namespace: 'default', name });
  const become = (name: string, ips: readonly string[]) =>
    world.eventually(async () => {
      const one = await world.client.get(serviceKind, at(name));
      expect(addresses(one)).to.deep.equal(ips);
      return one;
    });

  async function start(pool: readonly string[] = []): Promise<void> {
    world = await World.start({ kubelet: false, controllers: [serviceLbController(pool)] });
    await world.client.create(nodeKind, aNode('n1', '10.0.0.1'));
    await world.client.create(nodeKind, aNode('n2', '10.0.0.2'));
  }

  it('gives the addresses of the nodes, and takes them back when the type changes or the service goes', async () => {
    await start();
    await world.client.create(serviceKind, balanced('web'));
    const web = await become('web', ['10.0.0.1', '10.0.0.2']);
    expect(web.metadata.finalizers).to.deep.equal([FINALIZER]);
    expect(web.status?.loadBalancer?.ingress?.[0]?.ipMode).to.equal('VIP');
    await world.client.patch(serviceKind, at('web'), 'merge', { spec: { type: 'ClusterIP' } });
    const plain = await become('web', []);
    await world.eventually(async () =>
      expect((await world.client.get(serviceKind, at('web'))).metadata.finalizers ?? []).to.deep.equal([]),
    );
    expect(plain.spec?.type).to.equal('ClusterIP');
    await world.client.patch(serviceKind, at('web'), 'merge', { spec: { type: 'LoadBalancer' } });
    await become('web', ['10.0.0.1', '10.0.0.2']);
    await world.client.delete(serviceKind, at('web'));
    await world.eventually(async () => expect(await world.client.find(serviceKind, at('web'))).to.equal(undefined));
    await world.settle();
    const events = await world.events('web');
    for (const told of [
      'EnsuringLoadBalancer: Ensuring load balancer',
      'EnsuredLoadBalancer: Ensured load balancer',
      'Type: LoadBalancer -> ClusterIP',
      'DeletingLoadBalancer: Deleting load balancer',
      'DeletedLoadBalancer: Deleted load balancer',
    ])
      expect(events).to.include(told);
  });

  it('leaves a port of a node to the first, says so, and gives it on', async () => {
    await start();
    await world.client.create(serviceKind, balanced('first'));
    await become('first', ['10.0.0.1', '10.0.0.2']);
    await world.client.create(serviceKind, balanced('second'));
    const message = 'port 80/TCP of 10.0.0.1 is taken by the Service default/first';
    await world.eventually(async () => {
      const { status } = await world.client.get(serviceKind, at('second'));
      expect(status?.conditions?.map(({ type, reason, message: m }) => [type, reason, m])).to.deep.equal([
        ['LoadBalancerPortsError', 'PortConflict', message],
      ]);
    });
    await world.eventually(async () =>
      expect(await world.events('second')).to.include(
        `SyncLoadBalancerFailed: Error syncing load balancer: ${message}`,
      ),
    );
    await world.client.create(serviceKind, balanced('third', 81));
    await become('third', ['10.0.0.1', '10.0.0.2']);
    await world.client.delete(serviceKind, at('first'));
    const second = await become('second', ['10.0.0.1', '10.0.0.2']);
    expect(second.status?.conditions ?? []).to.deep.equal([]);
  });

  it('follows the nodes', async () => {
    await start();
    await world.client.create(serviceKind, balanced('web'));
    await become('web', ['10.0.0.1', '10.0.0.2']);
    const labels = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' };
    await world.client.patch(nodeKind, { name: 'n1' }, 'merge', { metadata: { labels } });
    await become('web', ['10.0.0.2']);
    await world.client.delete(nodeKind, { name: 'n2' });
    await become('web', []);
    await world.eventually(async () =>
      expect(await world.events('web')).to.include(
        'UnAvailableLoadBalancer: There are no available nodes for LoadBalancer',
      ),
    );
  });

  it('gives addresses of a pool, each once, with no node ports where none are wanted', async () => {
    await start(['10.9.0.0/30']);
    await world.client.create(serviceKind, balanced('a', 80, { allocateLoadBalancerNodePorts: false }));
    await world.client.create(serviceKind, balanced('b', 80));
    const a = await become('a', ['10.9.0.1']);
    expect(a.spec?.ports?.[0]?.nodePort).to.equal(undefined);
    await become('b', ['10.9.0.2']);
    await world.client.create(serviceKind, balanced('c', 80));
    await world.eventually(async () =>
      expect(await world.events('c')).to.include(
        'SyncLoadBalancerFailed: Error syncing load balancer: no IPv4 address of the load balancer pool is free',
      ),
    );
    await world.client.delete(serviceKind, at('a'));
    await become('c', ['10.9.0.1']);
  });

  it('keeps its hands off services of another class', async () => {
    await start();
    await world.client.create(serviceKind, balanced('theirs', 80, { loadBalancerClass: 'example.com/lb' }));
    await world.client.create(serviceKind, balanced('ours', 80, { loadBalancerClass: 'coxswain.io/service-lb' }));
    await become('ours', ['10.0.0.1', '10.0.0.2']);
    await world.settle();
    const theirs = await world.client.get(serviceKind, at('theirs'));
    expect([theirs.metadata.finalizers, addresses(theirs)]).to.deep.equal([undefined, []]);
    expect(await world.events('theirs')).to.deep.equal([]);
  });

  it('survives a crash after any write', () =>
    crashTest({
      name: 'balancing',
      controllers: [NAME],
      setUp: async (client) => {
        await client.create(nodeKind, aNode('n1', '10.0.0.1'));
      },
      act: [
        (client) => client.create(serviceKind, balanced('web')),
        (client) => client.create(serviceKind, balanced('late')),
        (client) => client.patch(serviceKind, at('web'), 'merge', { spec: { type: 'ClusterIP' } }),
        (client) =>
          client.delete(serviceKind, at('web')).catch((error: unknown) => {
            if (!isApiError(error, 'NotFound')) throw error;
          }),
      ],
      kinds: [serviceKind],
      check: ([services]) => {
        const left = (services as Service[]).map((one) => [one.metadata.name, addresses(one)]);
        expect(left).to.deep.equal([['late', ['10.0.0.1']]]);
      },
    }));
});
