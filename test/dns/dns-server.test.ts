import { connect } from 'node:net';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { decode, encode, streamEncode, type Packet } from 'dns-packet';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { noLog } from '../../src/base/log.ts';
import { realClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { endpointSlice } from '../../src/api/discovery-v1/endpoint-slice.ts';
import { namespace as namespaceKind } from '../../src/api/core-v1/namespace.ts';
import { service } from '../../src/api/core-v1/service.ts';
import { Cluster } from '../../src/cluster/cluster.ts';
import { servesOnly } from '../../src/dns/clients.ts';
import { DnsServer } from '../../src/dns/dns-server.ts';
import { someService, someSlice } from './cluster.ts';
import { reply, upstreamServer, type UpstreamServer } from './upstream-server.ts';

const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
const endpoints = (n: number) =>
  [...Array(n).keys()].map((i) => ({ addresses: [`10.244.${i >> 8}.${i & 255}`], hostname: `db-${i}` }));
const web = 'web.shop.svc.cluster.local';
const db = 'db.shop.svc.cluster.local';

describe('DnsServer', () => {
  let cluster: Cluster;
  let upstream: UpstreamServer;
  let server: DnsServer;
  let resolver: Resolver;

  before(async () => {
    cluster = await Cluster.start({ listen: false, controllers: false, scheduler: false });
    const { client } = cluster;
    await client.create(namespaceKind, { metadata: { name: 'shop' } });
    await client.create(service, someService('web', { clusterIP: '10.96.0.7', ports }));
    await client.create(service, someService('db', { clusterIP: 'None', ports }));
    await client.create(service, someService('outside', { type: 'ExternalName', externalName: 'www.example.com' }));
    await client.create(service, someService('inside', { type: 'ExternalName', externalName: web }));
    await client.create(
      service,
      someService('circle', { type: 'ExternalName', externalName: 'circle.shop.svc.cluster.local' }),
    );
    await client.create(endpointSlice, someSlice('db', { ports, endpoints: endpoints(100) }));
    upstream = await upstreamServer((query) => {
      const { name } = query.questions![0]!;
      if (!/^www\.example\.com$/i.test(name)) return reply(query, { rcode: 3 });
      return reply(query, { answers: [{ type: 'A', name, ttl: 300, data: '192.0.2.1' }] });
    });
    server = new DnsServer({
      ...{
        client,
        clock: realClock,
        random: seededRandom(3),
        log: noLog,
        host: '127.0.0.1',
        ports: [0],
        statusPort: 0,
      },
      upstreams: () => [upstream.address],
    });
    await server.start();
    resolver = new Resolver({ timeout: 5000, tries: 2 });
    resolver.setServers([`127.0.0.1:${server.port}`]);
  });

  after(async () => {
    await server?.stop();
    await upstream?.stop();
    await cluster?.stop();
  });

  const question = (name: string, type = 'A', rest: Partial<Packet> = {}): Packet => ({
    ...{ type: 'query', id: 77, flags: 0x0100, ...rest },
    questions: [{ type: type as 'A', name }],
  });

  /** Sends bytes in a datagram. @returns what comes back */
  async function overUdp(message: Buffer): Promise<Buffer> {
    const socket = createSocket('udp4');
    try {
      return await new Promise((resolve, reject) => {
        socket.on('message', resolve).on('error', reject);
        socket.send(message, server.port, '127.0.0.1');
      });
    } finally {
      socket.close();
    }
  }

  const ask = async (packet: Packet): Promise<any> => decode(await overUdp(encode(packet)));

  it('answers what a resolver asks', async () => {
    expect(await resolver.resolve4(web)).to.deep.equal(['10.96.0.7']);
    expect(await resolver.resolveSrv(`_http._tcp.${web}`)).to.deep.equal([
      { name: web, port: 80, priority: 0, weight: 100, type: 'SRV' },
    ]);
    expect(await resolver.reverse('10.96.0.7')).to.deep.equal([web]);
    expect(await resolver.resolve4(`db-3.${db}`)).to.deep.equal(['10.244.0.3']);
    expect(await resolver.resolve4('outside.shop.svc.cluster.local')).to.deep.equal(['192.0.2.1']);
    expect(await resolver.resolve4('inside.shop.svc.cluster.local')).to.deep.equal(['10.96.0.7']);
    expect(await resolver.resolve4('www.example.com', { ttl: true })).to.deep.equal([
      { address: '192.0.2.1', ttl: 30 },
    ]);
    // Too long for a datagram: the resolver comes again over TCP.
    expect(await resolver.resolve4(db)).to.have.length(100);
    expect((await resolver.resolve4(db)).toSorted()).to.deep.equal((await resolver.resolve4(db)).toSorted());
    await resolver.resolve4('nobody.shop.svc.cluster.local').then(
      () => expect.fail('nobody has an address'),
      (error) => expect(error.code).to.equal('ENOTFOUND'),
    );
  });

  it('says the same to those who ask again, in their case, under their id', async () => {
    for (const [id, name] of [
      [1, web],
      [2, web.toUpperCase()],
      [3, 'wEb.shop.SVC.cluster.local'],
    ] as const) {
      const answer = await ask(question(name, 'A', { id }));
      expect(answer).to.include({ id, rcode: 'NOERROR', flag_aa: true, flag_ra: true, flag_rd: true });
      expect(answer.questions[0].name).to.equal(name);
      expect(answer.answers).to.deep.include({
        name,
        type: 'A',
        ttl: 30,
        class: 'IN',
        flush: false,
        data: '10.96.0.7',
      });
    }
    expect(await ask(question(web, 'A', { flags: 0 }))).to.include({ flag_rd: false });
  });

  it('turns the addresses round', async () => {
    const first = new Set<string>();
    for (let i = 0; i < 4; i++) first.add((await ask(question(db))).answers[0].data);
    expect(first.size).to.be.greaterThan(1);
  });

  it('cuts what is too long for a datagram, by what the asker takes', async () => {
    const opt = (udpPayloadSize: number) =>
      [{ type: 'OPT', name: '.', udpPayloadSize, flags: 0x8000, options: [] }] as any;
    for (const [additionals, limit] of [
      [[], 512],
      [opt(100), 512],
      [opt(900), 900],
      [opt(4096), 1232],
    ] as const) {
      const bytes = await overUdp(encode(question(db, 'A', { additionals })));
      const answer: any = decode(bytes);
      expect(bytes.length).to.be.within(limit - 16, limit);
      expect(answer.flag_tc).to.equal(true);
      expect(answer.additionals).to.have.length(additionals.length);
      if (additionals.length > 0) expect(answer.additionals[0]).to.include({ udpPayloadSize: 1232, flags: 0x8000 });
    }
  });

  it('answers several questions on one connection, in one piece and in many', async () => {
    const socket = connect(server.port, '127.0.0.1');
    const asked = [web, 'www.example.com', db, `db-1.${db}`].map((name, id) =>
      streamEncode(question(name, 'A', { id })),
    );
    const bytes = Buffer.concat(asked);
    for (let at = 0; at < bytes.length; at += 7) socket.write(bytes.subarray(at, at + 7));
    socket.write(bytes);
    const counts = new Map<number, number[]>();
    let received = Buffer.alloc(0);
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk]);
      while (received.length > 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        const answer = decode(received.subarray(2, end));
        counts.set(answer.id!, [...(counts.get(answer.id!) ?? []), answer.answers!.length]);
        received = received.subarray(end);
      }
      if ([...counts.values()].flat().length === 8) break;
    }
    expect([0, 1, 2, 3].map((id) => counts.get(id))).to.deep.equal([
      [1, 1],
      [1, 1],
      [100, 100],
      [1, 1],
    ]);
  });

  const codes: [string, () => Packet, string][] = [
    ['any type', () => question(web, 'ANY'), 'REFUSED'],
    ['the whole zone', () => question('cluster.local', 'AXFR'), 'REFUSED'],
    ['what changed of it', () => question('cluster.local', 'IXFR'), 'REFUSED'],
    ['another class', () => ({ ...question(web), questions: [{ type: 'A', class: 'CH', name: web }] }), 'REFUSED'],
    ['updates', () => question(web, 'A', { flags: 5 << 11 }), 'NOTIMP'],
    ['the state of the server', () => question(web, 'A', { flags: 2 << 11 }), 'NOTIMP'],
    ['an alias of itself', () => question('circle.shop.svc.cluster.local'), 'SERVFAIL'],
    ['a name of others that does not exist', () => question('nobody.example.com'), 'NXDOMAIN'],
    [
      'two questions',
      () => ({
        ...question(web),
        questions: [
          { type: 'A', name: web },
          { type: 'A', name: db },
        ],
      }),
      'FORMERR',
    ],
  ];
  for (const [title, packet, rcode] of codes) {
    it(`says ${rcode} to ${title}`, async () => expect(await ask(packet())).to.include({ id: 77, rcode }));
  }

  it('knows no other version of EDNS', async () => {
    const additionals = [
      { type: 'OPT', name: '.', udpPayloadSize: 4096, ednsVersion: 1, flags: 0, options: [] },
    ] as any;
    const answer = await ask(question(web, 'A', { additionals }));
    expect(answer.answers).to.deep.equal([]);
    expect(answer.additionals[0]).to.include({ type: 'OPT', ednsVersion: 0, extendedRcode: 1 });
  });

  it('outlives whatever is sent to it', async () => {
    const whole = encode(
      question(web, 'A', {
        additionals: [{ type: 'OPT', name: '.', udpPayloadSize: 900, flags: 0, options: [] }] as any,
      }),
    );
    const socket = createSocket('udp4');
    const tcp = connect(server.port, '127.0.0.1').on('error', () => {});
    const any = fc.oneof(
      fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
      fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([i, value]) => {
        const bytes = Buffer.from(whole);
        bytes[i] = value;
        return bytes;
      }),
    );
    for (const bytes of fc.sample(any, 2000)) {
      socket.send(bytes, server.port, '127.0.0.1');
      if (!tcp.destroyed) tcp.write(Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]));
    }
    socket.close();
    expect((await ask(question(web))).answers).to.have.length(1);
    tcp.destroy();
  });

  it('follows the cluster', async () => {
    const slice = someSlice('db', { ports, endpoints: [{ addresses: ['10.244.9.9'] }] }, 'db-2');
    await resolver.resolve4(db);
    await cluster.client.create(endpointSlice, slice);
    const known = async () => (await resolver.resolve4(db)).includes('10.244.9.9');
    while (!(await known()));
    await cluster.client.delete(endpointSlice, { namespace: 'shop', name: 'db-2' });
    while (await known());
  });

  it('tells how it is', async () => {
    const page = async (path: string) => (await fetch(`http://127.0.0.1:${server.statusPort}/${path}`)).text();
    expect([await page('health'), await page('ready')]).to.deep.equal(['OK', 'OK']);
    for (const name of [web, 'www.example.com', 'www.example.com']) await resolver.resolve4(name);
    const metrics = await page('metrics');
    expect(metrics).to.match(
      /^coredns_dns_requests_total\{server="dns:\/\/:53",zone="cluster.local.",view="",proto="udp",family="1",type="A"\} [1-9]/m,
    );
    expect(metrics).to.match(/^coredns_dns_responses_total\{.*rcode="NXDOMAIN",plugin="kubernetes"\} [1-9]/m);
    expect(metrics).to.contain('coredns_dns_request_duration_seconds_bucket').and.contain('coredns_cache_hits_total');
    expect(metrics).to.contain('coredns_panics_total 0');
  });
});

