import { encode, type Packet } from 'dns-packet';
import { expect } from 'chai';
import { noLog } from '../../src/base/log.ts';
import { MetricRegistry } from '../../src/base/metrics.ts';
import { realClock, type Clock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { DnsMetrics } from '../../src/dns/metrics.ts';
import { AnswerStore, lifetime } from '../../src/dns/upstream/answer-store.ts';
import type { UpstreamAddress } from '../../src/dns/upstream/exchange.ts';
import { Forwarder } from '../../src/dns/upstream/forwarder.ts';
import { ServerHealth } from '../../src/dns/upstream/server-health.ts';
import { nameserversOf, parseUpstream } from '../../src/dns/upstream/servers.ts';
import { recordType } from '../../src/dns/wire/constants.ts';
import { addressRecord, authorityRecord } from '../../src/dns/wire/record.ts';
import { bare } from '../../src/dns/wire/response.ts';
import { reply, upstreamServer, type Behaviour, type UpstreamServer } from './upstream-server.ts';

const name = 'www.example.com';

function address(query: Packet, data = '192.0.2.1', ttl = 300): Packet {
  return reply(query, { answers: [{ type: 'A', name: query.questions![0]!.name, ttl, data }] });
}

/** On a busy machine nobody is late. */
const patient: Clock = { ...realClock, after: (ms, fn) => realClock.after(ms * 20, fn) };

describe('Forwarder', () => {
  const servers: UpstreamServer[] = [];
  const metrics = () => new DnsMetrics(new MetricRegistry(), { server: 'dns://:53', six: false, version: 'test' });
  const forwarder = (addresses: readonly UpstreamAddress[], clock = patient) =>
    new Forwarder({
      servers: () => addresses,
      clock,
      random: seededRandom(7),
      log: noLog,
      metrics: metrics(),
    });
  const server = async (behaviour: Behaviour) => {
    const made = await upstreamServer(behaviour);
    servers.push(made);
    return made;
  };
  const to = async (...behaviours: Behaviour[]) => {
    const made = await Promise.all(behaviours.map(server));
    return { forwarder: forwarder(made.map((s) => s.address)), asked: made.map((s) => s.asked) };
  };
  const ask = async (f: Forwarder, of = name) => {
    const { rcode, answers } = await f.resolve(of, recordType.A);
    return { rcode, answers: answers.map((a) => `${a.name.toLowerCase()} ${(a.data[0] as Buffer).join('.')}`) };
  };
  const good = { rcode: 0, answers: [`${name} 192.0.2.1`] };

  afterEach(async () => {
    for (const one of servers.splice(0)) await one.stop();
  });

  it('asks for the name in a random case, and remembers the answer', async () => {
    const names = new Set<string>();
    const { forwarder: f, asked } = await to((query) => {
      names.add(query.questions![0]!.name);
      return address(query);
    });
    expect(await ask(f)).to.deep.equal(good);
    expect(await ask(f, 'WWW.example.com')).to.deep.equal(good);
    expect(asked[0]).to.deep.equal([`udp ${name} A`]);
    expect([...names][0]).to.not.equal(name);
  });

  it('asks once for those who ask at the same time', async () => {
    const { forwarder: f, asked } = await to((query) => address(query));
    expect(await Promise.all([ask(f), ask(f), ask(f)])).to.deep.equal([good, good, good]);
    expect(asked[0]).to.have.length(1);
  });

  it('asks over TCP for what is cut', async () => {
    const { forwarder: f, asked } = await to((query, over) =>
      over === 'udp' ? reply(query, { flags: 0x0200 }) : address(query),
    );
    expect(await ask(f)).to.deep.equal(good);
    expect(asked[0]).to.deep.equal([`udp ${name} A`, `tcp ${name} A`]);
  });

  const forged: [string, (query: Packet) => Packet | Buffer][] = [
    ['another id', (query) => ({ ...address(query, '192.0.2.66'), id: (query.id! + 1) % 65_536 })],
    [
      'another name',
      (query) => ({ ...address(query, '192.0.2.66'), questions: [{ type: 'A', name: 'other.example.com' }] }),
    ],
    [
      'another type',
      (query) => ({ ...address(query, '192.0.2.66'), questions: [{ type: 'AAAA', name: query.questions![0]!.name }] }),
    ],
    ['no answer at all', (query) => ({ ...address(query, '192.0.2.66'), type: 'query' })],
    ['something unreadable', (query) => encode(address(query)).subarray(0, 20)],
  ];
  for (const [title, forge] of forged) {
    it(`does not believe ${title}`, async () => {
      const { forwarder: f } = await to((query) => [forge(query), address(query)]);
      expect(await ask(f)).to.deep.equal(good);
    });
  }

  it('asks over TCP when the case does not come back', async () => {
    const { forwarder: f, asked } = await to((query) => ({
      ...address(query),
      questions: [{ type: 'A' as const, name: query.questions![0]!.name.toLowerCase() }],
    }));
    expect(await ask(f)).to.deep.equal(good);
    expect(asked[0]).to.deep.equal([`udp ${name} A`, `tcp ${name} A`]);
  });

  it('asks over TCP when somebody guesses', async () => {
    const { forwarder: f } = await to((query, over) => {
      const guess = (n: number) => ({ ...address(query, '192.0.2.66'), id: (query.id! + n) % 65_536 });
      return over === 'tcp' ? address(query) : [guess(1), guess(2), guess(3), address(query, '192.0.2.66')];
    });
    expect(await ask(f)).to.deep.equal(good);
  });

  for (const code of [2, 5]) {
    it(`asks the next after the code ${code}`, async () => {
      const { forwarder: f } = await to(
        (query) => reply(query, { rcode: code }),
        (query) => address(query),
      );
      expect(await ask(f)).to.deep.equal(good);
    });
  }

  it('asks the next where nobody listens, and in the end says that it failed', async () => {
    const gone = await upstreamServer(() => undefined);
    await gone.stop();
    const there = await server((query) => address(query));
    expect(await ask(forwarder([gone.address, there.address]))).to.deep.equal(good);
    expect(await ask(forwarder([gone.address]))).to.deep.equal({ rcode: 2, answers: [] });
    expect(await ask(forwarder([]))).to.deep.equal({ rcode: 2, answers: [] });
  });

  it('asks the next when one is silent', async () => {
    const [silent, there] = [await server(() => undefined), await server((query) => address(query))];
    let waits = 0;
    const late = (ms: number) => (waits++ === 0 ? 1 : ms * 20);
    const clock: Clock = { ...realClock, after: (ms, fn) => realClock.after(late(ms), fn) };
    const f = forwarder([silent.address, there.address], clock);
    expect(await ask(f)).to.deep.equal(good);
  });

  it('fails at once while all are silent, and asks again after a while', async () => {
    let now = 0;
    let mute = true;
    const clock: Clock = {
      ...realClock,
      monotonic: () => now,
      after: (ms, fn) => realClock.after(mute ? 1 : ms * 20, fn),
    };
    const one = await server((query) => (mute ? undefined : address(query)));
    const f = forwarder([one.address], clock);
    const failed = { rcode: 2, answers: [] };
    expect(await ask(f, 'a.example.com')).to.deep.equal(failed);
    const { length } = one.asked;
    for (const other of ['b', 'c', 'd']) expect(await ask(f, `${other}.example.com`)).to.deep.equal(failed);
    expect(one.asked).to.have.length(length);
    [now, mute] = [10_000, false];
    expect((await ask(f, 'e.example.com')).rcode).to.equal(0);
    expect((await ask(f, 'f.example.com')).rcode).to.equal(0);
  });

  it('speaks without EDNS to those who do not know it', async () => {
    const { forwarder: f } = await to((query) =>
      query.additionals?.length ? reply(query, { rcode: 1 }) : address(query),
    );
    expect(await ask(f)).to.deep.equal(good);
  });

  it('tells of names that do not exist, and remembers it', async () => {
    const soa = {
      mname: 'ns.example.com',
      rname: 'x.example.com',
      serial: 1,
      refresh: 1,
      retry: 1,
      expire: 1,
      minimum: 20,
    };
    const { forwarder: f, asked } = await to((query) =>
      reply(query, { rcode: 3, authorities: [{ type: 'SOA', name: 'example.com', ttl: 600, data: soa }] }),
    );
    for (let i = 0; i < 2; i++) {
      const { rcode, authority } = await f.resolve(name, recordType.A);
      expect(rcode).to.equal(3);
      expect(authority[0]!.ttl).to.be.within(10, 20);
    }
    expect(asked[0]).to.have.length(1);
  });

  it('knows its own question when it comes back', async () => {
    const seen: boolean[] = [];
    const made: Forwarder[] = [];
    const { forwarder: f } = await to((query) => {
      seen.push(made[0]!.cameBack(query.questions![0]!.name, recordType.A), made[0]!.cameBack(name, recordType.A));
      return reply(query, { rcode: 2 });
    });
    made.push(f);
    expect((await ask(f)).rcode).to.equal(2);
    expect(seen.slice(0, 2)).to.deep.equal([true, false]);
  });
});

describe('ServerHealth', () => {
  const [a, b] = [
    { host: '192.0.2.1', port: 53 },
    { host: '192.0.2.2', port: 53 },
  ];
  const order = (health: ServerHealth, now: number) =>
    health
      .candidates([a, b], now)
      .map((c) => c.server.host.slice(-1))
      .join('');

  it('does not ask whom three questions in a row got no answer from, but now and then', () => {
    const health = new ServerHealth();
    health.answered(a);
    for (const step of ['12', '12', '2']) {
      health.failed(a, 0);
      expect(order(health, 0)).to.equal(step);
    }
    expect(order(health, 1999)).to.equal('2');
    expect(order(health, 2000)).to.equal('21');
    health.failed(a, 2000);
    expect(order(health, 5999)).to.equal('2');
    for (let now = 6000; now < 60_000; now += 5000) {
      expect(order(health, now)).to.equal('21');
      health.failed(a, now);
    }
    health.answered(a);
    expect(order(health, 60_000)).to.equal('12');
  });

  it('waits once for a server that has never answered', () => {
    const health = new ServerHealth();
    health.failed(a, 0);
    health.failed(b, 0);
    expect(order(health, 1)).to.equal('');
  });

  it('lets one question at a time wait for a server that was silent', () => {
    const health = new ServerHealth();
    for (const server of [a, b]) health.failed(server, 0);
    expect(health.candidates([a, b], 2000)).to.deep.equal([{ server: a, patience: 700 }]);
    const over = health.asking(a);
    expect(order(health, 2000)).to.equal('2');
    health.asking(b);
    expect(order(health, 2000)).to.equal('');
    over();
    expect(order(health, 2000)).to.equal('1');
  });
});

describe('AnswerStore', () => {
  const found = (ttl: number) => ({ ...bare(0), answers: [addressRecord(name, ttl, '192.0.2.1')] });
  const soa = (ttl: number) =>
    authorityRecord('com', ttl, { server: 'a', mailbox: 'b', serial: 1, refresh: 1, retry: 1, expire: 1 });

  const lives: [string, Parameters<typeof lifetime>[0], number][] = [
    ['as long as it says', found(20), 20],
    ['not for long', found(3600), 30],
    ['for a little at least', found(0), 5],
    ['what is not there, as its SOA record says', { ...bare(3), authority: [soa(12)] }, 12],
    ['not, when nobody says for how long something is not there', bare(3), 0],
    ['a failure', bare(2), 5],
    ['not what was refused', bare(5), 0],
  ];
  for (const [title, answer, seconds] of lives)
    it(`remembers ${title}`, () => expect(lifetime(answer)).to.equal(seconds));

  it('counts the time down, and forgets', () => {
    const store = new AnswerStore();
    store.put('x', found(3600), 1000);
    expect(store.get('x', 1000)!.answers[0]!.ttl).to.equal(30);
    expect(store.get('x', 11_500)!.answers[0]!.ttl).to.equal(20);
    expect(store.get('x', 31_000)).to.equal(undefined);
    expect(store.size).to.equal(0);
  });

  it('keeps no more than it may, the last used', () => {
    const store = new AnswerStore(2);
    for (const key of ['a', 'b']) store.put(key, found(30), 0);
    store.get('a', 0);
    store.put('c', found(30), 0);
    expect([store.get('a', 0), store.get('b', 0), store.get('c', 0)].map(Boolean)).to.deep.equal([true, false, true]);
  });
});

describe('the servers of a resolver file', () => {
  it('are the first three addresses', () => {
    const text =
      '# one\nsearch lan\nnameserver 192.0.2.1\n nameserver\t2001:db8::1 \nnameserver nobody\nnameserver 192.0.2.2\nnameserver 192.0.2.3\n';
    expect(nameserversOf(text).map((s) => s.host)).to.deep.equal(['192.0.2.1', '2001:db8::1', '192.0.2.2']);
  });

  it('can be given by hand', () => {
    expect(parseUpstream('192.0.2.1')).to.deep.equal({ host: '192.0.2.1', port: 53 });
    expect(parseUpstream('[2001:db8::1]:5353')).to.deep.equal({ host: '2001:db8::1', port: 5353 });
    for (const bad of ['', 'example.com', '192.0.2.1:0', '192.0.2.1:99999', '2001:db8::1:x'])
      expect(() => parseUpstream(bad), bad).to.throw('is not the address');
  });
});
