import { expect } from 'chai';
import { servicePorts } from '../../src/proxy/model.ts';
import { rules } from '../../src/proxy/rules.ts';
import { webService, webSlice } from './objects.ts';

const clusterCidr = '10.244.0.0/16';
const [svc, svl, ext] = ['COX-SVC-6C488663B557685C', 'COX-SVL-6C488663B557685C', 'COX-EXT-6C488663B557685C'];
const [sep2, sep3] = ['COX-SEP-E2A53A59DF805463', 'COX-SEP-3E3070907952A3A1'];

function rulesOf(
  spec: Parameters<typeof webService>[0],
  endpoints: Parameters<typeof webSlice>[0],
  options: object = { clusterCidr },
) {
  return rules(servicePorts([webService(spec)], [webSlice(endpoints)], 'n1'), options);
}

/** The chains that exist for services. */
function serviceChains({ nat }: ReturnType<typeof rules>): Record<string, readonly string[]> {
  return Object.fromEntries([...nat].filter(([name]) => /^COX-(SVC|SVL|EXT|SEP)-/.test(name)));
}

describe('rules of the proxy', () => {
  it('without a service are these', () => {
    const { nat, filter } = rules([], { clusterCidr });
    expect(Object.fromEntries(nat)).to.deep.equal({
      'COX-SERVICES': ['-m addrtype --dst-type LOCAL -j COX-NODEPORTS'],
      'COX-NODEPORTS': [],
      'COX-MARK-MASQ': ['-j MARK --set-xmark 0x10000/0x10000'],
      'COX-POSTROUTING': [
        '-m mark ! --mark 0x10000/0x10000 -j RETURN',
        '-j MARK --set-xmark 0x0/0x10000',
        '-j MASQUERADE --random-fully',
      ],
    });
    expect(Object.fromEntries(filter)).to.deep.equal({
      'COX-REFUSE': [],
      'COX-FORWARD': [
        '-m conntrack --ctstate NEW -j COX-REFUSE',
        '-m mark --mark 0x10000/0x10000 -j ACCEPT',
        '-s 10.244.0.0/16 -j ACCEPT',
        '-d 10.244.0.0/16 -j ACCEPT',
        '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
      ],
      'COX-FIREWALL': [
        '! -s 127.0.0.0/8 -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -m comment --comment "loopback is for this machine" -j DROP',
      ],
    });
  });

  it('choose evenly among the endpoints of a cluster IP', () => {
    const set = rulesOf({}, ['10.244.0.2', '10.244.0.3', '10.244.0.4']);
    expect(set.nat.get('COX-SERVICES')).to.deep.equal([
      `-d 10.96.0.10/32 -p tcp -m tcp --dport 80 -m comment --comment "shop/web:80 cluster IP" -j ${svc}`,
      '-m addrtype --dst-type LOCAL -j COX-NODEPORTS',
    ]);
    const third = set.nat.get(svc)!.at(-1)!.split(' ').at(-1)!;
    expect(set.nat.get(svc)).to.deep.equal([
      '! -s 10.244.0.0/16 -d 10.96.0.10/32 -p tcp -m tcp --dport 80 -j COX-MARK-MASQ',
      `-m statistic --mode random --probability 0.3333333333 -j ${sep2}`,
      `-m statistic --mode random --probability 0.5000000000 -j ${sep3}`,
      `-j ${third}`,
    ]);
    expect(set.nat.get(sep2)).to.deep.equal([
      '-s 10.244.0.2/32 -m comment --comment "shop/web:80" -j COX-MARK-MASQ',
      '-p tcp -m comment --comment "shop/web:80" -m tcp -j DNAT --to-destination 10.244.0.2:8080',
    ]);
    expect(Object.keys(serviceChains(set))).to.have.members([svc, sep2, sep3, third]);
  });

  it('lead node ports and external addresses to all endpoints, with the address of this machine', () => {
    const spec = { ports: [{ port: 80, nodePort: 30080 }], externalIPs: ['198.51.100.7'] };
    const { nat } = rulesOf(spec, ['10.244.0.2']);
    expect(nat.get('COX-NODEPORTS')).to.deep.equal([
      `-p tcp -m tcp --dport 30080 -m comment --comment "shop/web:80 node port" -j ${ext}`,
    ]);
    expect(nat.get('COX-SERVICES')).to.include(
      `-d 198.51.100.7/32 -p tcp -m tcp --dport 80 -m comment --comment "shop/web:80 external IP" -j ${ext}`,
    );
    expect(nat.get(ext)).to.deep.equal(['-j COX-MARK-MASQ', `-j ${svc}`]);
  });

  it('refuse connections to a service without endpoints at every address it has', () => {
    const set = rulesOf({ ports: [{ port: 80, nodePort: 30080 }], externalIPs: ['198.51.100.7'] }, []);
    const why = '-m comment --comment "shop/web:80 has no endpoints" -j REJECT';
    expect(set.filter.get('COX-REFUSE')).to.deep.equal([
      `-d 10.96.0.10/32 -p tcp -m tcp --dport 80 ${why}`,
      `-d 198.51.100.7/32 -p tcp -m tcp --dport 80 ${why}`,
      `-m addrtype --dst-type LOCAL -p tcp -m tcp --dport 30080 ${why}`,
    ]);
    expect(serviceChains(set)).to.deep.equal({});
  });

  it('send clients outside to this node only with external policy Local, and pods everywhere', () => {
    const spec = { ports: [{ port: 80, nodePort: 30080 }], externalTrafficPolicy: 'Local' };
    const elsewhere = { addresses: ['10.244.0.3'], nodeName: 'n2' };
    const { nat } = rulesOf(spec, ['10.244.0.2', elsewhere]);
    expect(nat.get(ext)).to.deep.equal([
      `-s 10.244.0.0/16 -j ${svc}`,
      '-m addrtype --src-type LOCAL -j COX-MARK-MASQ',
      `-m addrtype --src-type LOCAL -j ${svc}`,
      `-j ${svl}`,
    ]);
    expect(nat.get(svl)).to.deep.equal([`-j ${sep2}`]);
    const without = rulesOf(spec, [elsewhere]);
    expect(without.nat.get(ext)).to.have.length(3);
    expect(without.filter.get('COX-REFUSE')).to.deep.equal([
      '-m addrtype --dst-type LOCAL -p tcp -m tcp --dport 30080 -m comment --comment "shop/web:80 has no endpoints" -j DROP',
    ]);
  });

  it('keep to this node with internal policy Local', () => {
    const elsewhere = { addresses: ['10.244.0.3'], nodeName: 'n2' };
    const set = rulesOf({ internalTrafficPolicy: 'Local' }, ['10.244.0.2', elsewhere]);
    expect(Object.keys(serviceChains(set))).to.have.members([svl, sep2]);
    expect(set.nat.get('COX-SERVICES')![0]).to.match(new RegExp(`-j ${svl}$`));
    const without = rulesOf({ internalTrafficPolicy: 'Local' }, [elsewhere]);
    expect(serviceChains(without)).to.deep.equal({});
    expect(without.filter.get('COX-REFUSE')![0]).to.match(/-d 10.96.0.10\/32 .* -j DROP$/);
  });

  it('remember the endpoint of a client with session affinity', () => {
    const { nat } = rulesOf(
      { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } },
      ['10.244.0.2'],
    );
    expect(nat.get(svc)!.slice(1)).to.deep.equal([
      `-m recent --rcheck --seconds 60 --reap --name ${sep2} --rsource -j ${sep2}`,
      `-j ${sep2}`,
    ]);
    expect(nat.get(sep2)![1]).to.contain(`-m recent --set --name ${sep2} --rsource `);
  });

  const sources: [string, object, string[]][] = [
    [
      'hide clients that are no pods',
      { clusterCidr },
      ['! -s 10.244.0.0/16 -d 10.96.0.10/32 -p tcp -m tcp --dport 80 -j COX-MARK-MASQ'],
    ],
    [
      'hide everybody where bridged packets are not filtered',
      { clusterCidr, masqueradeAll: true },
      ['-d 10.96.0.10/32 -p tcp -m tcp --dport 80 -j COX-MARK-MASQ'],
    ],
    ['hide nobody when pods cannot be told from others', {}, []],
  ];
  for (const [what, options, expected] of sources) {
    it(what, () => expect(rulesOf({}, ['10.244.0.2'], options).nat.get(svc)!.slice(0, -1)).to.deep.equal(expected));
  }

  it('have chain names that iptables takes, other ones for other protocols', () => {
    const ports = [
      { name: 'a', port: 53, protocol: 'UDP' },
      { name: 'b', port: 53, protocol: 'TCP' },
    ];
    const set = rules(servicePorts([webService({ ports })], [webSlice(['10.244.0.2'], ports)], 'n1'), {});
    const names = [...set.nat.keys()];
    expect(names.filter((n) => n.startsWith('COX-SEP-'))).to.have.length(2);
    for (const name of names) expect(name).to.match(/^COX-[A-Z0-9-]{1,24}$/);
  });
});
