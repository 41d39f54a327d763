import { expect } from 'chai';
import { kubeletSettings, type KubeletFlags } from '../../src/cluster/kubelet-settings.ts';

describe('kubeletSettings', () => {
  it('reads flags as the kubelet writes them', () => {
    const found = kubeletSettings({
      systemReserved: 'cpu=100m,memory=1Gi',
      evictionHard: 'memory.available<5%, nodefs.available<1Gi',
      allowedUnsafeSysctls: 'net.core.*,kernel.msgmax',
      podMaxPids: 100,
      shutdownGrace: 30,
      shutdownGraceCritical: 10,
    });
    expect(found.reserved).to.deep.equal([{ cpu: '100m', memory: '1Gi' }]);
    expect(found.eviction).to.deep.equal({ hard: { 'memory.available': '5%', 'nodefs.available': '1Gi' } });
    expect(found.allowedUnsafeSysctls).to.deep.equal(['net.core.*', 'kernel.msgmax']);
    expect(found.podPidsLimit).to.equal(100);
    expect(found.shutdown?.map(({ seconds }) => seconds)).to.deep.equal([20, 10]);
  });

  it('reads thresholds that must last', () => {
    const { eviction } = kubeletSettings({
      evictionSoft: 'memory.available<1Gi',
      evictionSoftGrace: 'memory.available=1m30s',
      evictionMinReclaim: 'nodefs.available=500Mi',
      evictionMaxGrace: 20,
      evictionTransition: '30s',
    });
    expect(eviction).to.deep.equal({
      soft: { 'memory.available': '1Gi' },
      softGraceSeconds: { 'memory.available': 90 },
      minReclaim: { 'nodefs.available': '500Mi' },
      maxGraceSeconds: 20,
      transition: 30_000,
    });
  });

  it('changes nothing by default', () => {
    expect(kubeletSettings({})).to.deep.equal({ reserved: [], allowedUnsafeSysctls: undefined });
  });

  const wrong: [KubeletFlags, RegExp][] = [
    [{ systemReserved: 'cpu=much' }, /"much" is no amount of cpu/],
    [{ kubeReserved: 'cpu' }, /"cpu" must be written as name=amount/],
    [{ evictionHard: 'memory<1Gi' }, /"memory" is no eviction signal/],
    [{ evictionSoft: 'memory.available<1Gi' }, /memory.available needs a grace period/],
    [{ evictionSoft: 'memory.available<1Gi', evictionSoftGrace: 'memory.available=soon' }, /soon/],
  ];
  for (const [flags, message] of wrong)
    it(JSON.stringify(flags), () => expect(() => kubeletSettings(flags)).to.throw(message));
});
