import { expect } from 'chai';
import { once } from 'node:events';
import * as https from 'node:https';
import { connect } from 'node:tls';
import { WebSocket } from 'ws';
import { protobuf } from '../../src/api/protobuf.ts';
import { openEnvelope } from '../../src/apimachinery/protobuf/envelope.ts';
import { CertificateAuthority } from '../../src/auth/certificates.ts';
import { realClock } from '../../src/base/clock.ts';
import { configMap, configMaps, TestServer } from './test-server.ts';

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';

/** A WebSocket of which every message can be waited for. */
class Client {
  readonly socket: WebSocket;
  #messages: { data: Buffer; binary: boolean }[] = [];
  #wake: (() => void) | undefined;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer, binary) => {
      this.#messages.push({ data, binary });
      this.#wake?.();
    });
  }

  async next(): Promise<{ data: Buffer; binary: boolean }> {
    while (this.#messages.length === 0) await new Promise<void>((wake) => (this.#wake = wake));
    return this.#messages.shift()!;
  }

  async event(): Promise<any> {
    const { data, binary } = await this.next();
    expect(binary).to.equal(false);
    return JSON.parse(data.toString());
  }
}

describe('watches over HTTPS', () => {
  let api: TestServer;
  let ca: CertificateAuthority;
  let port: number;

  before(async () => {
    ca = await CertificateAuthority.create('test', realClock);
    const { certificate: cert, privateKey: key } = await ca.issue({
      commonName: 'server',
      ips: ['127.0.0.1'],
      usages: ['server'],
      days: 1,
    });
    api = new TestServer({ clock: realClock });
    ({ port } = await api.server.listen({ host: '127.0.0.1', port: 0, cert, key }));
    await api.post(configMaps, configMap('a'));
  });
  after(() => api.close());

  const url = (query: string) => `wss://127.0.0.1:${port}${configMaps}?watch=1&${query}`;

  async function open(query: string, protocols: string[] = [], headers: Record<string, string> = {}): Promise<Client> {
    const authorization = { authorization: 'Bearer good' };
    const socket = new WebSocket(url(query), protocols, {
      ca: ca.certificate,
      headers: { ...(!protocols.some((p) => p.startsWith('base64url.')) && authorization), ...headers },
    });
    const client = new Client(socket);
    await once(socket, 'open');
    return client;
  }

  it('end an answer over HTTP/1.1 as a whole one', async () => {
    const request = https.request({
      host: '127.0.0.1',
      port,
      ca: ca.certificate,
      agent: false as const,
      path: `${configMaps}?watch=1&timeoutSeconds=1&allowWatchBookmarks=true`,
      headers: { authorization: 'Bearer good', 'accept-encoding': 'gzip' },
    });
    request.end();
    const [response] = await once(request, 'response');
    expect(response.headers).to.include({ 'transfer-encoding': 'chunked', 'content-type': 'application/json' });
    expect(response.headers).not.to.have.property('content-encoding');
    let text = '';
    for await (const chunk of response) text += String(chunk);
    expect(response.complete).to.equal(true);
    const types = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).type);
    expect(types).to.deep.equal(['ADDED', 'BOOKMARK']);
  });

  it('send an event as a text message over WebSocket', async () => {
    const client = await open('fieldSelector=metadata.name%3Da');
    const first = await client.event();
    expect([first.type, first.object.metadata.name]).to.deep.equal(['ADDED', 'a']);
    expect(client.socket.protocol).to.equal('');
    await api.put(`${configMaps}/a`, configMap('a', { data: { k: '1' } }));
    expect((await client.event()).object.data).to.deep.equal({ k: '1' });
    client.socket.close();
    await once(client.socket, 'close');
  });

  it('speak the protocol that is offered, and take a token from there', async () => {
    const token = `base64url.bearer.authorization.k8s.io.${Buffer.from('good').toString('base64url')}`;
    for (const protocol of ['base64.binary.k8s.io', 'binary.k8s.io']) {
      const client = await open('', [token, protocol]);
      expect(client.socket.protocol).to.equal(protocol);
      expect((await client.event()).type).to.equal('ADDED');
      client.socket.close();
    }
  });

  it('send Tables, metadata alone, bookmarks and errors', async () => {
    const rows = await open('', [], { accept: table });
    const first = await rows.event();
    expect([first.object.kind, first.object.rows[0].cells[0]]).to.deep.equal(['Table', 'a']);
    rows.socket.close();
    const partial = await open(
      'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
      [],
      {
        accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
      },
    );
    expect((await partial.event()).object.kind).to.equal('PartialObjectMetadata');
    expect((await partial.event()).type).to.equal('BOOKMARK');
    partial.socket.close();
    const future = await open('sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=999999');
    const error = await future.event();
    expect([error.type, error.object.code]).to.deep.equal(['ERROR', 504]);
    await once(future.socket, 'close');
  });

  it('send protobuf as binary messages, without their length', async () => {
    const client = await open('fieldSelector=metadata.name%3Da', [], { accept: 'application/vnd.kubernetes.protobuf' });
    const { data, binary } = await client.next();
    expect(binary).to.equal(true);
    const type = data.subarray(2, 2 + data[1]!).toString();
    const at = data.indexOf('k8s\0');
    const { kind, raw } = openEnvelope(data.subarray(at));
    const object = protobuf().decode('io.k8s.api.core.v1.ConfigMap', raw) as any;
    expect([type, kind, object.metadata.name]).to.deep.equal(['ADDED', 'ConfigMap', 'a']);
    client.socket.close();
  });

  it('end when their time is over', async () => {
    const client = await open('timeoutSeconds=1');
    const [code] = await once(client.socket, 'close');
    expect(code).to.equal(1000);
  });

  it('are refused as any request is', async () => {
    const refused = async (path: string, headers: Record<string, string>) => {
      const request = https.request({
        host: '127.0.0.1',
        port,
        path,
        ca: ca.certificate,
        agent: false as const,
        headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', ...headers },
      });
      request.end();
      const [response] = await once(request, 'response');
      return response.statusCode as number;
    };
    const key = { authorization: 'Bearer good', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
    expect(await refused(`${configMaps}?watch=1&labelSelector=a,,b`, key)).to.equal(400);
    expect(await refused(`${configMaps}?watch=1`, { ...key, authorization: 'Bearer bad' })).to.equal(401);
    expect(await refused(`${configMaps}?watch=1`, { authorization: 'Bearer good' })).to.equal(400);
    expect(await refused(`${configMaps}/none`, key)).to.equal(404);
  });

  it('leaves requests alone that offer to speak something else', async () => {
    const socket = connect({ host: '127.0.0.1', port, ca: ca.certificate });
    await once(socket, 'secureConnect');
    const body = JSON.stringify(configMap('offered'));
    socket.write(
      `POST ${configMaps} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\n` +
        `Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const [answer] = await once(socket, 'data');
    expect(String(answer)).to.match(/^HTTP\/1\.1 201 /);
    socket.destroy();
  });
});