describe('a DnsServer that cannot reach the API server', () => {
  it('finds what is not the cluster’s, fails for what is, and says why it is not ready', async () => {
    const upstream = await upstreamServer((query) => reply(query, { rcode: 3 }));
    const client = { list: () => new Promise(() => {}), watch: () => [] } as any;
    const clock = { ...realClock, after: (ms: number, fn: () => void) => realClock.after(ms === 5000 ? 0 : ms, fn) };
    const server = new DnsServer({
      ...{ client, clock, random: seededRandom(3), log: noLog, host: '127.0.0.1', ports: [0], statusPort: 0 },
      upstreams: () => [upstream.address],
    });
    await server.start();
    const resolver = new Resolver();
    resolver.setServers([`127.0.0.1:${server.port}`]);
    const code = (name: string) => resolver.resolve4(name).catch((error) => error.code);
    try {
      expect([await code('example.com'), await code(web)]).to.deep.equal(['ENOTFOUND', 'ESERVFAIL']);
      const ready = await fetch(`http://127.0.0.1:${server.statusPort}/ready`);
      expect([ready.status, await ready.text()]).to.deep.equal([
        503,
        'not known yet: namespaces, services, endpointslices',
      ]);
    } finally {
      await upstream.stop();
      void server.stop();
    }
  });
});

describe('servesOnly', () => {
  const serves = servesOnly(['10.0.0.0/8', '192.0.2.7', 'fd00::/8']);
  const cases: [string, boolean][] = [
    ['10.244.0.5', true],
    ['::ffff:10.244.0.5', true],
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['fd00::5', true],
    ['2001:db8::1', false],
    ['', false],
  ];
  for (const [address, served] of cases) it(`${address}: ${served}`, () => expect(serves(address)).to.equal(served));
});
