import { expect } from 'chai';
import { once } from 'node:events';
import * as http from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { Bench, request, routeOptions } from './planes.ts';

describe('upgraded connections through the ingress', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = new Bench();
    await bench.start();
  });
  afterEach(() => bench.end());

  async function echo() {
    const server = http.createServer((_, res) => void res.writeHead(426, { 'x-why': 'no' }).end('upgrade, please'));
    const sockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', (req, socket, head) => {
      if (req.url === '/no') return void socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
      return sockets.handleUpgrade(req, socket, head, (ws) => {
        ws.send(JSON.stringify(req.headers));
        ws.on('message', (data) => ws.send(data));
      });
    });
    const endpoint = await bench.listen(server);
    bench.onEnd(() => sockets.clients.forEach((one) => one.terminate()));
    bench.serve({}, [endpoint]);
    return endpoint;
  }

  for (const secure of [false, true]) {
    it(`carries WebSockets${secure ? ' over TLS' : ''}`, async () => {
      await echo();
      const url = secure ? `wss://127.0.0.1:${bench.https}/x` : `ws://127.0.0.1:${bench.http}/x`;
      const ws = new WebSocket(url, ['v1'], { rejectUnauthorized: false, headers: { 'x-forwarded-for': '9.9.9.9' } });
      const [first] = await once(ws, 'message');
      const headers = JSON.parse(String(first));
      expect(headers).to.include({
        upgrade: 'websocket',
        'sec-websocket-protocol': 'v1',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-proto': secure ? 'https' : 'http',
      });
      ws.send(Buffer.alloc(100_000, 7));
      const [big] = await once(ws, 'message');
      expect((big as Buffer).length).to.equal(100_000);
      expect(await bench.plane.metrics()).to.contain('coxswain_ingress_upgraded_connections 1');
      ws.close();
      await once(ws, 'close');
    });
  }

  const headers = { connection: 'Upgrade', upgrade: 'websocket' };

  it('answers as the backend does that declines', async () => {
    await echo();
    expect(await request(bench.http, { path: '/no', headers })).to.include({ status: 403, text: 'no' });
  });

  it('refuses as it does other requests', async () => {
    expect((await request(bench.http, { headers })).status).to.equal(404);
    bench.serve({}, []);
    expect((await request(bench.http, { headers })).status).to.equal(503);
    bench.serve({}, [{ host: '127.0.0.1', port: 1 }]);
    expect((await request(bench.http, { headers })).status).to.equal(502);
    const { endpoint } = await bench.backend(() => {});
    bench.serve({ options: { ...routeOptions, readTimeout: 50 } }, [endpoint]);
    expect((await request(bench.http, { headers })).status).to.equal(504);
  });

  it('tries another endpoint when one cannot be reached', async () => {
    const endpoint = await echo();
    bench.serve({}, [{ host: '127.0.0.1', port: 1 }, endpoint, { host: '127.0.0.1', port: 2 }]);
    for (let i = 0; i < 3; i++) {
      const ws = new WebSocket(`ws://127.0.0.1:${bench.http}/`);
      await once(ws, 'message');
      ws.close();
      await once(ws, 'close');
    }
  });

  it('ends both sides when one ends, and all of them when it stops', async () => {
    await echo();
    const ws = new WebSocket(`ws://127.0.0.1:${bench.http}/`);
    await once(ws, 'message');
    const closed = once(ws, 'close');
    await bench.plane.stop();
    await closed;
  });
});
