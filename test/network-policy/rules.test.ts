import { expect } from 'chai';
import { ClusterView } from '../../src/network-policy/cluster-view.ts';
import type { RuleSet } from '../../src/network-policy/rules.ts';
import { namespaceOf, podOf, policyOf } from './objects.ts';

/** The rules of a node with x/a (10.0.0.1), while y/b (10.0.0.2, fd00::2) is elsewhere. */
function rulesOf(specs: any[], addresses = ['10.0.0.1']): RuleSet {
  const view = new ClusterView('n1');
  for (const name of ['x', 'y']) view.setNamespace(namespaceOf(name));
  view.setPod(podOf('x/a', addresses));
  view.setPod(podOf('y/b', ['10.0.0.2', 'fd00::2'], { nodeName: 'n2' }));
  specs.forEach((spec, i) => view.setPolicy(policyOf(spec, `x/p${i}`)));
  return view.rules();
}

/** What is in the chain of the one profile, without what all rules have, and with the contents of sets for their names. */
function allowed(direction: 'ingress' | 'egress', rule: any): string[] {
  const rules = rulesOf([{ policyTypes: [direction === 'ingress' ? 'Ingress' : 'Egress'], [direction]: [rule] }]);
  const [, lines] = [...rules.chains[4]].find(([name]) => /^COX-NP-[EI]-/.test(name))!;
  expect(lines.at(-1)).to.equal('-j DROP');
  const shown = (name: string) => [...rules.sets.get(name)!.members].join(' ');
  return lines.slice(0, -1).map((line) =>
    line
      .replace(' -m comment --comment "x/p0"', '')
      .replace('-m comment --comment "x/p0" ', '')
      .replace(/-m set --match-set (\S+)/g, (_, name: string) => `{${shown(name)}}`)
      .replace(/ ?-j RETURN$/, ''),
  );
}

