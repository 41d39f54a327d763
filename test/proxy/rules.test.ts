import { expect } from 'chai';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { servicePorts, type Family, type ServicePort } from '../../src/proxy/model.ts';
import { rulesFor } from '../../src/proxy/rule-book.ts';
import type { RuleOptions } from '../../src/proxy/rule-text.ts';
import { emptyRuleSet, change } from '../../src/proxy/rule-set.ts';
import { restoreTexts } from '../../src/proxy/restore-text.ts';
import { webPorts, webService, webSlice } from './objects.ts';
import { MemoryIptables } from './memory-iptables.ts';

const options: RuleOptions = { clusterCidr: '10.244.0.0/16' };
const [svc, svl, ext] = ['COX-SVC-6C488663B557685C', 'COX-SVL-6C488663B557685C', 'COX-EXT-6C488663B557685C'];
const elsewhere = { addresses: ['10.244.1.3'], nodeName: 'n2' };
const nodePort = { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] };
const external = { ...nodePort, externalIPs: ['198.51.100.7'] };

const rulesOf = (ports: readonly ServicePort[], given = options) => rulesFor('IPv4', ports, given);

function balanced(spec: object, endpoints: Parameters<typeof webSlice>[0]): ServicePort[] {
  const service = webService({ ...nodePort, type: 'LoadBalancer', ...spec });
  service.status = { loadBalancer: { ingress: [{ ip: '198.51.100.8' }] } };
  return servicePorts(service, [webSlice(endpoints)], { name: 'n1' });
}

const dual = servicePorts(
  webService({ ...nodePort, clusterIPs: ['10.96.0.10', 'fd00::a'], sessionAffinity: 'ClientIP' }),
  [webSlice(['10.244.0.2']), webSlice(['fd01::2', 'fd01::3'], undefined, 'six')],
  { name: 'n1' },
);

/** Each is in `goldens/` as text. To accept new rules: remove the file, run the test twice, and read the difference. */
const cases: [string, readonly ServicePort[], (RuleOptions & { family?: Family })?][] = [
  ['no-services', []],
  ['cluster-ip', webPorts({}, ['10.244.0.2', '10.244.0.3', elsewhere])],
  ['cluster-ip-masquerade-all', webPorts({}, ['10.244.0.2']), { ...options, masqueradeAll: true }],
  ['cluster-ip-no-cidr', webPorts({}, [elsewhere]), {}],
  ['cluster-ip-without-endpoints', webPorts({}, [])],
  ['cluster-ip-affinity', webPorts({ sessionAffinity: 'ClientIP' }, ['10.244.0.2', elsewhere])],
  ['internal-local', webPorts({ internalTrafficPolicy: 'Local' }, ['10.244.0.2', elsewhere])],
  ['internal-local-without-local', webPorts({ internalTrafficPolicy: 'Local' }, [elsewhere])],
  ['node-port', webPorts(nodePort, ['10.244.0.2', elsewhere])],
  ['node-port-limited', webPorts(nodePort, ['10.244.0.2']), { ...options, nodePortNetworks: ['192.0.2.0/24'] }],
  ['external-ip', webPorts(external, ['10.244.0.2'])],
  ['external-without-endpoints', webPorts(external, [])],
  ['external-local', webPorts({ ...external, externalTrafficPolicy: 'Local' }, ['10.244.0.2', elsewhere])],
  ['external-local-without-local', webPorts({ ...external, externalTrafficPolicy: 'Local' }, [elsewhere])],
  ['load-balancer', balanced({}, ['10.244.0.2'])],
  ['load-balancer-sources', balanced({ loadBalancerSourceRanges: ['192.0.2.0/24', '10.0.0.0/8'] }, ['10.244.0.2'])],
  ['load-balancer-everybody', balanced({ loadBalancerSourceRanges: ['0.0.0.0/0'] }, ['10.244.0.2'])],
  ['load-balancer-local', balanced({ externalTrafficPolicy: 'Local', healthCheckNodePort: 32000 }, ['10.244.0.2'])],
  ['load-balancer-without-endpoints', balanced({ loadBalancerSourceRanges: ['192.0.2.0/24'] }, [])],
  ['ipv6', dual, { family: 'IPv6', clusterCidr: 'fd01::/48' }],
];

