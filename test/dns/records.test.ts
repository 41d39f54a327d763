import { expect } from 'chai';
import { zoneAnswer } from '../../src/dns/records.ts';
import { recordType } from '../../src/dns/wire/constants.ts';
import { readQuery, type Query } from '../../src/dns/wire/query.ts';
import { writeQuery } from '../../src/dns/wire/reply.ts';
import { writeResponse } from '../../src/dns/wire/response.ts';
import { decode, type Answer } from 'dns-packet';
import { someCluster } from './cluster.ts';

const settings = { domain: 'cluster.local', ttl: 30, serial: 7 };
const cluster = someCluster();

/** What an independent reader makes of the answer, in the notation of zone files. */
function answerTo(name: string, type: keyof typeof recordType) {
  const found = zoneAnswer(name, recordType[type], cluster, settings);
  if (!found) return undefined;
  const query = readQuery(writeQuery(1, name, recordType[type], { edns: true })) as Query;
  const message: any = decode(writeResponse(query, { ...found, authoritative: true }, 65_535).bytes);
  const texts = (records: Answer[]) => records.filter((r) => (r.type as string) !== 'OPT').map(text);
  return {
    rcode: message.rcode as string,
    answers: texts(message.answers),
    more: texts(message.additionals),
    authority: texts(message.authorities),
    next: found.next,
  };
}

function text({ name, type, ttl, data }: any): string {
  const { priority, weight, port, target, mname, minimum } = data;
  const value =
    type === 'SRV'
      ? `${priority} ${weight} ${port} ${target}`
      : type === 'SOA'
        ? `${mname} ${minimum}`
        : type === 'TXT'
          ? String(data[0])
          : data;
  return `${name} ${ttl} ${type} ${value}`;
}

const soa = 'cluster.local 30 SOA ns.dns.cluster.local 30';
const at = (below: string) => `${below}.cluster.local`;
const web = at('web.shop.svc');
const db = at('db.shop.svc');