describe('the rules of network policies', () => {
  it('are none when no policy selects a pod of the node', () => {
    for (const specs of [[], [{ podSelector: { matchLabels: { pod: 'z' } }, policyTypes: ['Ingress'] }]]) {
      const { sets, chains } = rulesOf(specs);
      expect([sets.size, chains[4].size, chains[6].size]).to.deep.equal([0, 0, 0]);
    }
  });

  it('isolate a pod both ways', () => {
    const { sets, chains } = rulesOf([{ policyTypes: ['Ingress', 'Egress'] }]);
    expect([...sets].map(([name, { type, members }]) => [name, type, ...members])).to.deep.equal([
      ['cox-np-out4-c1078a411e584880', 'hash:ip', '10.0.0.1'],
      ['cox-np-in4-efdeac04fb927804', 'hash:ip', '10.0.0.1'],
    ]);
    expect(Object.fromEntries(chains[4])).to.deep.equal({
      'COX-NETPOL': [
        '-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN',
        '-m bpf --bytecode "6,32 0 0 12,7 0 0 0,32 0 0 16,29 1 0 0,6 0 0 0,6 0 0 65535" -j RETURN',
        '-j COX-NP-EGRESS',
        '-j COX-NP-INGRESS',
      ],
      'COX-NP-TO-NODE': ['-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN', '-j COX-NP-EGRESS'],
      'COX-NP-EGRESS': ['-m set --match-set cox-np-out4-c1078a411e584880 src -g COX-NP-E-c1078a411e584880'],
      'COX-NP-INGRESS': ['-m set --match-set cox-np-in4-efdeac04fb927804 dst -g COX-NP-I-efdeac04fb927804'],
      'COX-NP-I-efdeac04fb927804': ['-j DROP'],
      'COX-NP-E-c1078a411e584880': ['-j DROP'],
    });
    expect(chains[6].size).to.equal(0);
  });

  it('have names that the kernel takes', () => {
    const spec = {
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 'a' }] }],
    };
    const { sets, chains } = rulesOf([spec, { ...spec, egress: [{ to: [{ ipBlock: { cidr: 'fd00::/8', except: ['fd00::/9'] } }] }] }], ['10.0.0.1', 'fd00::1']); // prettier-ignore
    expect(sets.size).to.be.greaterThan(6);
    for (const name of sets.keys()) expect(name).to.match(/^cox-np-.{1,24}$/);
    for (const family of [4, 6] as const) {
      expect(chains[family].size).to.equal(6);
      for (const name of chains[family].keys()) expect(name.length).to.be.at.most(28);
    }
  });

  it('let IPv6 neighbours find each other', () => {
    const { chains } = rulesOf([{ policyTypes: ['Egress'] }], ['fd00::1']);
    expect(chains[4].size).to.equal(0);
    const entry = chains[6].get('COX-NETPOL')!;
    expect(entry.slice(1, 3)).to.deep.equal([
      '-p ipv6-icmp -m icmp6 --icmpv6-type neighbour-solicitation -j RETURN',
      '-p ipv6-icmp -m icmp6 --icmpv6-type neighbour-advertisement -j RETURN',
    ]);
    expect(entry[3]).to.contain('"18,32 0 0 8,7 0 0 0,32 0 0 24,29 0 12 0,32 0 0 12,');
    expect(entry[3]).to.contain(',32 0 0 20,7 0 0 0,32 0 0 36,29 1 0 0,6 0 0 0,6 0 0 65535"');
  });

  for (const [title, direction, rule, lines] of [
    ['everything', 'ingress', {}, ['']],
    ['one port', 'ingress', { ports: [{ port: 80 }] }, ['-p tcp -m multiport --dports 80']],
    [
      'ports of each protocol',
      'egress',
      { ports: [{ port: 80 }, { protocol: 'SCTP', port: 7 }, { port: 90, endPort: 99 }, { protocol: 'UDP' }] },
      ['-p tcp -m multiport --dports 80,90:99', '-p udp', '-p sctp -m multiport --dports 7'],
    ],
    [
      'more ports than go into a rule',
      'ingress',
      { ports: Array.from({ length: 9 }, (_, i) => ({ port: 10 * i + 1, endPort: 10 * i + 2 })) },
      [
        '-p tcp -m multiport --dports 1:2,11:12,21:22,31:32,41:42,51:52,61:62',
        '-p tcp -m multiport --dports 71:72,81:82',
      ],
    ],
    ['pods', 'ingress', { from: [{ namespaceSelector: {} }] }, ['{10.0.0.1 10.0.0.2} src']],
    ['pods to send to', 'egress', { to: [{ podSelector: {} }] }, ['{10.0.0.1} dst']],
    [
      'pods at ports',
      'ingress',
      { from: [{ podSelector: {} }, { namespaceSelector: { matchLabels: { ns: 'y' } } }], ports: [{ port: 80 }] },
      ['-p tcp -m multiport --dports 80 {10.0.0.1} src', '-p tcp -m multiport --dports 80 {10.0.0.2} src'],
    ],
    [
      'ranges',
      'egress',
      { to: [{ ipBlock: { cidr: '10.1.2.3/8' } }, { ipBlock: { cidr: '0.0.0.0/0' } }, { ipBlock: { cidr: '::/0' } }] },
      ['-d 10.0.0.0/8', ''],
    ],
    [
      'a range with a hole',
      'ingress',
      { from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }] },
      ['{10.0.0.0/8 10.1.0.0/16 nomatch} src'],
    ],
    [
      'a port by the name that the pod itself has for it',
      'ingress',
      { from: [{ namespaceSelector: { matchLabels: { ns: 'y' } } }], ports: [{ port: 'serve-81' }] },
      ['{10.0.0.2} src {10.0.0.1,tcp:81} dst,dst'],
    ],
    [
      'ports by the names that those have for them to whom it sends',
      'egress',
      { to: [{ namespaceSelector: { matchLabels: { ns: 'y' } } }], ports: [{ port: 'serve-81' }, { port: 'none' }] },
      ['{10.0.0.2} dst {10.0.0.2,tcp:81} dst,dst', '{10.0.0.2} dst {} dst,dst'],
    ],
    [
      'the same for everybody',
      'egress',
      { ports: [{ protocol: 'UDP', port: 'ask-80' }] },
      ['{10.0.0.1,udp:80 10.0.0.2,udp:80} dst,dst'],
    ],
  ] as [string, 'ingress' | 'egress', any, string[]][])
    it(`allow ${title}`, () => expect(allowed(direction, rule)).to.deep.equal(lines));

  it('put pods of the same policies together', () => {
    const view = new ClusterView('n1');
    view.setNamespace(namespaceOf('x'));
    for (let i = 1; i <= 9; i++) view.setPod(podOf(`x/p${i}`, [`10.0.0.${i}`], {}, { odd: `${i % 2}` }));
    view.setPolicy(policyOf({ policyTypes: ['Ingress'] }, 'x/all'));
    view.setPolicy(policyOf({ podSelector: { matchLabels: { odd: '1' } }, policyTypes: ['Ingress'], ingress: [{}] }, 'x/odd')); // prettier-ignore
    const { sets, chains } = view.rules();
    expect([...sets.values()].map(({ members }) => members.size).sort()).to.deep.equal([4, 5]);
    expect(chains[4].get('COX-NP-INGRESS')).to.have.length(2);
  });
});
