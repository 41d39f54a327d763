import { expect } from 'chai';
import { node as nodeKind } from '../../src/api/core-v1/node.ts';
import { service as serviceKind } from '../../src/api/core-v1/service.ts';
import { noLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { Run } from '../../src/linux/exec.ts';
import { AddressAnnouncer } from '../../src/proxy/address-announcer.ts';
import { World } from '../controllers/world.ts';

/** An `ip` that keeps the device in memory and fails as often as it is told. */
class Device {
  addresses: string[] | undefined;
  failures = 0;

  readonly run: Run = async (_, args) => {
    if (this.failures-- > 0) throw new Error('no such luck');
    const [what, verb, value = ''] = args;
    const address = value.replace(/\/.*$/, '');
    if (what === 'link' && verb === 'add') this.addresses = [];
    else if (what === 'address' && verb === 'add') this.addresses!.push(address);
    else if (what === 'address' && verb === 'del') this.addresses = this.addresses!.filter((one) => one !== address);
    const info = this.addresses?.map((local) => ({ family: 'inet', local, prefixlen: 32, scope: 'global' }));
    return { stdout: JSON.stringify(info ? [{ ifname: 'cox-lb', addr_info: info }] : []), stderr: '', code: 0 };
  };
}

describe('the announcer of addresses', () => {
  it('labels its node, holds what falls to it, goes on after failures, and gives back', async () => {
    const world = await World.start({ kubelet: false, controlled: false });
    const device = new Device();
    const { client, clock } = world;
    const common = { client, clock, random: seededRandom(1), log: noLog };
    const announcer = new AddressAnnouncer({ ...common, nodeName: 'n1', run: device.run });
    await announcer.start();
    const conditions = [{ type: 'Ready', status: 'True' }];
    await client.create(nodeKind, { metadata: { name: 'n1' }, status: { conditions } });
    const at = { namespace: 'default', name: 'web' };
    const spec = { type: 'LoadBalancer', ports: [{ port: 80 }] };
    const made = await client.create(serviceKind, { metadata: at, spec });
    device.failures = 1;
    const status = { loadBalancer: { ingress: [{ ip: '10.9.0.1' }] } };
    await client.updateStatus(serviceKind, { ...made, status } as any);
    await world.eventually(() => expect(device.addresses).to.deep.equal(['10.9.0.1']));
    expect((await client.get(nodeKind, { name: 'n1' })).metadata.labels).to.have.property(
      'node.coxswain.io/announces-load-balancers',
    );
    await client.delete(serviceKind, at);
    await world.eventually(() => expect(device.addresses).to.deep.equal([]));
    await announcer.stop();
    await world.stop();
  });
});
