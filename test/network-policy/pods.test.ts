import { expect } from 'chai';
import { podFacts, sameFacts } from '../../src/network-policy/pods.ts';
import { podOf } from './objects.ts';

const seen = (pod: ReturnType<typeof podOf>, told?: string[]) => podFacts(pod, 'n1', told);

describe('a pod as policies see it', () => {
  it('has its addresses as the kernel writes them, and what the node tells of them', () => {
    expect(seen(podOf('x/a', ['10.0.0.1', 'FD00:0:0::1']))?.addresses).to.deep.equal(['10.0.0.1', 'fd00::1']);
    expect(seen(podOf('x/a', []), ['10.0.0.7'])?.addresses).to.deep.equal(['10.0.0.7']);
    expect(seen(podOf('x/a', ['10.0.0.7']), ['10.0.0.7'])?.addresses).to.deep.equal(['10.0.0.7']);
  });

  it('is not seen without an address, with that of its node, or when it is over', () => {
    expect(seen(podOf('x/a', []))).to.equal(undefined);
    expect(seen(podOf('x/a', ['10.0.0.1'], { hostNetwork: true }))).to.equal(undefined);
    for (const phase of ['Succeeded', 'Failed'])
      expect(seen({ ...podOf('x/a', []), status: { phase, podIP: '10.0.0.1' } }, ['10.0.0.1'])).to.equal(undefined);
  });

  it('is of this node or of another', () => {
    expect(seen(podOf('x/a', ['10.0.0.1']))?.local).to.equal(true);
    expect(seen(podOf('x/a', ['10.0.0.1'], { nodeName: 'n2' }))?.local).to.equal(false);
  });

  it('has the named ports of containers that run as long as it does', () => {
    const port = (name: string, containerPort: number) => ({ name, containerPort });
    const spec: any = {
      initContainers: [
        { name: 'i', ports: [port('init', 1)] },
        { name: 's', restartPolicy: 'Always', ports: [port('side', 2)] },
      ],
      containers: [{ name: 'c', ports: [port('web', 80), { containerPort: 81 }] }],
    };
    expect(seen(podOf('x/a', ['10.0.0.1'], spec))?.ports).to.deep.equal([
      { name: 'side', protocol: 'TCP', port: 2 },
      { name: 'web', protocol: 'TCP', port: 80 },
    ]);
  });

  it('is the same when nothing changed that policies see', () => {
    const one = seen(podOf('x/a', ['10.0.0.1']));
    expect(sameFacts(one, seen(podOf('x/a', ['10.0.0.1'])))).to.equal(true);
    expect(sameFacts(one, seen(podOf('x/a', ['10.0.0.2'])))).to.equal(false);
    expect(sameFacts(one, seen(podOf('x/a', ['10.0.0.1'], {}, { pod: 'b' })))).to.equal(false);
    expect(sameFacts(one, seen(podOf('x/a', ['10.0.0.1'], { containers: [] })))).to.equal(false);
    expect(sameFacts(one, undefined)).to.equal(false);
  });
});