describe('zoneAnswer', () => {
  const found: [string, keyof typeof recordType, string[]][] = [
    [web, 'A', [`${web} 30 A 10.96.0.7`]],
    [web, 'AAAA', [`${web} 30 AAAA fd00::7`]],
    [db, 'A', [`${db} 30 A 10.244.0.5`, `${db} 30 A 10.244.0.6`, `${db} 30 A 10.244.0.8`]],
    [db, 'AAAA', [`${db} 30 AAAA fd01::5`]],
    [`db-0.${db}`, 'A', [`db-0.${db} 30 A 10.244.0.5`]],
    [`db-0.${db}`, 'AAAA', [`db-0.${db} 30 AAAA fd01::5`]],
    [`10-244-0-8.${db}`, 'A', [`10-244-0-8.${db} 30 A 10.244.0.8`]],
    [`10-244-0-9.${web}`, 'A', [`10-244-0-9.${web} 30 A 10.244.0.9`]],
    [`_http._tcp.${web}`, 'SRV', [`_http._tcp.${web} 30 SRV 0 100 80 ${web}`]],
    [web, 'SRV', [`${web} 30 SRV 0 50 80 ${web}`, `${web} 30 SRV 0 50 9090 ${web}`]],
    [
      `_http._tcp.${db}`,
      'SRV',
      ['db-0', 'db-1', '10-244-0-8'].map((host) => `_http._tcp.${db} 30 SRV 0 33 8080 ${host}.${db}`),
    ],
    [at('outside.shop.svc'), 'CNAME', [`${at('outside.shop.svc')} 30 CNAME example.com`]],
    ['7.0.96.10.in-addr.arpa', 'PTR', [`7.0.96.10.in-addr.arpa 30 PTR ${web}`]],
    ['5.0.244.10.in-addr.arpa', 'PTR', [`5.0.244.10.in-addr.arpa 30 PTR db-0.${db}`]],
    ['8.0.244.10.in-addr.arpa', 'PTR', [`8.0.244.10.in-addr.arpa 30 PTR 10-244-0-8.${db}`]],
    [`7.${'0.'.repeat(29)}d.f.ip6.arpa`, 'PTR', [`7.${'0.'.repeat(29)}d.f.ip6.arpa 30 PTR ${web}`]],
    [at('10-1-2-3.shop.pod'), 'A', [`${at('10-1-2-3.shop.pod')} 30 A 10.1.2.3`]],
    [at('fd01--5.shop.pod'), 'AAAA', [`${at('fd01--5.shop.pod')} 30 AAAA fd01::5`]],
    [at('dns-version'), 'TXT', [`${at('dns-version')} 30 TXT 1.1.0`]],
    ['cluster.local', 'NS', ['cluster.local 30 NS kube-dns.kube-system.svc.cluster.local']],
    ['cluster.local', 'SOA', [soa]],
    [at('ns.dns'), 'A', [`${at('ns.dns')} 30 A 10.96.0.10`]],
  ];
  for (const [name, type, answers] of found) {
    it(`${name} ${type}`, () => {
      const answer = answerTo(name, type)!;
      expect(answer.answers).to.deep.equal(answers);
      expect(answer).to.include({ rcode: 'NOERROR' });
      expect(answer.authority).to.deep.equal([]);
    });
  }

  it('adds the addresses of the hosts that SRV and NS records name', () => {
    expect(answerTo(`_http._tcp.${web}`, 'SRV')!.more).to.deep.equal([
      `${web} 30 A 10.96.0.7`,
      `${web} 30 AAAA fd00::7`,
    ]);
    expect(answerTo(`_http._tcp.${db}`, 'SRV')!.more).to.deep.equal([
      `db-0.${db} 30 A 10.244.0.5`,
      `db-0.${db} 30 AAAA fd01::5`,
      `db-1.${db} 30 A 10.244.0.6`,
      `10-244-0-8.${db} 30 A 10.244.0.8`,
    ]);
    expect(answerTo('cluster.local', 'NS')!.more).to.deep.equal([
      'kube-dns.kube-system.svc.cluster.local 30 A 10.96.0.10',
    ]);
  });

  it('says of an alias what is to be asked next, unless the alias itself was asked for', () => {
    expect(answerTo(at('outside.shop.svc'), 'A')!.next).to.equal('example.com');
    expect(answerTo(at('outside.shop.svc'), 'CNAME')!.next).to.equal(undefined);
  });

  const nothing: [string, keyof typeof recordType, string][] = [
    [web, 'MX', 'another type'],
    [`_http._tcp.${web}`, 'A', 'a name that has other records only'],
    [`_tcp.${web}`, 'SRV', 'a name between'],
    [at('empty.shop.svc'), 'A', 'a headless service without endpoints'],
    [`_http._tcp.${at('empty.shop.svc')}`, 'SRV', 'its ports'],
    [at('shop.svc'), 'A', 'a namespace'],
    [at('shop.pod'), 'A', 'the pods of a namespace'],
    [at('svc'), 'A', 'all services'],
    ['cluster.local', 'A', 'the zone'],
    [at('dns-version'), 'A', 'the version'],
    [at('10-1-2-3.shop.pod'), 'AAAA', 'the other family of a pod'],
    ['7.0.96.10.in-addr.arpa', 'A', 'an address of an address'],
  ];
  for (const [name, type, title] of nothing) {
    it(`has nothing, but knows the name: ${title}`, () =>
      expect(answerTo(name, type)).to.deep.include({ rcode: 'NOERROR', answers: [], authority: [soa] }));
  }

  const unknown: [string, string][] = [
    [at('nobody.shop.svc'), 'a service'],
    [at('web.nowhere.svc'), 'a namespace'],
    [at('nowhere.svc'), 'a namespace of its own'],
    [at('10-1-2-3.nowhere.pod'), 'a pod of an unknown namespace'],
    [at('10-1-2.shop.pod'), 'no address'],
    [at('10-1-2-300.shop.pod'), 'no address either'],
    [at('x.10-1-2-3.shop.pod'), 'below a pod'],
    [at('kubernetes'), 'a name of none of the parts'],
    [`db-2.${db}`, 'an endpoint that is not ready'],
    [`nobody.${db}`, 'an endpoint'],
    [`_https._tcp.${web}`, 'a port'],
    [`_http._udp.${web}`, 'a protocol'],
    [`_udp.${web}`, 'a name below which nothing is'],
    [`_._tcp.${at('plain.shop.svc')}`, 'a port without a name'],
    [`http.tcp.${web}`, 'a port without underscores'],
    [`http._tcp.${web}`, 'a port with one'],
    [`a.b.c.${web}`, 'too deep'],
    [`*.${at('shop.svc')}`, 'a wildcard'],
    [`*.${db}`, 'a wildcard for endpoints'],
    [`any.any.${at('svc')}`, 'a wildcard of old'],
    [`x.${at('outside.shop.svc')}`, 'below an alias'],
    [`x.${at('dns-version')}`, 'below the version'],
  ];
  for (const [name, title] of unknown) {
    it(`does not know ${title}`, () => {
      for (const type of ['A', 'SRV'] as const)
        expect(answerTo(name, type)).to.deep.include({ rcode: 'NXDOMAIN', answers: [], authority: [soa] });
    });
  }

  it('leaves to others what is not of the cluster', () => {
    for (const name of [
      'example.com',
      'local',
      'notcluster.local',
      'xcluster.local',
      '9.9.9.9.in-addr.arpa',
      'in-addr.arpa',
      'ip6.arpa',
      '',
    ])
      expect(zoneAnswer(name, recordType.A, cluster, settings), name).to.equal(undefined);
  });

  it('follows the cluster', () => {
    const state = someCluster();
    const ask = (name: string, type: number = recordType.A) => zoneAnswer(name, type, state, settings);
    state.services.remove({ metadata: { namespace: 'shop', name: 'web' } } as any);
    expect(ask(web)!.rcode).to.equal(3);
    expect(ask('7.0.96.10.in-addr.arpa', recordType.PTR)).to.equal(undefined);
    state.slices.remove({ metadata: { namespace: 'shop', name: 'db-1' } } as any);
    expect(ask(db)!.answers).to.deep.equal([]);
    expect(ask(db, recordType.AAAA)!.answers).to.have.length(1);
    state.namespaces.replace([]);
    expect(ask(db)!.rcode).to.equal(3);
    state.services.replace([]);
    state.slices.replace([]);
    expect(ask('5.0.244.10.in-addr.arpa', recordType.PTR)).to.equal(undefined);
  });
});
