import { expect } from 'chai';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Balancer } from '../../src/ingress/balancer.ts';

describe('Balancer', () => {
  const [one, two] = ['10.0.0.1', '10.0.0.2'].map((host) => ({ host, port: 80 })) as [any, any];
  const hosts = (balancer: Balancer, times: number) =>
    Array.from({ length: times }, () => balancer.choose('192.0.2.1')?.host.at(-1)).join('');

  it('leaves out for a while what could not be reached', () => {
    const balancer = new Balancer({ endpoints: [one, two], sticky: false }, new VirtualClock());
    balancer.failed(one);
    expect(hosts(balancer, 4)).to.equal('2222');
  });

  it('forgets that of endpoints that have gone: who gets the address next is asked', () => {
    const balancer = new Balancer({ endpoints: [one, two], sticky: false }, new VirtualClock());
    balancer.failed(one);
    balancer.update({ endpoints: [two], sticky: false });
    balancer.update({ endpoints: [one, two], sticky: false });
    expect(hosts(balancer, 4)).to.equal('1212');
  });
});
