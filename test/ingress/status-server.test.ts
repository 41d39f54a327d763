import { expect } from 'chai';
import { realClock } from '../../src/base/clock.ts';
import { noLog } from '../../src/base/log.ts';
import { IngressStatusServer } from '../../src/ingress/status-server.ts';
import { request } from './planes.ts';

describe('the status server of an ingress', () => {
  it('tells metrics and health, and nothing else', async () => {
    const server = new IngressStatusServer({ port: 0, clock: realClock, log: noLog, metrics: async () => 'x 1\n' });
    await server.start();
    expect(await request(server.port, { path: '/metrics' })).to.include({ status: 200, text: 'x 1\n' });
    expect(await request(server.port, { path: '/healthz' })).to.include({ status: 200, text: 'ok' });
    expect((await request(server.port, { path: '/' })).status).to.equal(404);
    await server.stop();
  });
});
