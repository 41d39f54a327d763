import { expect } from 'chai';
import { noLog } from '../../../src/base/log.ts';
import { MetricRegistry } from '../../../src/base/metrics.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import type { Service } from '../../../src/api/core-v1/service.ts';
import { ServiceAllocation } from '../../../src/apiserver/registry/extensions/service-allocation.ts';
import { MemoryStorage } from '../../../src/storage/memory.ts';

const [address, port] = ['kube_apiserver_clusterip_allocator', 'kube_apiserver_nodeport_allocator'];
const label = 'cidr="10.96.0.0/29"';

describe('counts of what services are given', () => {
  const clock = new VirtualClock();
  const open = () => {
    const metrics = new MetricRegistry();
    const allocation = new ServiceAllocation({
      storage: new MemoryStorage({ clock }),
      ...{ clock, metrics, random: seededRandom(1), log: noLog },
      cidr: '10.96.0.0/29',
      nodePorts: { first: 30_000, last: 30_009 },
    });
    const sample = (name: string) => {
      const line = metrics
        .render()
        .split('\n')
        .find((one) => one.startsWith(`${name} `));
      return line && Number(line.slice(name.length + 1));
    };
    const create = async (name: string, spec: Service['spec']) => {
      const metadata = { name, namespace: 'default', uid: name };
      const object = structuredClone({ apiVersion: 'v1', kind: 'Service', metadata, spec }) as Service;
      await allocation.beforeCreate(object, false);
      return object;
    };
    return { allocation, sample, create };
  };
  const ports = [{ port: 80, protocol: 'TCP' as const }];

  it('are of addresses and ports that are taken and free', async () => {
    const { allocation, sample, create } = open();
    expect(sample(`${address}_available_ips{${label}}`)).to.equal(6);
    await create('a', { type: 'ClusterIP', ports });
    const b = await create('b', { type: 'NodePort', ports });
    expect(sample(`${address}_allocated_ips{${label}}`)).to.equal(2);
    expect(sample(`${address}_available_ips{${label}}`)).to.equal(4);
    expect(sample(`${port}_allocated_ports`)).to.equal(1);
    expect(sample(`${port}_available_ports`)).to.equal(9);
    await allocation.removed(b);
    expect(sample(`${address}_allocated_ips{${label}}`)).to.equal(1);
    expect(sample(`${port}_allocated_ports`)).to.equal(0);
  });

  it('are of what was asked for by itself, of any, and of what could not be had', async () => {
    const { sample, create } = open();
    await create('a', { type: 'ClusterIP', clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1'], ports });
    const same = await create('b', { type: 'ClusterIP', clusterIPs: ['10.96.0.1'], ports }).catch((error) => error);
    expect(same.message).to.contain('provided IP is already allocated');
    for (let i = 0; i < 5; i++) await create(`c${i}`, { type: 'ClusterIP', ports });
    const full = await create('d', { type: 'ClusterIP', ports }).catch((error) => error);
    expect(full.message).to.contain('range is full');
    const scoped = (name: string) =>
      ['static', 'dynamic'].map((scope) => sample(`${address}_${name}{${label},scope="${scope}"}`));
    expect(scoped('allocation_total')).to.deep.equal([1, 5]);
    expect(scoped('allocation_errors_total')).to.deep.equal([1, 1]);
  });

  it('are right again after a look at all that is stored', async () => {
    const { allocation, sample, create } = open();
    await create('a', { type: 'ClusterIP', ports });
    await allocation.start();
    expect(sample(`${address}_allocated_ips{${label}}`)).to.equal(1);
    await allocation.stop();
  });
});
