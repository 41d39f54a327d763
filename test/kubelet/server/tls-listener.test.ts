import { expect } from 'chai';
import { request } from 'node:https';
import { realClock as clock } from '../../../src/base/clock.ts';
import { Pki } from '../../../src/cluster/pki.ts';
import { TlsListener } from '../../../src/kubelet/server/tls-listener.ts';

describe('TlsListener', () => {
  let listener: TlsListener;

  before(async () => {
    const pki = await Pki.open({ clock, nodeName: 'n', kubeletHosts: ['127.0.0.1'] });
    const { certificate: cert, privateKey: key } = await pki.credentials('kubelet-serving');
    listener = new TlsListener({
      ...{ port: 0, address: '127.0.0.1', cert, key, clientCa: pki.caCertificate },
      onRequest({ url }, response) {
        if (url === '/endless') response.writeHead(200).flushHeaders();
        else response.end(String(url?.length));
      },
      onUpgrade: (_, socket) => void socket.destroy(),
    });
    await listener.start();
  });

  after(() => listener.stop());

  const ask = (path: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const call = request({ host: '127.0.0.1', port: listener.port, path, rejectUnauthorized: false }, (answer) => {
        answer.on('error', () => {}).resume();
        resolve(answer.statusCode);
      });
      call.once('error', reject).end();
    });

  for (const [length, status] of [
    [100, 200],
    [100_000, 200],
    [200_000, 431],
  ] as const) {
    it(`answers ${status} to an address of ${length} bytes`, async () => {
      expect(await ask(`/${'a'.repeat(length - 1)}`)).to.equal(status);
    });
  }

  it('stops while an answer goes on for ever', async () => {
    expect(await ask('/endless')).to.equal(200);
    await listener.stop();
  });
});