const goldens = cases.map(
  ([name, ports, given = options as RuleOptions & { family?: Family }]) => [name, ports, given] as const,
);

function shown(rules: ReturnType<typeof rulesOf>): string {
  const [text] = [...restoreTexts(change(emptyRuleSet, rules))];
  return text!.replace(/^:.*\n/gm, '');
}

describe('rules of the proxy', () => {
  for (const [name, ports, { family = 'IPv4', ...given }] of goldens) {
    it(`are as they were: ${name}`, () => {
      const file = join(import.meta.dirname, 'goldens', `${name}.rules`);
      const now = shown(rulesFor(family, ports, given));
      if (existsSync(file)) return expect(now).to.equal(readFileSync(file, 'utf8'));
      writeFileSync(file, now);
      throw new Error(`${file} is new; look whether it is right`);
    });
  }

  it('can be written to an empty table', async () => {
    for (const [, ports, { family = 'IPv4', ...given }] of goldens) {
      const kernel = new MemoryIptables();
      const texts = restoreTexts(change(emptyRuleSet, rulesFor(family, ports, given)), undefined, 3);
      for (const stdin of texts) await kernel.run('iptables-restore', ['--noflush'], { stdin });
    }
  });

  it('choose evenly among the endpoints of a cluster IP', () => {
    const { nat } = rulesOf(webPorts({}, ['10.244.0.2', '10.244.0.3', elsewhere]));
    expect(nat.get(svc)).to.deep.equal([
      '! -s 10.244.0.0/16 -d 10.96.0.10/32 -p tcp -m tcp --dport 80 -j COX-MARK-MASQ',
      '-p tcp -m statistic --mode random --probability 0.33333333349 -m tcp -j DNAT --to-destination 10.244.0.2:8080',
      '-p tcp -m statistic --mode random --probability 0.50000000000 -m tcp -j DNAT --to-destination 10.244.0.3:8080',
      '-p tcp -m tcp -j DNAT --to-destination 10.244.1.3:8080',
    ]);
  });

  it('send clients outside to this node only with external policy Local, and pods everywhere', () => {
    const { nat } = rulesOf(webPorts({ ...nodePort, externalTrafficPolicy: 'Local' }, ['10.244.0.2', elsewhere]));
    expect(nat.get(ext)).to.deep.equal([
      `-s 10.244.0.0/16 -m comment --comment pods -j ${svc}`,
      '-m addrtype --src-type LOCAL -m comment --comment "this node" -j COX-MARK-MASQ',
      `-m addrtype --src-type LOCAL -m comment --comment "this node" -j ${svc}`,
      `-j ${svl}`,
    ]);
  });

  it('lead node ports to all networks when one of those given is everything', () => {
    const nodePortNetworks = ['192.0.2.0/24', '0.0.0.0/0'];
    expect(rulesOf([], { nodePortNetworks }).nat.get('COX-SERVICES')).to.deep.equal([
      '-m addrtype --dst-type LOCAL -j COX-NODEPORTS',
    ]);
  });

  it('have chain names that iptables takes, other ones for other protocols', () => {
    const ports = [
      { name: 'a', port: 53, protocol: 'UDP', nodePort: 30053 },
      { name: 'b', port: 53, protocol: 'TCP' },
      { name: 'c', port: 53, protocol: 'SCTP', nodePort: 65535 },
    ];
    const slice = webSlice(['10.244.0.2'], ports.slice(0, 2));
    const set = rulesOf(servicePorts(webService({ type: 'NodePort', ports }), [slice], { name: 'n1' }));
    const names = [...set.nat.keys(), ...set.filter.keys()];
    expect(names.filter((n) => n.startsWith('COX-SVC-'))).to.have.length(2);
    expect(names).to.include('COX-REFUSE-PORTS-SCTP-511');
    for (const name of names) expect(name).to.match(/^COX-[A-Z0-9-]{1,24}$/);
  });
});
