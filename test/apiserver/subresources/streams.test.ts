import { expect } from 'chai';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { pods } from '../test-server.ts';
import { ProxyWorld } from './proxy-world.ts';

describe('streams to kubelets', () => {
  let world: ProxyWorld;
  let seen: string[] = [];
  const upgrade = { connection: 'Upgrade', upgrade: 'SPDY/3.1' };

  before(async () => {
    world = await ProxyWorld.start();
    const kubelet = await world.kubelet('n1', (request, response) => {
      seen.push(request.url!);
      if (request.url!.includes('/broken/')) response.writeHead(400).end('container "c" is waiting to start');
      else response.end('a line\n');
    });
    kubelet.on('upgrade', (request: IncomingMessage, socket) => {
      seen.push(request.url!);
      socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\nConnection: close\r\n\r\ngone');
    });
    const container = { name: 'c', image: 'i' };
    await world.pod('p', '10.1.2.3', { nodeName: 'n1', containers: [container] });
    await world.pod('broken', '10.1.2.4', { nodeName: 'n1', containers: [container] });
    await world.pod('two', '10.1.2.5', {
      nodeName: 'n1',
      containers: [container, { name: 'd', image: 'i' }],
      initContainers: [{ name: 'i1', image: 'i' }],
    });
    await world.pod('nowhere', '10.1.2.6');
    await world.pod('lost', '10.1.2.7', { nodeName: 'n9' });
  });
  after(() => world.stop());
  beforeEach(() => {
    seen = [];
  });

  const passed: [string, string][] = [
    [
      'p/exec?command=sh&command=-c&command=a%20b&stdin=true&tty=true',
      '/exec/default/p/c?command=sh&command=-c&command=a+b&input=1&tty=1',
    ],
    ['p/exec?command=ls&stdout=true&stderr=false', '/exec/default/p/c?command=ls&output=1'],
    ['p/exec?command=ls', '/exec/default/p/c?command=ls&output=1&error=1'],
    ['two/exec?command=ls&container=d&stdout=1', '/exec/default/two/d?command=ls&output=1'],
    ['two/attach?container=i1&stdin=1', '/attach/default/two/i1?input=1'],
    ['p/portforward', '/portForward/default/p'],
    ['p/portforward?ports=80&ports=443', '/portForward/default/p?port=80%2C443'],
  ];
  for (const [from, to] of passed) {
    it(`pass ${from} on, and the kubelet's refusal back`, async () => {
      const reply = await world.call('POST', `${pods}/${from}`, upgrade);
      expect([reply.status, reply.text]).to.deep.equal([404, 'gone']);
      expect(seen).to.deep.equal([to]);
    });
  }

  const choose =
    'a container name must be specified for pod two, choose one of: [c d] or one of the init containers: [i1]';
  const refused: [string, number, string][] = [
    ['none/exec?command=ls', 404, 'pods "none" not found'],
    ['two/exec?command=ls', 400, choose],
    ['two/attach', 400, choose],
    ['p/exec?command=ls&container=x', 400, 'container x is not valid for pod p'],
    ['nowhere/exec?command=ls', 400, 'pod nowhere does not have a host assigned'],
    ['nowhere/portforward', 400, 'pod nowhere does not have a host assigned'],
    ['lost/exec?command=ls', 404, 'nodes "n9" not found'],
    ['p/portforward?ports=x', 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
  ];
  for (const [path, code, message] of refused) {
    it(`refuse ${path}`, async () => {
      const { status, body } = await world.call('POST', `${pods}/${path}`, upgrade);
      expect([status, body.message]).to.deep.equal([code, message]);
      expect(seen).to.deep.equal([]);
    });
  }

  it('are no plain HTTP', async () => {
    for (const name of ['exec?command=ls', 'attach', 'portforward']) {
      const { status, body } = await world.call('POST', `${pods}/p/${name}`);
      expect([status, body.message]).to.deep.equal([400, 'Upgrade request required']);
    }
  });

  describe('logs', () => {
    it('come from the kubelet, with all options', async () => {
      const query =
        'follow=true&previous=true&timestamps=true&sinceSeconds=5&tailLines=0&limitBytes=1000&insecureSkipTLSVerifyBackend=true';
      const reply = await world.call('GET', `${pods}/p/log?${query}&container=c&other=1`);
      expect([reply.status, reply.text, reply.headers['content-type']]).to.deep.equal([200, 'a line\n', 'text/plain']);
      expect(seen[0]).to.equal(`/containerLogs/default/p/c?${query.replace('&insecureSkipTLSVerifyBackend=true', '')}`);
    });

    for (const [protocol, wanted] of [
      ['binary.k8s.io', 'a line\n'],
      ['base64.binary.k8s.io', Buffer.from('a line\n').toString('base64')],
    ] as const) {
      it(`come as messages of a WebSocket that speaks ${protocol}`, async () => {
        const url = `wss://127.0.0.1:${world.port}${pods}/p/log`;
        const headers = { authorization: 'Bearer good' };
        const socket = new WebSocket(url, protocol, { ca: world.ca.certificate, headers });
        const messages: Buffer[] = [];
        socket.on('message', (data: Buffer) => messages.push(data));
        const [code] = await once(socket, 'close');
        expect([socket.protocol, code, Buffer.concat(messages).toString()]).to.deep.equal([protocol, 1000, wanted]);
      });
    }

    it('of a pod on no node are none', async () => {
      const reply = await world.call('GET', `${pods}/nowhere/log`);
      expect([reply.status, reply.text]).to.deep.equal([204, '']);
    });

    it('come with the sentence of the kubelet', async () => {
      const { status, body } = await world.call('GET', `${pods}/broken/log`);
      expect([status, body.reason, body.message]).to.deep.equal([
        400,
        'BadRequest',
        'container "c" is waiting to start',
      ]);
    });

    const wrong: [string, number, string][] = [
      ['tailLines=-1', 422, 'tailLines: Invalid value: -1: must be greater than or equal to 0'],
      ['limitBytes=0', 422, 'limitBytes: Invalid value: 0: must be greater than 0'],
      ['sinceSeconds=0', 422, 'sinceSeconds: Invalid value: 0: must be greater than 0'],
      [
        'sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z',
        422,
        '[]: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
      ],
      ['stream=Both', 422, 'stream: Unsupported value: "Both": supported values: "All", "Stdout", "Stderr"'],
      [
        'stream=Stdout&tailLines=1',
        422,
        '[]: Forbidden: `tailLines` and specific `stream` are mutually exclusive for now',
      ],
      ['tailLines=x', 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
      ['sinceTime=yesterday', 400, 'cannot parse "yesterday" as "2006"'],
      ['container=x', 400, 'container x is not valid for pod p'],
    ];
    for (const [query, code, message] of wrong) {
      it(`refuse ${query}`, async () => {
        const { status, body } = await world.call('GET', `${pods}/p/log?${query}`);
        expect(status).to.equal(code);
        expect(body.message).to.contain(message);
        expect(seen).to.deep.equal([]);
      });
    }

    it('say all that is wrong at once', async () => {
      const { body } = await world.call('GET', `${pods}/p/log?tailLines=-1&limitBytes=-5`);
      expect(body.details.causes.map((c: any) => c.field)).to.deep.equal(['tailLines', 'limitBytes']);
      expect(body.message).to.match(/^PodLogOptions "p" is invalid: \[/);
    });
  });
});
