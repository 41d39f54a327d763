import { expect } from 'chai';
import { FakeNetwork } from '../../../src/kubelet/network/fake.ts';
import { sharedChainsRemoval } from '../../../src/kubelet/network/host-ports.ts';
import { hintRemoval, hintText, podRulesText, removalText } from '../../../src/kubelet/network/pod-rules.ts';
import { sandbox } from '../pods.ts';

const options = { bridge: 'cox0', podCidr: '10.244.0.0/24' };

describe('podRulesText', () => {
  it('lets packets of pods pass and hides their addresses outside, in chains of its own', () => {
    const text = podRulesText(options, {});
    expect(text).to.contain('-A COX-POD-FORWARD-cox0 -i cox0 -j ACCEPT\n');
    expect(text).to.contain('-A COX-POD-MASQ-cox0 -s 10.244.0.0/24 ! -d 10.244.0.0/24 -j MASQUERADE --random-fully\n');
    expect(text).to.contain('-I FORWARD 1 -j COX-POD-FORWARD-cox0\n');
  });

  it('comes after policies and services, which see packets before they are let through', () => {
    const forward = ['-j COX-NETPOL', '-m comment --comment pods -j COX-FORWARD', '-j DOCKER-USER', '-j COX-LATER'];
    const filter = `*filter\n:FORWARD DROP [0:0]\n${forward.map((rule) => `-A FORWARD ${rule}`).join('\n')}\nCOMMIT\n`;
    expect(podRulesText(options, { filter })).to.contain('-I FORWARD 3 -j COX-POD-FORWARD-cox0\n');
  });

  it('adds no second jump', () => {
    const filter =
      '*filter\n:FORWARD DROP [0:0]\n:COX-POD-FORWARD-cox0 - [0:0]\n-A FORWARD -j COX-POD-FORWARD-cox0\nCOMMIT\n';
    expect(podRulesText(options, { filter })).not.to.contain('-I FORWARD');
  });
});

describe('removalText', () => {
  it('removes jumps and chains, and nothing when there is nothing', () => {
    const nat =
      '*nat\n:POSTROUTING ACCEPT [0:0]\n:COX-POD-MASQ-cox0 - [0:0]\n-A POSTROUTING -j OTHER\n-A POSTROUTING -j COX-POD-MASQ-cox0\nCOMMIT\n';
    expect(removalText('cox0', { nat })).to.equal(
      '*nat\n:COX-POD-MASQ-cox0 - [0:0]\n-D POSTROUTING -j COX-POD-MASQ-cox0\n-X COX-POD-MASQ-cox0\nCOMMIT\n',
    );
    expect(removalText('cox0', {})).to.equal('');
  });
});

describe('the chains that network plugins look for', () => {
  const made = '*mangle\n:KUBE-IPTABLES-HINT - [0:0]\n:KUBE-KUBELET-CANARY - [0:0]\nCOMMIT\n';

  it('are made empty', () => expect(hintText).to.equal(made));

  it('are removed as far as they are there and nobody uses them', () => {
    expect(hintRemoval(made)).to.equal('*mangle\n-X KUBE-IPTABLES-HINT\n-X KUBE-KUBELET-CANARY\nCOMMIT\n');
    const used = made.replace(
      'COMMIT',
      '-A KUBE-KUBELET-CANARY -j RETURN\n-A PREROUTING -j KUBE-IPTABLES-HINT\nCOMMIT',
    );
    expect(hintRemoval(used.replace('\n', '\n:PREROUTING ACCEPT [0:0]\n'))).to.equal('');
    expect(hintRemoval('')).to.equal('');
  });
});

describe('FakeNetwork', () => {
  it('gives each sandbox an address of its own, and takes it back', async () => {
    const network = new FakeNetwork('10.244.3.0/24');
    const pod = { uid: 'u', namespace: 'n', name: 'p' };
    const other = { ...sandbox, id: 'other' };
    expect(await network.attach(pod, sandbox)).to.deep.equal(['10.244.3.2']);
    expect(await network.attach(pod, sandbox)).to.deep.equal(['10.244.3.2']);
    expect(await network.attach(pod, other)).to.deep.equal(['10.244.3.3']);
    await network.detach(pod, sandbox);
    expect(network.ips(sandbox.id)).to.deep.equal([]);
    expect(await network.attach(pod, { ...sandbox, id: 'third' })).to.deep.equal(['10.244.3.2']);
  });
});

describe('sharedChainsRemoval', () => {
  const nat =
    '*nat\n:PREROUTING ACCEPT [0:0]\n:CNI-HOSTPORT-DNAT - [0:0]\n-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT\n';

  it('removes the chains that no pod uses any more', () => {
    expect(sharedChainsRemoval(`${nat}COMMIT\n`)).to.equal(
      '*nat\n-D PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT\n-F CNI-HOSTPORT-DNAT\n-X CNI-HOSTPORT-DNAT\nCOMMIT\n',
    );
  });

  it('leaves them while one does, and does nothing when there are none', () => {
    expect(sharedChainsRemoval(`${nat}:CNI-DN-1234 - [0:0]\nCOMMIT\n`)).to.equal('');
    expect(sharedChainsRemoval('*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n')).to.equal('');
  });
});
